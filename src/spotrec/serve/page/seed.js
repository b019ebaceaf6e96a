// What the list sounds like: the seeds, or both ends of a journey, with their tags.

import { get, trackPath } from "./api.js";
import { cover } from "./covers.js";
import { artistsOf, byId, duration, make, name, shown, titleOf } from "./dom.js";
import { play } from "./player.js";
import { askForEnd } from "./search.js";
import { change, drop, state } from "./state.js";

const seed = byId("seed");
const MOST_TAGS = 6;
const LEAST = 0.1;
const tagsOf = new Map();

/** @param tracks what plays after a seed. */
export function showSeeds(found, tracks = []) {
  if (found.from) return seed.replaceChildren(head(found.from, tracks, "From"), head(found.to, tracks, "to", true));
  const groups = [...(found.seeds ?? [])];
  if (!groups.length) return seed.replaceChildren();
  const first = groups[0].track;
  const others = [...groups.slice(1).map((one, n) => chip(one, state().track[n + 1], "+")),
    ...(found.unlike ?? []).map((one, n) => chip(one, state().unlike[n], "−"))];
  seed.replaceChildren(first ? head(first, tracks) : make("h1", {}, name(groups[0].name)),
    others.length ? make("ul", { class: "chips", "aria-label": "Refined by" }, ...others) : "");
}

function chip(group, given, sign) {
  const said = sign === "+" ? "more like" : "less like";
  return make("li", { class: sign === "+" ? "chip" : "chip unlike" }, make("span", { "aria-hidden": "true" }, `${sign} `),
    name(group.name), make("button", { type: "button", "aria-label": `Remove ${said} ${shown(group.name)}`, onclick: () => drop(given) }, "×"));
}

function head(track, tracks, word = "", isSecond = false) {
  const tags = make("ul", { class: "tags", "aria-label": "Tags" });
  showTags(track.track_id, tags);
  const facts = [shown(track.album), shown(track.release_date).slice(0, 4), duration(track.duration_ms), track.bpm && `${Math.round(track.bpm)} BPM`, shown(track.musical_key)];
  return make("div", { class: "head" }, make("button", { type: "button", class: "seed-cover", "aria-label": `Play ${titleOf(track)}`, onclick: () => play(track, from(track, tracks)) }, cover(track, 400)),
    make("div", { class: "head-text" },
      word && make("p", { class: "word" }, word),
      make(isSecond ? "h2" : "h1", {}, name(titleOf(track))),
      make("p", { class: "artist" }, name(artistsOf(track))),
      make("p", { class: "facts" }, ...facts.filter(Boolean).flatMap((fact, place) => [place > 0 && " · ", make("bdi", {}, fact)])), tags,
      word ? null : make("button", { type: "button", class: "quiet journey", onclick: () => askForEnd(track.track_id) }, "Journey to …")));
}

/** A track and the list after it; on a journey it is one of the list. */
function from(track, tracks) {
  const place = tracks.findIndex((one) => one.track_id === track.track_id);
  return place < 0 ? [track, ...tracks] : tracks.with(place, track);
}

async function showTags(id, list) {
  if (!tagsOf.has(id)) {
    const found = await get(`${trackPath(id)}/embedding`).catch(() => null);
    tagsOf.set(id, Object.entries(found?.tags ?? {}).filter((one) => one[1] >= LEAST).sort((a, b) => b[1] - a[1]).map((one) => one[0]));
    if (found) {
      tagNames.splice(0, Infinity, ...Object.keys(found.tags).sort());
      for (const listener of listeners) listener();
    }
  }
  list.replaceChildren(...tagsOf.get(id).slice(0, MOST_TAGS).map((tag) => make("li", {},
    make("button", { type: "button", title: `Only ${shown(tag)}`, onclick: () => change({ tag: [...new Set([...state().tag, tag])] }) }, shown(tag)))));
}

/** The tags that the networks know. */
export const tagNames = [];
const listeners = new Set();
/** Call `listener()` when they are known. */
export const whenTags = (listener) => listeners.add(listener);
