// The search box: words with completion, a link, or a dropped file.

import { ask, get } from "./api.js";
import { combobox } from "./combobox.js";
import { cover } from "./covers.js";
import { artistsOf, byId, name, titleOf } from "./dom.js";
import { goFrom, isLink, travel } from "./state.js";
import { fail, wait } from "./results.js";

const field = byId("words");
const USUAL = field.placeholder;
let start = "";
let last = null;

function find(words) {
  last?.abort();
  if (isLink(words)) return [];
  last = new AbortController();
  return get(`v1/tracks?limit=8&q=${encodeURIComponent(words.slice(0, 200))}`, { signal: last.signal });
}

combobox(field, byId("words-options"), {
  find,
  label: (track) => [cover(track, 80), name(titleOf(track), "title"), name(artistsOf(track), "artist")],
  take: (chosen) => {
    const one = typeof chosen === "string" ? chosen : chosen.track_id;
    field.blur();
    if (start) travel(start, one);
    else goFrom(one);
    askForEnd("");
  },
});

/** Let the search box take the end of a journey; "" for seeds again. */
export function askForEnd(from) {
  start = from;
  field.placeholder = from ? "A journey to … which track?" : USUAL;
  byId("words-label").textContent = from ? "The track at the end of the journey" : "Title, artist or link";
  if (from) field.focus();
}
field.addEventListener("keydown", (event) => event.key === "Escape" && askForEnd(""));

/** Let the server hear a file, and go on from it. */
export async function hear(file) {
  wait(`Listening to ${file.name}…`);
  try {
    const { json } = await ask(`v1/hear?limit=1&name=${encodeURIComponent(file.name.slice(0, 200))}`, {
      method: "POST", body: file, headers: { "Content-Type": "application/octet-stream" },
    });
    goFrom(json.seed.track_id);
  } catch (problem) {
    fail(problem);
  }
}

const sheet = byId("drop");
const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
addEventListener("dragover", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  sheet.hidden = false;
});
addEventListener("dragleave", (event) => event.relatedTarget || (sheet.hidden = true));
addEventListener("drop", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  sheet.hidden = true;
  if (event.dataTransfer.files[0]) hear(event.dataTransfer.files[0]);
});
