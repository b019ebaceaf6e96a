// The list: a row a track, with its cover, why it is here, and how similar it is.

import { cover } from "./covers.js";
import { artistsOf, byId, clean, iconButton, line, make, nameOf, titleOf } from "./elements.js";
import { isPaused, play, playing, toggle, whenPlaying } from "./player.js";
import { add } from "./queue.js";
import { spelled } from "./tags.js";
import { change, goOnFrom, lessLike, moreLike, state } from "./state.js";

const list = byId("results");
let tracks = [];

export const listed = () => tracks;

/** Show rows. Those that were there keep their elements' order; the focused row stays focused if it is still there. */
export function show(found) {
  const focused = document.activeElement?.closest?.("#results > li")?.dataset.id;
  tracks = found;
  list.replaceChildren(...found.map(row));
  rowOf(focused)?.focus({ preventScroll: true });
  showPlaying();
}

const rowOf = (id) => [...list.children].find((one) => one.dataset.id === id);

function row(track) {
  const id = track.track_id;
  const name = nameOf(track);
  const why = whyOf(track);
  const button = make("button", { type: "button", class: "row-play", "aria-label": `Play ${name}` }, cover(track, 64), make("span", { class: "row-state", "aria-hidden": "true" }));
  button.addEventListener("click", () => toggle(track, listed));
  const element = make(
    "li",
    { "data-id": id, tabindex: -1, "aria-label": name, class: "row" },
    button,
    make(
      "div",
      { class: "names" },
      line("span", titleOf(track), { class: "title" }),
      line("span", [artistsOf(track), clean(track.album)].filter(Boolean).join(" · "), { class: "quiet" }),
      line("span", why, { class: "why", title: clean(track.explanation?.text) || undefined }),
    ),
    similarity(track.similarity),
    make(
      "div",
      { class: "row-actions" },
      iconButton("more", `More like ${name}`, () => moreLike(id)),
      iconButton("less", `Less like ${name}`, () => lessLike(id)),
      iconButton("queue", `Add ${name} to the queue`, () => add(track)),
      state.track.length ? iconButton("route", `Journey to ${name}`, () => change({ to: id })) : null,
      iconButton("onward", `Go on from ${name}`, () => goOnFrom(id)),
    ),
  );
  element.addEventListener("click", (event) => {
    if (!event.target.closest("button")) {
      element.focus({ preventScroll: true });
      play(track, listed);
    }
  });
  return element;
}

function similarity(value) {
  if (typeof value !== "number") return make("div", { class: "similarity" });
  const percent = Math.round(Math.max(0, value) * 100);
  const bar = make("span", { class: "bar" }, make("span"));
  bar.firstChild.style.setProperty("inline-size", `${percent}%`);
  return make("div", { class: "similarity" }, bar, make("span", { class: "percent", "aria-label": `similarity ${percent} of 100` }, `${percent}`));
}

/** A short phrase; the whole explanation is its tooltip. */
function whyOf(track) {
  const text = track.explanation?.text ?? "";
  const tags = (track.explanation?.tags ?? track.tags ?? []).slice(0, 3).map(spelled);
  const own = text.split("; ").find((part) => part.startsWith("this one: "))?.slice(10) ?? "";
  if (tags.length) return [tags.join(", "), own].filter(Boolean).join(" · ");
  return text.replace(/ \(layers? [^)]*\)/, "").split(";")[0];
}

/** Focus the row that is `by` further than the focused one. */
export function move(by) {
  const at = tracks.findIndex((one) => one.track_id === focusedTrack()?.track_id);
  const row = list.children[Math.min(tracks.length - 1, Math.max(0, at < 0 ? 0 : at + by))];
  row?.focus({ preventScroll: true });
  row?.scrollIntoView({ block: "nearest" });
}

/** The track that keys mean: the focused row, else what plays. */
export function focusedTrack() {
  const id = document.activeElement?.closest?.("#results > li")?.dataset.id ?? playing()?.track_id;
  return tracks.find((one) => one.track_id === id);
}

function showPlaying() {
  for (const row of list.children) {
    const isIt = row.dataset.id === playing()?.track_id;
    row.classList.toggle("playing", isIt);
    row.classList.toggle("paused", isIt && isPaused());
    if (isIt) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
  }
}

whenPlaying(showPlaying);
