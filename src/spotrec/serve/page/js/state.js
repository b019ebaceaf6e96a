// What the page shows. The address holds all of it: a link reproduces the list, and Back goes back.

const LISTS = ["track", "unlike", "tag", "no_tag", "exclude"];
const TEXTS = ["to", "year", "bpm", "vocal", "diversity", "max_per_artist", "limit", "view"];

/** Parameters that `/v1/recommendations` takes as they are. */
export const REFINING = ["year", "bpm", "vocal", "diversity", "max_per_artist", "tag", "no_tag", "exclude"];

export let state = read();
const listeners = [];

function read() {
  const given = new URLSearchParams(location.search);
  const found = {};
  for (const name of LISTS) found[name] = given.getAll(name).filter(Boolean);
  for (const name of TEXTS) found[name] = given.get(name) ?? "";
  return Object.freeze(found);
}

/** Return the address of a state, from the page's own. */
export function address(of) {
  const query = new URLSearchParams();
  for (const name of LISTS) for (const value of of[name]) query.append(name, value);
  for (const name of TEXTS) if (of[name]) query.set(name, of[name]);
  const text = query.toString();
  return location.pathname + (text ? `?${text}` : "");
}

/** Change parts of the state. `isSmall` changes (a slider that moves) do not add to the history. */
export function change(parts, isSmall = false) {
  const before = state;
  const wanted = { ...state, ...parts };
  for (const name of LISTS) wanted[name] = [...new Set(wanted[name])];
  const there = address(wanted);
  if (there === address(state)) return;
  state = Object.freeze(wanted);
  history[isSmall ? "replaceState" : "pushState"](null, "", there);
  tell(before);
}

/** Start from another track: what was refined for the last one is dropped, filters stay. */
export const goOnFrom = (id) => change({ track: [id], unlike: [], to: "", view: "" });
export const moreLike = (id) =>
  change({ track: [...state.track, id], unlike: state.unlike.filter((one) => one !== id) });
export const lessLike = (id) =>
  change({ unlike: [...state.unlike, id], track: state.track.filter((one) => one !== id) });
export const forget = (id) =>
  change({ track: state.track.filter((one) => one !== id), unlike: state.unlike.filter((one) => one !== id) });

/** Call `then(state, before)` at every change. */
export function whenChanged(then) {
  listeners.push(then);
}

function tell(before) {
  for (const then of listeners) then(state, before);
}

window.addEventListener("popstate", () => {
  const before = state;
  state = read();
  tell(before);
});
