// The player at the bottom: one audio element, and a list that it goes on through.

import { previewOf, trackPath, wasAway } from "./api.js";
import { cover } from "./covers.js";
import { artistsOf, byId, duration, icon, make, name, nameOf, pictureButton, titleOf } from "./dom.js";
import { entitle } from "./heading.js";
import { tasteButtons } from "./taste.js";

const MOST_SKIPS = 5;
const SKIPS_AFTER_MS = 1500;
const audio = new Audio();
audio.preload = "auto";
const listeners = new Set();
let list = [];
let source = list; // what it was made of
let at = -1;
let skips = 0;
let skipping = 0;
let parts = null;

export const playing = () => list[at] ?? null;
export const isPlaying = () => !audio.paused;
/** Call `listener(track)` when another track plays, or it stops or goes on. */
export const whenPlaying = (listener) => listeners.add(listener);

/** Play a track; after it, what follows in `tracks`. */
export function play(track, tracks = [track]) {
  if (playing()?.track_id === track.track_id) {
    list = source = tracks;
    at = tracks.indexOf(track);
    return toggle();
  }
  skips = 0;
  list = source = tracks;
  start(tracks.indexOf(track));
}

export function toggle() {
  if (!playing()) return;
  if (audio.error) start(at);
  else if (audio.paused) audio.play().catch(() => {});
  else audio.pause();
}

const throughListeners = new Set();
/** Call `listener(track)` when most of a track was played. */
export const whenPlayedThrough = (listener) => throughListeners.add(listener);
let told = null;

export const step = (by) => list[at + by] && start(at + by);
/** What comes after the track that plays, when the list is another. */
export function continueWith(tracks) {
  const now = playing();
  const place = tracks.findIndex((one) => one.track_id === now?.track_id);
  if (place >= 0) [list, source, at] = [tracks, tracks, place];
}

/** Go on through `after` if what plays is of `before`, the same list as it was. What is in it no more plays to its end. */
export function follow(before, after) {
  if (source !== before || !playing()) return;
  const placeOf = (track) => after.findIndex((one) => one.track_id === track.track_id);
  const now = placeOf(playing());
  const next = list.slice(at + 1).map(placeOf).find((place) => place >= 0) ?? after.length;
  [list, at] = now >= 0 ? [after, now] : [[...after.slice(0, next), playing(), ...after.slice(next)], next];
  source = after;
  tell();
}

function start(place, from = 0) {
  clearTimeout(skipping);
  at = place;
  const track = list[at];
  build();
  parts.told.textContent = "";
  parts.cover.replaceChildren(cover(track, 120));
  parts.taste.replaceChildren(tasteButtons(track));
  parts.title.replaceChildren(name(titleOf(track), "title"), name(artistsOf(track), "artist"));
  parts.bar.value = 0;
  byId("player").hidden = false;
  document.body.classList.add("with-player");
  audio.src = previewOf(track.track_id);
  if (from) audio.currentTime = from;
  audio.play().catch((error) => error.name === "NotAllowedError" && (parts.told.textContent = "Press play"));
  if ("mediaSession" in navigator) navigator.mediaSession.metadata = new MediaMetadata({ title: titleOf(track), artist: artistsOf(track) });
  tell();
}

function tell() {
  entitle({ plays: playing() && isPlaying() ? nameOf(playing()) : "" });
  if (parts) {
    const label = isPlaying() ? "Pause" : "Play";
    parts.toggle.replaceChildren(icon(isPlaying() ? "pause" : "play"));
    parts.toggle.setAttribute("aria-label", label);
    parts.toggle.title = label;
    parts.next.disabled = !list[at + 1];
    parts.previous.disabled = !list[at - 1];
  }
  for (const listener of listeners) listener(playing());
}

function build() {
  if (parts) return;
  parts = {
    cover: make("div", { class: "now-cover" }),
    title: make("div", { class: "now" }),
    taste: make("div", { class: "now-taste" }),
    told: make("p", { class: "now-told", role: "status" }),
    previous: pictureButton("previous", "Previous track", () => step(-1)),
    toggle: pictureButton("play", "Play", toggle, "round strong"),
    next: pictureButton("next", "Next track", () => step(1)),
    time: make("span", { class: "time" }, "0:00"),
    left: make("span", { class: "time" }, ""),
    bar: make("input", { type: "range", min: 0, max: 1000, value: 0, "aria-label": "Position", class: "position" }),
  };
  parts.bar.addEventListener("input", () => audio.duration && (audio.currentTime = (parts.bar.value / 1000) * audio.duration));
  byId("player").append(parts.cover, parts.title, parts.taste, make("div", { class: "buttons" }, parts.previous, parts.toggle, parts.next),
    make("div", { class: "course" }, parts.time, parts.bar, parts.left), parts.told);
}

audio.addEventListener("timeupdate", () => {
  if (!audio.duration || !parts) return;
  parts.bar.value = (audio.currentTime / audio.duration) * 1000;
  parts.time.textContent = duration(audio.currentTime * 1000);
  parts.left.textContent = duration(audio.duration * 1000);
  if (audio.currentTime > audio.duration * 0.6 && told !== playing()) {
    told = playing();
    for (const listener of throughListeners) listener(told);
  }
  parts.bar.setAttribute("aria-valuetext", `${parts.time.textContent} of ${parts.left.textContent}`);
});
audio.addEventListener("play", tell);
audio.addEventListener("playing", () => (skips = 0));
audio.addEventListener("pause", tell);
audio.addEventListener("ended", () => step(1));
audio.addEventListener("error", async () => {
  const track = playing();
  if (!track) return;
  const reached = audio.currentTime;
  const isBack = await wasAway(trackPath(track.track_id));
  if (track !== playing() || !audio.error) return; // another was chosen meanwhile
  if (isBack) return start(at, reached);
  parts.told.textContent = `There is no audio of ${titleOf(track)}`;
  tell();
  if (list[at + 1] && skips++ < MOST_SKIPS) skipping = setTimeout(() => step(1), SKIPS_AFTER_MS);
  return undefined;
});
if ("mediaSession" in navigator) {
  const actions = { play: toggle, pause: toggle, nexttrack: () => step(1), previoustrack: () => step(-1) };
  for (const [action, does] of Object.entries(actions)) navigator.mediaSession.setActionHandler(action, does);
}
