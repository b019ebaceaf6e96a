// The page begins here.

import { byId } from "./dom.js";
import "./filters.js";
import "./keys.js";
import "./map.js";
import "./stations.js";
import { refresh } from "./results.js";
import { change, query, state, whenChanged } from "./state.js";

let asked = "";
function look() {
  const now = `${state().station} ${query()}`;
  if (now === asked) return;
  asked = now;
  refresh();
}
whenChanged(look);
byId("home").addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  change({ track: [], unlike: [], start: "", end: "", limit: "", station: "" });
});
dispatchEvent(new Event("spotrec-ready"));
look();
