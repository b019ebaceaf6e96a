// The queue: tracks to play or keep, in an order of one's own; saved in this browser, and as files.

import { cover } from "./covers.js";
import { artistsOf, byId, iconButton, line, make, nameOf, titleOf, webLink } from "./elements.js";
import { play } from "./player.js";

const KEY = "spotrec-queue";
const place = byId("queue");
let queue = load();

function load() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter((one) => typeof one?.track_id === "string") : [];
  } catch {
    return [];
  }
}

export const queued = () => queue;

export function add(...tracks) {
  const there = new Set(queue.map((one) => one.track_id));
  const short = tracks.map(({ track_id, title, artists, album, url }) => ({ track_id, title, artists, album, url }));
  set([...queue, ...short.filter((one) => !there.has(one.track_id))]);
}

function set(tracks) {
  queue = tracks;
  try {
    localStorage.setItem(KEY, JSON.stringify(queue));
  } catch {
    // a browser that stores nothing keeps the queue until the page is closed
  }
  show();
}

function move(from, to) {
  if (to < 0 || to >= queue.length) return;
  const tracks = [...queue];
  tracks.splice(to, 0, ...tracks.splice(from, 1));
  set(tracks);
  place.querySelectorAll("li")[to]?.querySelector("button")?.focus();
}

function row(track, i) {
  const element = make("li", { draggable: "true", class: "queued" },
    make("button", { type: "button", class: "queued-play", "aria-label": `Play ${nameOf(track)}`, onclick: () => play(track, queued) }, cover(track, 44),
      make("span", { class: "names" }, line("span", titleOf(track), { class: "title" }), line("span", artistsOf(track), { class: "quiet" }))),
    iconButton("up", `Move ${nameOf(track)} up`, () => move(i, i - 1), { disabled: i === 0 }),
    iconButton("down", `Move ${nameOf(track)} down`, () => move(i, i + 1), { disabled: i === queue.length - 1 }),
    iconButton("close", `Remove ${nameOf(track)}`, () => set(queue.filter((_, at) => at !== i))));
  element.addEventListener("dragstart", (event) => event.dataTransfer.setData("text/x-spotrec-row", String(i)));
  element.addEventListener("dragover", (event) => event.dataTransfer.types.includes("text/x-spotrec-row") && event.preventDefault());
  element.addEventListener("drop", (event) => {
    const from = event.dataTransfer.getData("text/x-spotrec-row");
    if (from === "") return;
    event.preventDefault();
    move(Number(from), i);
  });
  return element;
}

const flat = (text) => String(text ?? "").replace(/\s+/gu, " ").trim();
const linkOf = (track) => webLink(track.url) || new URL(`v1/tracks/${encodeURIComponent(track.track_id)}/preview`, location.href).href;
const m3u = () => ["#EXTM3U", ...queue.flatMap((one) => [`#EXTINF:-1,${flat(`${artistsOf(one)} - ${titleOf(one)}`)}`, linkOf(one)])].join("\n") + "\n";
const links = () => queue.map((one) => webLink(one.url) || one.track_id).join("\n") + "\n";

function csv() {
  // a cell that begins like a formula is text, also for a spreadsheet
  const cell = (text) => `"${flat(text).replace(/^[=+\-@]/, "'$&").replaceAll('"', '""')}"`;
  const rows = queue.map((one) => [one.track_id, one.title, artistsOf(one), one.album, webLink(one.url)].map(cell).join(","));
  return ["track_id,title,artists,album,url", ...rows].join("\r\n") + "\r\n";
}

function save(name, type, text) {
  const at = URL.createObjectURL(new Blob([text], { type }));
  make("a", { href: at, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(at), 10_000);
}

function show() {
  byId("queue-size").textContent = queue.length || "";
  const button = (label, onclick) => make("button", { type: "button", class: "plain", onclick, disabled: !queue.length }, label);
  place.replaceChildren(
    make("div", { class: "queue-head" }, make("h2", {}, "Queue"), iconButton("close", "Close the queue", () => open(false))),
    queue.length ? make("ol", {}, ...queue.map(row)) : make("p", { class: "quiet" }, "Add tracks with q, or the list sign of a row."),
    make("div", { class: "queue-save", role: "group", "aria-label": "Save the queue" },
      button("M3U", () => save("queue.m3u8", "audio/x-mpegurl", m3u())), button("CSV", () => save("queue.csv", "text/csv", csv())),
      button("Links", () => save("queue.txt", "text/plain", links())), button("Clear", () => set([]))));
}

function open(isOpen) {
  place.hidden = !isOpen;
  byId("show-queue").setAttribute("aria-expanded", String(isOpen));
  if (!isOpen) byId("show-queue").focus();
}

byId("show-queue").addEventListener("click", () => open(place.hidden));
show();
