// The seed: its cover, what it sounds like, and what more or less of it was asked for.

import { tagsOf } from "./api.js";
import { cover } from "./covers.js";
import { artistsOf, byId, clean, iconButton, line, make, nameOf, titleOf, webLink } from "./elements.js";
import { toggle } from "./player.js";
import { listed } from "./results.js";
import { spelled } from "./tags.js";
import { change, forget, state } from "./state.js";

const place = byId("seed");

/** Show the seeds of an answer: the first one large, others as chips. */
export function showSeed(answer) {
  const likes = answer.seeds ?? [];
  const first = likes.find((group) => group.track) ?? null;
  const others = [
    ...likes.filter((group) => group !== first).map((group) => chip(group, "more")),
    ...(answer.unlike ?? []).map((group) => chip(group, "less")),
  ];
  const head = first ? large(first.track) : make("div", { class: "seed" }, line("h2", likes[0]?.name ?? ""));
  place.replaceChildren(head, ...(others.length ? [make("ul", { class: "chips", "aria-label": "More and less like" }, ...others)] : []));
  if (first) showTags(first.track.track_id, head.querySelector(".tags"));
}

function large(track) {
  const id = track.track_id;
  const link = webLink(track.url);
  const button = make("button", { type: "button", class: "seed-play", "aria-label": `Play ${nameOf(track)}` }, cover(track, 300), make("span", { class: "row-state", "aria-hidden": "true" }));
  button.addEventListener("click", () => toggle(track, () => [track, ...listed()]));
  return make(
    "div",
    { class: "seed", "data-id": id },
    button,
    make(
      "div",
      { class: "seed-words" },
      line("h2", titleOf(track), { class: "seed-title" }),
      line("p", artistsOf(track), { class: "seed-artist" }),
      line("p", [clean(track.album), clean(track.release_date).slice(0, 4)].filter(Boolean).join(" · "), { class: "quiet" }),
      make("ul", { class: "tags", "aria-label": "Sounds like" }),
      link ? make("a", { href: link, target: "_blank", rel: "noreferrer noopener", class: "quiet" }, "Open its page") : null,
    ),
  );
}

function chip(group, how) {
  const id = group.track?.track_id ?? group.name;
  const given = state[how === "more" ? "track" : "unlike"];
  const name = group.track ? nameOf(group.track) : clean(group.name);
  const remove = () => forget(given.includes(id) ? id : (given.find((one) => one === group.name) ?? id));
  return make(
    "li",
    { class: `chip ${how}` },
    make("span", { class: "sign", "aria-label": how === "more" ? "More like" : "Less like" }, how === "more" ? "+" : "−"),
    line("span", group.track ? titleOf(group.track) : group.name),
    iconButton("close", `Forget ${name}`, remove),
  );
}

/** The tags that stand out most. */
async function showTags(id, list) {
  try {
    const tags = await tagsOf(id);
    const most = Object.entries(tags).sort((a, b) => b[1] - a[1]).slice(0, 5);
    list?.replaceChildren(
      ...most.map(([tag]) =>
        make("li", {}, make("button", { type: "button", class: "tag", title: `Only tracks with the tag ${tag}`, onclick: () => change({ tag: [...state.tag, tag] }) }, spelled(tag))),
      ),
    );
  } catch {
    list?.remove(); // an upload, for example, is not stored
  }
}
