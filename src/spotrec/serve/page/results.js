// The list: what sounds like the seeds, the way of a journey, or tracks to begin with.

import { offer } from "./adding.js";
import { get } from "./api.js";
import { cover, hold } from "./covers.js";
import { artistsOf, byId, capital, make, name, pictureButton, shown, titleOf } from "./dom.js";
import { entitle, heading } from "./heading.js";
import { isPlaying, play, playing, step, whenPlaying, continueWith } from "./player.js";
import { addToQueue } from "./queue.js";
import { change, goFrom, isEmpty, isJourney, less, limit, more, query, state, travel } from "./state.js";
import { showSeeds } from "./seed.js";
import { isSaid, tasteButtons, whenSaid } from "./taste.js";

const LOOK_AGAIN_MS = 4000;
const list = byId("list");
const title = byId("list-title");
const told = byId("told");
const news = byId("news");
const listeners = new Set();
let tracks = [];
let asking = null;
let answered = "";

export const results = () => tracks;
/** Call `listener(tracks, answer)` when there is another list. */
export const whenListed = (listener) => listeners.add(listener);

/** Ask for the list that the state is, and show it: from its top if it `isNew`, where one was on the way back, which `isTravel` is. */
export async function refresh({ isNew = false, isTravel = false } = {}) {
  const path = isEmpty() ? "v1/tracks?limit=48" : state().station ? `v1/stations/${encodeURIComponent(state().station)}` : `v1/${isJourney() ? "journey" : "recommendations"}?${query()}`;
  asking?.abort();
  asking = null;
  document.body.classList.remove("waiting");
  hold(path !== answered);
  if (path === answered) return;
  const mine = (asking = new AbortController());
  const patience = setTimeout(() => mine === asking && wait("Looking…"), 150);
  try {
    const found = await get(path, { signal: mine.signal });
    if (mine !== asking) return;
    answered = path;
    show(found, isTravel);
    if (isNew) begin();
  } catch (problem) {
    if (mine === asking && problem.name !== "AbortError") fail(problem);
  } finally {
    clearTimeout(patience);
    if (mine === asking) {
      document.body.classList.remove("waiting");
      hold(false);
    }
  }
}

/** Bring the head of a new list to the eyes, and for screen readers and keys, the list into focus. */
function begin() {
  const head = byId("seed");
  if (head.getBoundingClientRect().top < document.querySelector(".top").offsetHeight) head.scrollIntoView({ block: "start" });
  if (document.activeElement === document.body) list.focus({ preventScroll: true });
}

function show(found, isTravel) {
  const focused = rowOf(document.activeElement)?.dataset.id;
  tracks = isEmpty() ? found : (found.results ?? found.steps);
  document.body.classList.toggle("start", isEmpty());
  document.body.classList.remove("failed");
  title.textContent = isEmpty() ? "" : isJourney() ? "The way" : state().station ? shown(state().station) : "Sounds like it";
  title.hidden = isEmpty();
  told.textContent = isEmpty() || tracks.length ? "" : "Nothing fits. Remove a filter, or take another seed.";
  news.textContent = isEmpty() || !tracks.length ? "" : `${title.textContent}: ${tracks.length} ${tracks.length === 1 ? "track" : "tracks"}`;
  list.replaceChildren(...(isEmpty() ? tracks.map(tile) : tracks.map(row)));
  if (isEmpty() && !tracks.length) {
    list.replaceChildren(beginning());
    lookAgainSoon();
  }
  byId("more").hidden = isEmpty() || isJourney() || Boolean(state().station) || tracks.length < limit() || limit() >= 200;
  byId("queue-all").hidden = isEmpty() || !tracks.length;
  if (isEmpty() && tracks.length) byId("seed").replaceChildren(make("h1", {}, "Begin with one of these"));
  else showSeeds(found, tracks);
  entitle({ lists: heading() });
  continueWith(tracks);
  mark();
  if (focused) [...list.children].find((one) => one.dataset.id === focused)?.querySelector(".hit").focus({ preventScroll: isTravel });
  for (const listener of listeners) listener(tracks, found);
}

/** Why a track is here, in a short phrase. */
function why(track) {
  if (track.along != null) return (track.tags ?? []).slice(0, 3).map(shown).join(", ");
  const explained = track.explanation;
  const both = (explained?.tags ?? track.tags ?? []).slice(0, 3).map(shown).join(", ");
  const beside = state().track.length > 1 && explained?.beside?.name ? `near ${shown(explained.beside.name)}` : "";
  return [both && `both ${both}`, beside].filter(Boolean).join(" · ");
}

function row(track) {
  const share = Math.max(0, Math.min(1, track.similarity ?? track.along ?? 0));
  const percent = `${Math.round(share * 100)} %`;
  const bar = make("meter", { min: 0, max: 1, value: share, "aria-label": track.along == null ? "similarity" : "along the way", title: percent });
  const hit = make("button", { type: "button", class: "hit", "aria-label": `Play ${titleOf(track)} by ${artistsOf(track) || "unknown"}`, onclick: () => play(track, tracks) });
  return make("li", { class: "row", "data-id": track.track_id }, hit, cover(track, 120),
    make("div", { class: "names" }, name(titleOf(track), "title"), name(artistsOf(track), "artist")),
    make("p", { class: "why", title: shown(track.explanation?.text) }, make("bdi", {}, why(track))),
    make("div", { class: "share" }, bar, make("span", { "aria-hidden": "true" }, percent)),
    make("div", { class: "acts" },
      pictureButton("more", "More like this", () => more(track.track_id)),
      pictureButton("less", "Less like this", () => less(track.track_id)),
      pictureButton("go", "Go on from here", () => goFrom(track.track_id)),
      state().track.length > 0 && pictureButton("journey", "Journey to this", () => travel(state().track[0], track.track_id)),
      pictureButton("queue", "Add to the queue", () => addToQueue([track])), tasteButtons(track)));
}

const tile = (track) => make("li", { class: "tile", "data-id": track.track_id },
  make("button", { type: "button", class: "hit", "aria-label": `Begin with ${titleOf(track)} by ${artistsOf(track) || "unknown"}`, onclick: () => goFrom(track.track_id) }),
  cover(track, 300), name(titleOf(track), "title"), name(artistsOf(track), "artist"));

/** Look for music again while there is none: somebody may be crawling. */
function lookAgainSoon() {
  setTimeout(() => {
    if (!isEmpty() || tracks.length) return;
    answered = "";
    if (document.hidden || list.contains(document.activeElement)) lookAgainSoon();
    else refresh();
  }, LOOK_AGAIN_MS);
}

const beginning = () => make("li", { class: "empty" }, make("h1", {}, "There is no music here yet"),
  make("p", {}, "Tell spotrec where your music is. On the machine that runs this server:"),
  make("pre", { tabindex: "0" }, "spotrec crawl ~/Music\nspotrec extract\nspotrec index"),
  make("p", {}, "Then this page shows it, without a restart."),
  make("button", { type: "button", class: "strong", onclick: () => { answered = ""; refresh(); } }, "Look again"));

export function wait(text) {
  told.textContent = text;
  document.body.classList.add("waiting");
}

/** Show why there is no list, and what to do. */
export function fail(problem) {
  answered = "";
  tracks = [];
  document.body.classList.remove("waiting", "start");
  document.body.classList.add("failed");
  told.textContent = news.textContent = title.textContent = "";
  title.hidden = true;
  byId("more").hidden = byId("queue-all").hidden = true;
  if (/:no-(index|store)$/.test(problem.name) && isEmpty()) {
    lookAgainSoon();
    return list.replaceChildren(beginning());
  }
  showSeeds({ seeds: [], unlike: [] });
  const pick = problem.candidates?.map((one) => make("li", {}, make("button", { type: "button", class: "quiet", onclick: () => goFrom(one.id) }, name(one.name))));
  entitle({ lists: "" });
  list.replaceChildren(make("li", { class: "empty" }, make("div", { role: "alert" }, make("h1", {}, capital(shown(problem.message))),
    make("p", {}, pick?.length ? "Choose one of these:" : capital(shown(problem.hint))), pick?.length ? make("ul", {}, ...pick) : null), offer(problem, refresh)));
}

export const rowOf = (element) => element?.closest?.("#list > [data-id]");
export const trackOf = (one) => tracks.find((track) => track.track_id === one?.dataset.id);

function mark() {
  for (const one of list.children) {
    const isNow = Boolean(one.dataset.id) && one.dataset.id === playing()?.track_id;
    one.classList.toggle("now-playing", isNow);
    one.classList.toggle("sounding", isNow && isPlaying());
  }
}
whenPlaying(mark);
whenSaid((id, verb) => {
  if (verb !== "ban") return;
  if (isSaid(id, "ban") && playing()?.track_id === id) step(1);
  if (isEmpty()) return;
  answered = "";
  refresh();
});
byId("more").addEventListener("click", () => change({ limit: String(Math.min(limit() + 20, 200)) }, { replace: true }));
byId("queue-all").addEventListener("click", () => addToQueue(tracks));
