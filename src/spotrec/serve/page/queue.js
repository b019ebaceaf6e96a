// The queue: tracks in an order of one's own. It is kept in this browser, and can be saved.

import { ask, previewOf } from "./api.js";
import { cover } from "./covers.js";
import { artistsOf, byId, make, name, nameOf, shown, titleOf } from "./dom.js";
import { heading } from "./heading.js";
import { notify } from "./notice.js";
import { follow, play } from "./player.js";
import { playlistButtons } from "./playlists.js";
import { allows, later, offers } from "./session.js";

const KEY = "spotrec queue";
const MOST = 1000;
const panel = byId("queue-panel");
let queue = kept();
let held = -1;

function kept() {
  try {
    const found = JSON.parse(localStorage.getItem(KEY));
    return Array.isArray(found) ? found.filter((one) => typeof one?.track_id === "string").slice(0, MOST) : [];
  } catch {
    return [];
  }
}

export function addToQueue(tracks) {
  const there = new Set(queue.map((one) => one.track_id));
  const fresh = tracks.filter((one) => !there.has(one.track_id));
  put([...queue, ...fresh.map(({ track_id, title, artists, album, duration_ms, url }) => ({ track_id, title, artists, album, duration_ms, url }))].slice(0, MOST));
  told.textContent = fresh.length ? `${fresh.length} added` : "It is in the queue already";
}

function put(next) {
  take(next);
  try {
    localStorage.setItem(KEY, JSON.stringify(queue));
  } catch { /* a private window: the queue lasts as long as the page */ }
}

function take(next) {
  follow(queue, next);
  queue = next;
  show();
}
// what another tab does to the queue is done here too, so that neither writes over the other
addEventListener("storage", (event) => (event.key === KEY || event.key === null) && take(kept()));

/** Take a track out; the keys go on from the one that follows. */
function remove(place) {
  put(queue.filter((_, other) => other !== place));
  (list.children[Math.min(place, queue.length - 1)]?.querySelector(".out") ?? byId("show-queue")).focus();
}

function clear() {
  const before = queue;
  put([]);
  byId("show-queue").focus();
  notify("The queue is empty.", () => {
    const added = queue;
    put(before);
    if (added.length) addToQueue(added);
  });
}

function move(from, to) {
  if (to < 0 || to >= queue.length || from === to) return;
  const next = [...queue];
  next.splice(to, 0, ...next.splice(from, 1));
  put(next);
  list.children[to].querySelector(".grip").focus();
  told.textContent = `${titleOf(queue[to])} is number ${to + 1} of ${queue.length}`;
}

const item = (track, place) => make("li", { class: "item", draggable: "true", "data-id": track.track_id,
  ondragstart: (event) => { held = place; event.dataTransfer.effectAllowed = "move"; event.dataTransfer.setData("text/plain", nameOf(track)); },
  ondragover: (event) => held >= 0 && event.preventDefault(),
  ondragend: () => (held = -1),
  ondrop: (event) => { event.preventDefault(); const from = held; held = -1; if (from >= 0) move(from, place); } },
  make("button", { type: "button", class: "grip", "aria-label": `Move ${titleOf(track)}, number ${place + 1}: arrow keys`, title: "Drag, or use arrow keys",
    onkeydown: (event) => {
      const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (by) { event.preventDefault(); move(place, place + by); }
    } }, "⋮⋮"),
  make("button", { type: "button", class: "hit-item", "aria-label": `Play ${nameOf(track)}`, onclick: () => play(track, queue) }, cover(track, 80),
    make("span", { class: "names" }, name(titleOf(track), "title"), name(artistsOf(track), "artist"))),
  make("button", { type: "button", class: "quiet out", "aria-label": `Remove ${titleOf(track)} from the queue`, onclick: () => remove(place) }, "×"));

const told = make("p", { class: "told", role: "status" });
const list = make("ol", { class: "queue" });
const empty = make("p", { class: "told" }, "Add tracks with the list button of a row, or press a.");
const saves = make("div", { class: "saves" }, ...[
  ["M3U", saveM3u], ["CSV", () => save("csv", "text/csv", csv())],
  ["Copy links", copy]].map(([label, onclick]) => make("button", { type: "button", class: "quiet", onclick }, label)),
  make("button", { type: "button", class: "quiet", onclick: clear }, "Empty"));
panel.append(make("div", { class: "panel-head" }, make("h2", { id: "queue-title" }, "Queue"), told,
  make("button", { type: "button", class: "quiet close", "data-closes": "queue", "aria-label": "Close the queue" }, "×")), empty, list, saves);

function show() {
  list.replaceChildren(...queue.map(item));
  empty.hidden = queue.length > 0;
  saves.hidden = !queue.length;
  byId("queue-count").textContent = queue.length ? ` ${queue.length}` : "";
}

const line = (text) => String(text ?? "").replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, " ");
const linkOf = (track) => (/^https?:/i.test(track.url ?? "") ? track.url : new URL(previewOf(track.track_id), document.baseURI).href);
const m3u = () => ["#EXTM3U", ...queue.flatMap((one) => [`#EXTINF:${one.duration_ms ? Math.round(one.duration_ms / 1000) : -1},${line(nameOf(one))}`, new URL(previewOf(one.track_id), document.baseURI).href])].join("\n") + "\n";

/** A cell of CSV; what a spreadsheet would run as a formula gets an apostrophe. */
const cell = (value) => `"${line(value).replace(/^([=+\-@])/, "'$1").replace(/"/g, '""')}"`;
const csv = () => [["track_id", "title", "artists", "album", "url"], ...queue.map((one) => [one.track_id, one.title, (one.artists ?? []).join("; "), one.album, linkOf(one)])].map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";

function save(ending, type, text) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  make("a", { href: url, download: `spotrec.${ending}` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

async function saveM3u() {
  save("m3u8", "audio/x-mpegurl", m3u());
  const { needs_token: needsToken } = await allows();
  told.textContent = needsToken ? "Saved. This server needs a token: players that cannot send it cannot play the list." : "";
}

async function copy() {
  try {
    await navigator.clipboard.writeText(queue.map(linkOf).join("\n"));
    told.textContent = "Copied. Links of Spotify can be pasted into a playlist in its app.";
  } catch {
    told.textContent = "The browser does not let this page copy";
  }
}

/** What sounds like the whole queue, put at its end. */
async function extend() {
  told.textContent = "Looking…";
  try {
    const { json } = await ask("v1/playlists/extend?limit=10", { method: "POST", headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ tracks: queue.map((one) => one.track_id) }) });
    if (json.added.length) addToQueue(json.added);
    else told.textContent = "Nothing more sounds like these";
  } catch (problem) {
    told.textContent = [problem.message, problem.hint].filter(Boolean).map(shown).join(". ");
  }
}
const extending = make("button", { type: "button", class: "quiet", title: "Tracks that sound like the queue", hidden: true, onclick: extend }, "Add ten like these");
saves.prepend(extending);
later(async () => (extending.hidden = !(await offers("post", "/v1/playlists/extend"))));

playlistButtons(() => queue, () => heading() || "spotrec").then((buttons) => saves.lastChild.before(...buttons));
show();
