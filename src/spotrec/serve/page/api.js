// The server's answers. While it does not answer, a quiet banner says so, and what was asked is asked again.

import { byId, make } from "./dom.js";

const WAITS_MS = [300, 1000, 2000, 4000];
const MOST_AGAIN = 5;
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** A hint for programs that use the server, in the words of this page. */
function ofThePage(hint) {
  if (hint.includes("/v1/tracks")) return "Try other words of its title or artist, or paste its link on Spotify or Deezer.";
  return hint.includes("/openapi.json") ? "Change what you search for, or a filter." : hint;
}

/** What the server said in place of an answer: `title`, `detail`, `hint`, perhaps `candidates`. */
export class Problem extends Error {
  constructor(given, status) {
    super(given.detail || given.title || "The server cannot answer");
    Object.assign(this, { hint: ofThePage(given.hint ?? ""), name: given.type ?? "", candidates: given.candidates ?? [], status });
  }
}

/** Ask the server. Waits while it is away; asks for the token if it needs one.
 * @returns {Promise<{status: number, json: any}>}
 * @throws {Problem} and AbortError. */
export async function ask(path, options = {}) {
  for (let n = 0; ; n++) {
    let answer;
    let json;
    try {
      answer = await fetch(path, options);
      json = await jsonOf(answer);
    } catch (error) {
      if (error.name === "AbortError") throw error;
      say(true);
      await sleep(WAITS_MS[Math.min(n, WAITS_MS.length - 1)]);
      options.signal?.throwIfAborted();
      continue;
    }
    say(false);
    if (answer.ok) return { status: answer.status, json };
    if (answer.status === 401 && (await signIn())) continue;
    if ((answer.status === 429 || isOf(json, "busy")) && n < MOST_AGAIN) {
      await sleep(1000 * Math.min(Number(answer.headers.get("Retry-After")) || 1, 5));
      continue;
    }
    throw new Problem(json, answer.status);
  }
}

const isOf = (json, problem) => json.type === `urn:spotrec:problem:${problem}`;

/** What an answer says. @throws TypeError if it is none: it breaks off, the server ends, or a proxy before it finds no server. */
async function jsonOf(answer) {
  const json = await answer.json().catch((error) => {
    if (error.name === "AbortError") throw error;
    return null;
  });
  const isAway = json === null ? (answer.ok && answer.status !== 204) || [502, 503, 504].includes(answer.status) : isOf(json, "ending");
  if (isAway) throw new TypeError("The server is away");
  return json ?? {};
}

const MAY_PASS = [401, 502, 503, 504];

/** Whether the server was away, or wanted its token: then it answers when this is known. @param path what to ask it. */
export async function wasAway(path) {
  const status = await fetch(path).then((answer) => answer.status, () => 0);
  if (status && !MAY_PASS.includes(status)) return false;
  return ask(path).then(() => true, () => false);
}

export const get = async (path, options) => (await ask(path, options)).json;
export const trackPath = (id) => `v1/tracks/${encodeURIComponent(id)}`;
export const previewOf = (id) => `${trackPath(id)}/preview`;
export const coverOf = (id, size) => `${trackPath(id)}/cover?size=${size}&quiet=true`;

function say(isAway) {
  const banner = byId("banner");
  if (banner.hidden === !isAway) return;
  banner.textContent = isAway ? "The server does not answer. Trying again…" : "";
  banner.hidden = !isAway;
  if (!isAway) for (const listener of backListeners) listener();
}

const backListeners = new Set();
/** Call `listener()` when the server answers again. */
export const whenBack = (listener) => backListeners.add(listener);

let signingIn = null;

function signIn() {
  return (signingIn ??= askForToken().finally(() => (signingIn = null)));
}

function askForToken() {
  const dialog = byId("sign-in");
  return new Promise((done) => {
    const told = make("p", { role: "alert" });
    const token = make("input", { id: "token", type: "password", autocomplete: "current-password", required: true });
    const form = make("form", {}, make("h2", { id: "sign-in-title" }, "This server needs a token"),
      make("label", { for: "token" }, "Token"), token, told, make("button", { class: "strong" }, "Go on"));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const path = new URL(".", location.href).pathname; // a proxy may have put one before it
      const answer = await fetch("v1/session", {
        method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ token: token.value, path }),
      }).catch(() => null);
      if (answer?.ok) dialog.close("in");
      else told.textContent = answer ? "This is not the token. Ask whoever runs this server for it." : "The server does not answer.";
    });
    dialog.replaceChildren(form);
    dialog.onclose = () => done(dialog.returnValue === "in");
    dialog.returnValue = "";
    dialog.showModal();
  });
}
