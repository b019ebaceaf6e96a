// The panels beside the list: filters, the map, the queue. Which are open is in the address.

import { byId } from "./dom.js";
import { change, state, whenChanged } from "./state.js";

const PANELS = { filters: "filters", map: "map-panel", queue: "queue-panel" };
const wide = matchMedia("(min-width: 1100px)");
const listeners = new Set();

export const isOpen = (panel) => state().show.split(" ").includes(panel);
/** Call `listener()` when panels open or close. */
export const whenPanels = (listener) => listeners.add(listener);

export function flip(panel) {
  const open = state().show.split(" ").filter(Boolean);
  const others = wide.matches ? open.filter((one) => one !== panel && (panel === "filters" || one === "filters")) : [];
  const closes = open.includes(panel);
  change({ show: (closes ? open.filter((one) => one !== panel) : [...others, panel]).join(" ") }, { replace: true });
  if (!closes && !wide.matches) byId(PANELS[panel]).scrollIntoView({ block: "start" });
}

function show() {
  for (const [panel, id] of Object.entries(PANELS)) {
    byId(id).hidden = !isOpen(panel);
    byId(`show-${panel}`).setAttribute("aria-expanded", String(isOpen(panel)));
  }
  byId("side").hidden = !isOpen("map") && !isOpen("queue");
  for (const listener of listeners) listener();
}

for (const panel of Object.keys(PANELS)) byId(`show-${panel}`).addEventListener("click", () => flip(panel));
for (const one of document.querySelectorAll("[data-closes]")) one.addEventListener("click", () => { flip(one.dataset.closes); byId(`show-${one.dataset.closes}`).focus(); });
whenChanged(show);
addEventListener("spotrec-ready", show);
