// The page: asks for what the state says, and hands answers to the parts that show them.

import { Problem, hear, recommend, shelf, travel } from "./api.js";
import { cover } from "./covers.js";
import { artistsOf, byId, clean, line, make, titleOf } from "./elements.js";
import { show } from "./results.js";
import "./filters.js";
import "./journey.js";
import "./keys.js";
import { watch } from "./health.js";
import { again } from "./map.js";
import { combobox, whenDropped } from "./search.js";
import { showSeed } from "./seed.js";
import { REFINING, change, goOnFrom, state, whenChanged } from "./state.js";

const told = byId("told");
let wanted = null;

/** Show a note above the list; nothing clears it. */
export function tell(title = "", ...rest) {
  told.replaceChildren(...(title ? [make("strong", {}, title), ...rest] : []));
}

/** Ask for the list of the state, and show it. Later questions overtake earlier ones. */
async function refresh() {
  wanted?.abort();
  const mine = (wanted = new AbortController());
  const hasSeed = state.track.length > 0;
  const isMap = state.view === "map";
  byId("start").hidden = hasSeed || isMap;
  byId("listing").hidden = !hasSeed || isMap;
  if (isMap) return;
  if (!hasSeed) return showStart();
  byId("results").setAttribute("aria-busy", "true");
  try {
    const answer = await (state.to ? journey(mine.signal) : list(mine.signal));
    showAnswer(answer);
  } catch (error) {
    if (error.name === "AbortError") return;
    if (!(error instanceof Problem)) throw error;
    showProblem(error);
  }
  byId("results").removeAttribute("aria-busy");
}

const refining = () => Object.fromEntries(REFINING.map((name) => [name, state[name]]));

async function list(signal) {
  const { track, unlike, limit } = state;
  return recommend({ ...refining(), track, unlike, ...(limit ? { limit } : {}) }, signal);
}

async function journey(signal) {
  const { diversity: _, ...narrowing } = refining();
  const found = await travel({ ...narrowing, start: state.track[0], end: state.to }, signal);
  return { ...found, seeds: [{ kind: "track", name: "", track: found.from }], results: found.steps };
}

function showAnswer(answer) {
  const isJourney = Boolean(answer.steps);
  byId("found-heading").textContent = isJourney ? "A journey" : answer.unlike.length || answer.seeds.length > 1 ? "Sounds like these" : "Sounds like this";
  showSeed(answer);
  show(answer.results);
  if (answer.results.length) tell();
  else tell("Nothing matches", "No track passes the filters. Widen them, or take one away.");
}

function showProblem(error) {
  if (error.status === 0) return; // the banner tells, and what is listed stays
  show([]);
  byId("seed").replaceChildren();
  byId("found-heading").textContent = error.status === 409 ? "Which one?" : "Not found";
  tell(clean(error.message), clean(error.hint));
  told.append(
    ...error.candidates.slice(0, 20).map((one) =>
      make("button", { type: "button", class: "candidate", onclick: () => change({ track: [one.id] }) }, line("span", one.name)),
    ),
  );
}

async function showStart() {
  const place = byId("shelf");
  if (place.childElementCount) return;
  try {
    const tracks = await shelf();
    place.replaceChildren(...tracks.map(record));
    byId("start-heading").textContent = tracks.length ? "What sounds like …" : "There is no music here yet";
    if (!tracks.length) showEmpty();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.status === 503 || error.status === 404) showEmpty();
  }
}

function showEmpty() {
  byId("start-heading").textContent = "There is no music here yet";
  byId("start-note").replaceChildren("On the server, run ", ...["spotrec crawl ~/Music", "spotrec extract", "spotrec index"].flatMap((command, i) => [i ? ", then " : "", make("code", {}, command)]), ". This page needs no restart.");
}

function record(track) {
  const button = make("button", { type: "button", onclick: () => goOnFrom(track.track_id) }, cover(track, 180), line("span", titleOf(track), { class: "title" }), line("span", artistsOf(track), { class: "quiet" }));
  return make("li", {}, button);
}

async function hearFile(file) {
  byId("start").hidden = true;
  byId("listing").hidden = false;
  tell(`Listening to ${clean(file.name)} …`);
  try {
    const answer = await hear(file);
    goOnFrom(answer.seed?.track_id ?? answer.seeds[0].track.track_id);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    showProblem(error);
  }
}

combobox(byId("words"), byId("completions"), (text) => goOnFrom(text));
byId("search").addEventListener("submit", (event) => event.preventDefault());
whenDropped(hearFile);
whenChanged(refresh);
watch(() => {
  refresh();
  again();
});
refresh();
