// Keys, and the help that lists them.

import { byId, make } from "./elements.js";
import { toggle } from "./player.js";
import { add } from "./queue.js";
import { focusedTrack, listed, move } from "./results.js";
import { goOnFrom, lessLike, moreLike } from "./state.js";

const withTrack = (then) => () => {
  const track = focusedTrack();
  if (track) then(track);
};

const KEYS = [
  ["j", "Next row", () => move(1)],
  ["k", "Row before", () => move(-1)],
  ["space", "Play or pause", () => toggle(focusedTrack(), listed)],
  ["enter", "Go on from this track", withTrack((track) => goOnFrom(track.track_id))],
  ["+", "More like this", withTrack((track) => moreLike(track.track_id))],
  ["−", "Less like this", withTrack((track) => lessLike(track.track_id))],
  ["q", "Add to the queue", withTrack(add)],
  ["/", "Search", () => byId("words").focus()],
  ["?", "These keys", showHelp],
];
const NAMES = { " ": "space", Enter: "enter", "-": "−", "=": "+", ArrowDown: "j", ArrowUp: "k" };

function showHelp() {
  const dialog = byId("help");
  if (!dialog.childElementCount) {
    const rows = KEYS.flatMap(([key, what]) => [make("dt", {}, make("kbd", {}, key)), make("dd", {}, what)]);
    dialog.append(make("h2", { id: "help-heading" }, "Keys"), make("dl", {}, ...rows),
      make("p", { class: "quiet" }, "The address of this page holds the whole list: send it, or keep it."),
      make("form", { method: "dialog" }, make("button", { class: "solid" }, "Close")));
  }
  dialog.showModal();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const inside = event.target;
  const isRow = inside.matches?.("#results > li");
  if (inside.matches?.("input, select, textarea")) return;
  const isOfControl = ["Enter", " "].includes(event.key) && inside.matches?.("button, a, summary");
  const isScroll = event.key.startsWith("Arrow") && !isRow;
  const found = KEYS.find(([key]) => key === (NAMES[event.key] ?? event.key));
  if (!found || isOfControl || isScroll) return;
  event.preventDefault();
  found[2]();
});
byId("show-help").addEventListener("click", showHelp);
