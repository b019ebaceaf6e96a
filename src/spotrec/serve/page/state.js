// What the page shows, kept in its address: a link reproduces the list.

const LISTS = ["track", "unlike", "tag", "no_tag"];
const TEXTS = ["start", "end", "year", "bpm", "vocal", "diversity", "max_per_artist", "limit", "show", "colour", "station"];
const LIMIT = 20;

const listeners = new Set();
let current = read();

function read() {
  const given = new URLSearchParams(location.search);
  const state = {};
  for (const name of LISTS) state[name] = [...new Set(given.getAll(name).filter(Boolean))].slice(0, 50);
  for (const name of TEXTS) state[name] = given.get(name) ?? "";
  return state;
}

function address(state) {
  const parts = new URLSearchParams();
  for (const name of LISTS) for (const value of state[name]) parts.append(name, value);
  for (const name of TEXTS) if (state[name] !== "") parts.set(name, state[name]);
  const text = parts.toString();
  return location.pathname + (text && `?${text}`);
}

/** Whether a seed is given as a link or URI. */
export const isLink = (words) => /^(https?:|spotify:|deezer:)/i.test(words);
export const state = () => current;
export const isJourney = () => Boolean(current.start && current.end);
export const isEmpty = () => !current.track.length && !isJourney() && !current.station;
export const linkTo = (changes) => address({ ...blank(), ...changes });
export const limit = () => Number(current.limit) || LIMIT;

const blank = () => ({ ...Object.fromEntries(LISTS.map((name) => [name, []])), ...Object.fromEntries(TEXTS.map((name) => [name, ""])) });

/** Call `listener(state, before, isTravel)` after every change. `isTravel`: the browser went back or forward. */
export const whenChanged = (listener) => listeners.add(listener);

/** Change some of the state. `replace` keeps the browser's last step back as it was. */
export function change(changes, { replace = false } = {}) {
  const before = current;
  current = { ...current, ...changes };
  const next = address(current);
  if (next === address(before)) return;
  history[replace ? "replaceState" : "pushState"](null, "", next);
  tell(before);
}

/** Begin again from these seeds; filters stay. */
export const goFrom = (...seeds) => change({ track: seeds, unlike: [], start: "", end: "", limit: "", station: "" });
export const more = (id) => change({ track: added(current.track, id), unlike: without(current.unlike, id), ...noJourney });
export const less = (id) => change({ unlike: added(current.unlike, id), track: without(current.track, id), ...noJourney });
export const drop = (id) => change({ track: without(current.track, id), unlike: without(current.unlike, id) });
export const travel = (start, end) => change({ start, end, track: [], unlike: [], limit: "", station: "" });
/** Show the list of a station. */
export const tuneTo = (station) => change({ ...blank(), show: current.show, station });

const noJourney = { start: "", end: "", station: "" };
const added = (list, one) => (list.includes(one) ? list : [...list, one]);
const without = (list, one) => list.filter((each) => each !== one);

/** The parameters of the query that the state is. */
export function query() {
  const given = new URLSearchParams();
  const names = ["year", "bpm", "vocal", "max_per_artist"];
  if (isJourney()) {
    given.set("start", current.start);
    given.set("end", current.end);
    given.set("limit", String(Math.max(2, Number(current.limit) || 12)));
  } else {
    for (const one of current.track) given.append("track", one);
    for (const one of current.unlike) given.append("unlike", one);
    given.set("limit", String(limit()));
    given.set("explain", "true");
    names.push("diversity");
  }
  for (const name of names) if (current[name] !== "") given.set(name, current[name]);
  for (const name of ["tag", "no_tag"]) for (const one of current[name]) given.append(name, one);
  return given;
}

/** Whether the list is of the same track, journey or station: more and less like this, and filters, only refine it. */
export const isSameStart = (one, other) => ["start", "end", "station"].every((name) => one[name] === other[name]) && one.track[0] === other.track[0];

function tell(before, isTravel = false) {
  for (const listener of listeners) listener(current, before, isTravel);
}

addEventListener("popstate", () => {
  const before = current;
  current = read();
  tell(before, true);
});
