// The search box: words with completion, a link, or a dropped file.

import { Problem, ask, get } from "./api.js";
import { combobox } from "./combobox.js";
import { cover } from "./covers.js";
import { artistsOf, byId, icon, name, shown, titleOf } from "./dom.js";
import { goFrom, isLink, isSameStart, query, travel, whenChanged } from "./state.js";
import { fail, wait } from "./results.js";

const MOST_READ_BYTES = 200_000_000;
const field = byId("words");
const dropsNothing = matchMedia("(hover: none)").matches;
const USUAL = dropsNothing ? "A title, an artist or a link" : field.placeholder;
field.placeholder = USUAL;
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

whenChanged((now, before) => start && !isSameStart(now, before) && askForEnd(""));

let hearing = null;
let heardFrom = "";
// another list was asked for meanwhile: nobody waits for the file any more
whenChanged(() => query().toString() !== heardFrom && hearing?.abort());

/** What is in a file. Read before it is sent: a folder, or a file that is gone, would look like a server that does not answer. */
const contentOf = (file) => file.size > MOST_READ_BYTES ? file : file.arrayBuffer().catch(() => {
  throw new Problem({ detail: "this file cannot be read", hint: "Take an audio file; of a folder, take one of its files." });
});

/** Let the server hear a file, and go on from it. */
export async function hear(file) {
  hearing?.abort();
  const mine = (hearing = new AbortController());
  heardFrom = query().toString();
  wait(`Listening to ${shown(file.name)}…`);
  try {
    const { json } = await ask(`v1/hear?limit=1&name=${encodeURIComponent(file.name.slice(0, 200))}`, {
      method: "POST", body: await contentOf(file), signal: mine.signal, headers: { "Content-Type": "application/octet-stream" },
    });
    if (mine === hearing) goFrom(json.seed.track_id);
  } catch (problem) {
    if (mine === hearing && problem.name !== "AbortError") fail(problem);
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

const chooser = byId("file");
byId("choose-file").append(icon("file"));
byId("choose-file").addEventListener("click", () => chooser.click());
chooser.addEventListener("change", () => {
  if (chooser.files[0]) hear(chooser.files[0]);
  chooser.value = "";
});
