// The journey: from the seed to another track, and the actions above the list.

import { byId, make } from "./elements.js";
import { add } from "./queue.js";
import { listed } from "./results.js";
import { combobox } from "./search.js";
import { change, state, whenChanged } from "./state.js";

const place = byId("found-actions");

function show() {
  const all = make("button", { type: "button", class: "plain", onclick: () => add(...listed()) }, "Queue all");
  if (state.to) {
    place.replaceChildren(all, make("button", { type: "button", class: "plain", onclick: () => change({ to: "" }) }, "Back to the list"));
    return;
  }
  place.replaceChildren(all, make("button", { type: "button", class: "plain", id: "journey", onclick: askEnd }, "Journey to …"));
}

function askEnd() {
  const input = make("input", { type: "text", role: "combobox", id: "end", "aria-label": "Where the journey ends", "aria-expanded": "false", "aria-controls": "ends", "aria-autocomplete": "list",
    autocomplete: "off", spellcheck: "false", dir: "auto", placeholder: "To a title, an artist, a link …" });
  const list = make("ul", { role: "listbox", id: "ends", "aria-label": "Tracks", hidden: true });
  combobox(input, list, (text) => change({ to: text }));
  input.addEventListener("keydown", (event) => event.key === "Escape" && show());
  place.replaceChildren(make("div", { class: "search to" }, input, list));
  input.focus();
}

show();
whenChanged((now, before) => {
  if (now.to !== before.to || now.track !== before.track) show();
});
