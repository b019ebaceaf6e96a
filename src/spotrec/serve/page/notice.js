// A short word on what was done, with a way back. It goes away by itself.

import { byId, make } from "./dom.js";

const LASTS_MS = 8000;
const place = byId("notice");
let timer = 0;

/** @param undo takes it back; without it there is no button. */
export function notify(text, undo) {
  clearTimeout(timer);
  const back = undo && make("button", { type: "button", class: "quiet", onclick: () => { close(); undo(); } }, "Undo");
  place.replaceChildren(make("span", {}, text), back ?? "");
  place.hidden = false;
  timer = setTimeout(close, LASTS_MS);
}

function close() {
  clearTimeout(timer);
  place.hidden = true;
  place.replaceChildren();
}
place.addEventListener("focusin", () => clearTimeout(timer));
