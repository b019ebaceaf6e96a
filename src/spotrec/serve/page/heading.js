// What the list is made from, in a few words; and the page's title in the browser: what plays, else that.

import { byId, shown } from "./dom.js";
import { isEmpty, isJourney, state } from "./state.js";

const NAME = "spotrec";
/** What turns the direction of all text that follows. */
const TURNS = /[\u202a-\u202e\u2066-\u2069]/g;
const now = { plays: "", lists: "" };

/** @param changes `plays`: the track that sounds, `lists`: what the list is made from; "" for nothing. */
export function entitle(changes) {
  Object.assign(now, changes);
  const first = (now.plays || now.lists).replace(TURNS, "");
  document.title = first ? `${first} · ${NAME}` : NAME;
}

/** After the seed, both ends of the journey, or the station; "" where a list is to be begun. */
export function heading() {
  if (isEmpty()) return "";
  if (state().station) return shown(state().station);
  const names = [...byId("seed").querySelectorAll("h1, h2")].map((one) => one.textContent);
  return isJourney() ? names.join(" → ") : names.length ? `Like ${names[0]}` : "";
}
