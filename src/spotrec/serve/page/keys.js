// Keys: j and k go through the list, and the rest acts on the row in focus.

import { byId, make } from "./dom.js";
import { playing, step, toggle } from "./player.js";
import { rowOf, trackOf } from "./results.js";
import { addToQueue } from "./queue.js";
import { say } from "./taste.js";
import { goFrom, less, more } from "./state.js";
import { flip } from "./panels.js";

const list = byId("list");
const KEYS = [["j / k", "next, previous row"], ["Space", "play, pause"], ["Enter", "go on from here"], ["+ / −", "more, less like this"],
  ["a", "add to the queue"], ["l / d / x", "like, dislike, ban (where the server takes it)"], ["n / p", "play the next, previous track"], ["/", "search"], ["f / m / q", "filters, map, queue"], ["?", "this list"]];
const dialog = byId("keys");
dialog.append(make("form", { method: "dialog" }, make("h2", { id: "keys-title" }, "Keys"),
  make("dl", {}, ...KEYS.flatMap(([key, does]) => [make("dt", {}, make("kbd", {}, key)), make("dd", {}, does)])), make("button", { class: "strong" }, "Close")));
const showKeys = () => dialog.open || dialog.showModal();
byId("show-keys").addEventListener("click", showKeys);

/** Bring the row after (or before) the one in focus into focus. */
function go(by) {
  const rows = [...list.querySelectorAll("[data-id] > .hit")];
  const now = rows.findIndex((one) => one.parentElement === rowOf(document.activeElement));
  const next = rows[now < 0 ? 0 : Math.max(0, Math.min(rows.length - 1, now + by))];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

const isTyping = (element) => element.matches("input:not([type=range]):not([type=radio]), textarea, select");

addEventListener("keydown", (event) => {
  const { target, key } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]") || isTyping(target)) return;
  const row = rowOf(target);
  const track = trackOf(row);
  const onRow = track && target.matches(".hit");
  const about = track ?? playing();
  const rate = (verb) => about && say(about, verb);
  const acts = {
    j: () => go(1), k: () => go(-1), n: () => step(1), p: () => step(-1), "/": () => byId("words").focus(), "?": showKeys,
    f: () => flip("filters"), m: () => flip("map"), q: () => flip("queue"),
    l: () => rate("like"), d: () => rate("dislike"), x: () => rate("ban"),
    a: track && (() => addToQueue([track])), "+": track && (() => more(track.track_id)), "-": track && (() => less(track.track_id)),
    "−": track && (() => less(track.track_id)), Enter: onRow && (() => goFrom(track.track_id)),
    " ": onRow ? () => target.click() : target.matches("button, input, a, canvas, summary, pre") ? null : toggle,
  };
  if (!acts[key] || (target.id === "map" && "+-".includes(key))) return;
  event.preventDefault();
  acts[key]();
});
addEventListener("keyup", (event) => event.key === " " && rowOf(event.target) && event.target.matches(".hit") && event.preventDefault());
