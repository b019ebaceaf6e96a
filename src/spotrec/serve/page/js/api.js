// Requests to the service this page came from.

/** An answer that is a problem (RFC 9457), or no answer (`status` 0). */
export class Problem extends Error {
  constructor(status, { title = "", detail = "", hint = "", type = "", candidates = [] } = {}) {
    super(detail || title || "There is no answer");
    Object.assign(this, { status, title, hint, type, candidates });
  }
}

/** Tells `gone` when the service cannot be reached, `locked` when it needs its token. */
export const events = new EventTarget();

export async function ask(path, parameters = {}, { signal, ...rest } = {}) {
  let answer;
  try {
    answer = await fetch(url(path, parameters), { signal, ...rest });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    events.dispatchEvent(new Event("gone"));
    throw new Problem(0, { title: "The server cannot be reached" });
  }
  if (answer.status === 202) return { status: 202 };
  if (answer.ok) return answer.status === 204 ? null : answer.json();
  const told = await answer.json().catch(() => ({}));
  if (answer.status === 401) events.dispatchEvent(new Event("locked"));
  throw new Problem(answer.status, told);
}

export function url(path, parameters = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== "" && one !== undefined && one !== null) query.append(name, one);
    }
  }
  const text = query.toString();
  return path + (text ? `?${text}` : "");
}

const ofTrack = (id, what) => `v1/tracks/${encodeURIComponent(id)}${what}`;
export const coverOf = (id, size) => ofTrack(id, `/cover?size=${size}`);
export const previewOf = (id) => ofTrack(id, "/preview");

export const complete = (q, signal) => ask("v1/tracks", { q, limit: 8 }, { signal });
export const shelf = () => ask("v1/tracks", { q: "", limit: 40 });
export const trackOf = (id) => ask(ofTrack(id, ""));
export const tagsOf = async (id) => (await ask(ofTrack(id, "/embedding"))).tags;
export const recommend = (parameters, signal) =>
  ask("v1/recommendations", { explain: true, limit: 30, ...parameters }, { signal });
export const travel = (parameters, signal) => ask("v1/journey", parameters, { signal });
export const mapData = () => ask("v1/map");
export const health = () => ask("healthz", {}, { cache: "no-store" });
export const session = () => ask("v1/session");
export const signIn = (token) =>
  ask("v1/session", {}, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ token }) });
export const hear = (file) =>
  ask("v1/hear", { name: file.name.slice(0, 200), limit: 30 }, { method: "POST", body: file });
