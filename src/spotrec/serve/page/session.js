// What this server allows: asked once, when the page begins.

import { get } from "./api.js";

let asked = null;

/** @returns {Promise<{fetch: boolean, crawl: boolean, playlists: boolean}>} nothing is allowed where the server does not say so. */
export const allows = () => (asked ??= get("v1/session").catch(() => ({})));
