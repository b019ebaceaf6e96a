// Likes, dislikes and bans, where the server takes them. What was said last can be taken back.

import { ask, get } from "./api.js";
import { make, pictureButton, shown, titleOf } from "./dom.js";
import { notify } from "./notice.js";
import { allows } from "./session.js";

const VERBS = [["like", "heart", "Like", "Liked"], ["dislike", "down", "Dislike", "Disliked"], ["ban", "ban", "Never play this", "Banned"]];
const said = new Map(); // track id → verb → the signal's id
const listeners = new Set();
let isOpen = false;

/** Call `listener(track_id, verb)` when something was said of a track, or taken back. */
export const whenSaid = (listener) => listeners.add(listener);
export const isSaid = (id, verb) => Boolean(said.get(id)?.[verb]);
export const takesTaste = () => isOpen;

allows().then(async (allowed) => {
  if (!allowed.taste) return;
  for (const one of await get("v1/taste?limit=10000").catch(() => [])) if (one.track_id) note(one);
  isOpen = true;
  document.body.classList.add("with-taste");
  for (const listener of listeners) listener("", "");
});

function note(signal) {
  const known = said.get(signal.track_id) ?? {};
  if (!known[signal.verb]) said.set(signal.track_id, { ...known, [signal.verb]: signal.id });
}

/** Say something of a track; what was said already is taken back. */
export async function say(track, verb) {
  if (!isOpen) return;
  const known = said.get(track.track_id)?.[verb];
  try {
    if (known) return await takeBack(track, verb, known);
    const { json } = await ask("v1/taste", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ verb, track: track.track_id }) });
    const before = said.get(track.track_id) ?? {};
    const other = { like: "dislike", dislike: "like" }[verb];
    said.set(track.track_id, { ...before, ...(other && { [other]: null }), [verb]: json.id });
    tell(track.track_id, verb);
    notify(`${VERBS.find((one) => one[0] === verb)[3]} ${titleOf(track)}.`, () => takeBack(track, verb, json.id));
  } catch (problem) {
    notify([problem.message, problem.hint].filter(Boolean).map(shown).join(". "));
  }
  return undefined;
}

async function takeBack(track, verb, id) {
  try {
    await ask(`v1/taste/${id}`, { method: "DELETE" });
  } catch (problem) {
    if (problem.status !== 404) return notify(shown(problem.message)); // 404: it was taken back elsewhere
  }
  said.set(track.track_id, { ...said.get(track.track_id), [verb]: null });
  tell(track.track_id, verb);
  return undefined;
}

function tell(id, verb) {
  for (const listener of listeners) listener(id, verb);
}

/** The three buttons for a track. They are there, and hidden, before it is known whether the server takes taste. */
export function tasteButtons(track) {
  return make("span", { class: "taste", "data-taste": track.track_id }, ...VERBS.map(([verb, shape, label]) => {
    const button = pictureButton(shape, label, () => say(track, verb));
    button.dataset.verb = verb;
    button.setAttribute("aria-pressed", String(isSaid(track.track_id, verb)));
    return button;
  }));
}

whenSaid((id) => {
  for (const part of document.querySelectorAll("[data-taste]")) {
    if (id && part.dataset.taste !== id) continue;
    for (const button of part.children) button.setAttribute("aria-pressed", String(isSaid(part.dataset.taste, button.dataset.verb)));
  }
});
