// The page begins here.

import { byId } from "./dom.js";
import "./filters.js";
import "./keys.js";
import "./map.js";
import "./stations.js";
import { refresh } from "./results.js";
import { change, isSameStart, query, state, whenChanged } from "./state.js";

let asked = "";
function look(now = state(), before = now, isTravel = false) {
  const wanted = `${now.station} ${query()}`;
  if (wanted === asked) return;
  asked = wanted;
  refresh({ isNew: !isTravel && !isSameStart(now, before), isTravel });
}
whenChanged(look);
byId("home").addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  change({ track: [], unlike: [], start: "", end: "", limit: "", station: "" });
});
dispatchEvent(new Event("spotrec-ready"));
look();
