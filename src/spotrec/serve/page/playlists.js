// A playlist on Spotify or the music server, made of the queue: what it would contain is shown first.

import { ask, get } from "./api.js";
import { byId, make, name, shown } from "./dom.js";
import { allows } from "./session.js";

const dialog = byId("playlist");

/** Buttons for where this server may make playlists; none if it may not. @param queue () → tracks. @param title () → a name to begin with. */
export async function playlistButtons(queue, title) {
  if (!(await allows()).playlists) return [];
  const targets = await get("v1/playlists").catch(() => []);
  return targets.map((target) => make("button", { type: "button", class: "quiet", title: `Make a playlist on ${shown(target.name)}`, onclick: () => open(target, queue(), title()) }, shown(target.name)));
}

function open(target, tracks, title) {
  const where = shown(target.name);
  const told = make("p", { role: "status", class: "told" }, `Looking for ${tracks.length} tracks on ${where}…`);
  const field = make("input", { id: "playlist-name", type: "text", maxlength: 100, required: true, value: shown(title).slice(0, 100) });
  const left = make("div");
  const strong = make("button", { class: "strong", disabled: true }, "Make it");
  const close = make("button", { type: "button", class: "quiet", onclick: () => dialog.close() }, "Close");
  const form = make("form", {}, make("h2", { id: "playlist-title" }, `A playlist on ${where}`), make("label", { for: "playlist-name" }, "Name"), field,
    told, left, make("div", { class: "choices" }, close, strong));
  const leaving = new AbortController();

  async function send(isPlan) {
    strong.disabled = true;
    try {
      const { json } = await ask("v1/playlists", {
        method: "POST", signal: leaving.signal, headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ to: target.to, name: isPlan ? "plan" : field.value, tracks: tracks.map((one) => one.track_id), dry_run: isPlan }),
      });
      const n = json.tracks.length;
      if (isPlan) told.textContent = n === tracks.length ? (n === 1 ? "It is there." : `All ${n} tracks are there.`) : `${n} of ${tracks.length} tracks are there.`;
      else told.replaceChildren(`It is made, with ${n} ${n === 1 ? "track" : "tracks"}. `, json.url ? make("a", { href: json.url, target: "_blank", rel: "noopener" }, "Open it") : "");
      left.replaceChildren(missing(json.left_out));
      strong.disabled = !isPlan;
      strong.hidden = !isPlan;
      if (!isPlan) close.focus();
    } catch (problem) {
      if (problem.name === "AbortError") return;
      told.textContent = [problem.message, problem.hint].filter(Boolean).map(shown).join(". ");
      strong.disabled = isPlan;
    }
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    told.textContent = "Making it…";
    send(false);
  });
  dialog.replaceChildren(form);
  dialog.onclose = () => leaving.abort();
  dialog.showModal();
  field.select();
  send(true);
}

const missing = (tracks) => tracks.length ? make("details", {}, make("summary", {}, `${tracks.length} left out`),
  make("ul", { class: "missing" }, ...tracks.map((one) => make("li", {}, name(one.name), make("span", { class: "told" }, shown(one.reason)))))) : "";
