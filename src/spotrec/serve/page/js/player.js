// The player at the bottom: plays a track of a list, and goes on to the next.

import { previewOf } from "./api.js";
import { cover } from "./covers.js";
import { artistsOf, byId, icon, iconButton, line, make, nameOf, titleOf } from "./elements.js";

const audio = new Audio();
const bar = byId("player");
const parts = {};
const listeners = [];
let current = null;
let listOf = () => [];
let failed = 0;

export const playing = () => current;
export const isPaused = () => audio.paused;

/** Call `then(track)` whenever what plays changes, or starts or stops. */
export const whenPlaying = (then) => listeners.push(then);
const tell = () => listeners.forEach((then) => then(current));

/** Play a track. `tracks()` returns the list that it goes on with, as it is then. */
export function play(track, tracks = () => [track]) {
  if (!bar.childElementCount) build();
  current = track;
  listOf = tracks;
  bar.hidden = false;
  parts.told.textContent = "";
  parts.cover.replaceChildren(cover(track, 56));
  parts.names.replaceChildren(line("span", titleOf(track), { class: "title" }), line("span", artistsOf(track), { class: "quiet" }));
  audio.src = previewOf(track.track_id);
  audio.play().catch(() => {}); // the error event tells
  tellSystem(track);
  tell();
}

export function toggle(track, tracks) {
  if (track && track.track_id !== current?.track_id) play(track, tracks);
  else if (current) audio.paused ? audio.play().catch(() => {}) : audio.pause();
}

/** Play the track that is `by` further in the list. */
export function skip(by) {
  const tracks = listOf();
  const at = tracks.findIndex((one) => one.track_id === current?.track_id);
  const next = tracks[at + by];
  if (next) play(next, listOf);
  return Boolean(next);
}

function build() {
  const slider = make("input", { type: "range", min: 0, max: 1000, value: 0, "aria-label": "Position", class: "position" });
  slider.addEventListener("input", () => {
    if (Number.isFinite(audio.duration)) audio.currentTime = (slider.value / 1000) * audio.duration;
  });
  Object.assign(parts, {
    cover: make("div", { class: "player-cover" }),
    names: make("div", { class: "names", "aria-live": "polite" }),
    told: make("p", { class: "quiet", role: "status" }),
    button: iconButton("play", "Play", () => toggle(), { class: "main" }),
    time: make("span", { class: "time quiet" }, "0:00"),
    slider,
  });
  bar.append(
    make("div", { class: "player-track" }, parts.cover, parts.names),
    make("div", { class: "player-buttons" }, iconButton("previous", "Previous", () => skip(-1)), parts.button, iconButton("next", "Next", () => skip(1))),
    make("div", { class: "player-where" }, parts.told, slider, parts.time),
  );
}

function showPlaying() {
  const name = audio.paused ? "play" : "pause";
  parts.button.replaceChildren(icon(name));
  parts.button.setAttribute("aria-label", name === "play" ? "Play" : "Pause");
  parts.button.title = name === "play" ? "Play" : "Pause";
  tell();
}

const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

function showTime() {
  const whole = Number.isFinite(audio.duration) ? audio.duration : 0;
  const part = whole ? audio.currentTime / whole : 0;
  parts.slider.value = Math.round(part * 1000);
  parts.slider.style.setProperty("--part", `${part * 100}%`);
  parts.slider.setAttribute("aria-valuetext", `${clock(audio.currentTime)} of ${clock(whole)}`);
  parts.time.textContent = `${clock(audio.currentTime)} / ${clock(whole)}`;
}

function tellSystem(track) {
  if (!("mediaSession" in navigator)) return;
  navigator.mediaSession.metadata = new MediaMetadata({ title: titleOf(track), artist: artistsOf(track) });
  navigator.mediaSession.setActionHandler("nexttrack", () => skip(1));
  navigator.mediaSession.setActionHandler("previoustrack", () => skip(-1));
  document.title = `${nameOf(track)} · spotrec`;
}

audio.addEventListener("play", showPlaying);
audio.addEventListener("pause", showPlaying);
audio.addEventListener("timeupdate", showTime);
audio.addEventListener("loadedmetadata", showTime);
audio.addEventListener("playing", () => (failed = 0));
audio.addEventListener("ended", () => skip(1));
audio.addEventListener("error", () => {
  if (!current) return;
  parts.told.textContent = "No audio of this one";
  showPlaying();
  // a few without audio are passed over; many mean that nothing can be played
  if (++failed < 4) setTimeout((of) => of === current && skip(1), 1200, current);
});
