// What this server allows and offers: asked once.

import { get } from "./api.js";

let asked = null;
let described = null;

/** @returns {Promise<{fetch: boolean, crawl: boolean, playlists: boolean, taste: boolean, needs_token: boolean}>} nothing is allowed where the server does not say so. */
export const allows = () => (asked ??= get("v1/session").catch(() => ({})));

/** Whether the server has a method of its API: `offers("get", "/v1/stations")`. */
export async function offers(method, path) {
  described ??= get("openapi.json").then((found) => found.paths ?? {}, () => ({}));
  return Boolean((await described)[path]?.[method]);
}

/** Do something when the page has shown what was asked for, so that nothing waits for it. */
export const later = (does) => setTimeout(does, 1200);
