// Stations: saved queries, with lists that stay for a while; where the server has them.

import { ask, get } from "./api.js";
import { byId, make, name, shown } from "./dom.js";
import { notify } from "./notice.js";
import { later, offers } from "./session.js";
import { change, isEmpty, isJourney, query, state, tuneTo, whenChanged } from "./state.js";
import { whenPlayedThrough } from "./player.js";

const panel = byId("stations");
const save = byId("save-station");
const dialog = byId("station");
let isOpen = false;

export const stationPath = (title) => `v1/stations/${encodeURIComponent(title)}`;

async function list() {
  const known = isOpen ? await get("v1/stations").catch(() => []) : [];
  panel.replaceChildren(...known.map((one) => make("li", { class: "chip" },
    make("button", { type: "button", class: "tune", onclick: () => tuneTo(one.name) }, name(one.name)),
    make("button", { type: "button", "aria-label": `Forget the station ${shown(one.name)}`, onclick: () => forget(one.name) }, "×"))));
  show();
}

function show() {
  panel.hidden = !isEmpty() || !panel.children.length;
  byId("stations-title").hidden = panel.hidden;
  save.hidden = !isOpen || isEmpty() || isJourney() || Boolean(state().station);
}

async function forget(title) {
  try {
    await ask(stationPath(title), { method: "DELETE" });
    list();
  } catch (problem) {
    notify([problem.message, problem.hint].filter(Boolean).map(shown).join(". "));
  }
}

function open() {
  const told = make("p", { role: "status", class: "told" }, "A station is a list like this one, new every day, without what was played lately.");
  const field = make("input", { id: "station-name", type: "text", maxlength: 100, required: true, value: shown(byId("seed").querySelector("h1")?.textContent).slice(0, 100) });
  const form = make("form", {}, make("h2", { id: "station-title" }, "A new station"), make("label", { for: "station-name" }, "Name"), field, told,
    make("div", { class: "choices" }, make("button", { type: "button", class: "quiet", onclick: () => dialog.close() }, "Cancel"), make("button", { class: "strong" }, "Save")));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const wanted = query();
    wanted.delete("explain");
    wanted.set("name", field.value);
    try {
      await ask(`v1/stations?${wanted}`, { method: "POST" });
      dialog.close();
      await list();
      tuneTo(field.value);
    } catch (problem) {
      told.textContent = [problem.message, problem.hint].filter(Boolean).map(shown).join(". ");
    }
  });
  dialog.replaceChildren(form);
  dialog.showModal();
  field.select();
}

save.addEventListener("click", open);
whenChanged(show);
later(async () => {
  isOpen = await offers("get", "/v1/stations");
  if (!isOpen) return;
  list();
  if (await offers("post", "/v1/heard")) whenPlayedThrough((track) => ask("v1/heard", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ track_ids: [track.track_id] }) }).catch(() => {}));
});
