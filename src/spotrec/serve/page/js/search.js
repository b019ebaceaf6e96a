// The search box: completion while somebody types, links as they are, and dropped audio files.

import { complete } from "./api.js";
import { cover } from "./covers.js";
import { artistsOf, byId, line, make, titleOf } from "./elements.js";

const LINK = /^(https?:\/\/|spotify:|deezer:|isrc:|file:|artist:|album:|collection:)/i;
let n_boxes = 0;

/** Make an input a combobox over the stored tracks. `choose(text, track)` gets an id, or what was typed. */
export function combobox(input, list, choose) {
  let found = [];
  let at = -1;
  let wanted = null;
  const prefix = `option-${++n_boxes}-`;

  function show(tracks) {
    found = tracks;
    at = -1;
    input.removeAttribute("aria-activedescendant");
    list.replaceChildren(...tracks.map(option));
    list.hidden = !tracks.length;
    input.setAttribute("aria-expanded", String(!list.hidden));
  }

  function option(track, i) {
    return make(
      "li",
      { role: "option", id: prefix + i, "aria-selected": "false", onpointerdown: (event) => event.preventDefault(), onclick: () => take(i) },
      cover(track, 40),
      make("span", { class: "names" }, line("span", titleOf(track), { class: "title" }), line("span", artistsOf(track), { class: "quiet" })),
    );
  }

  function select(i) {
    list.children[at]?.setAttribute("aria-selected", "false");
    at = i;
    const row = list.children[at];
    row?.setAttribute("aria-selected", "true");
    row?.scrollIntoView({ block: "nearest" });
    if (row) input.setAttribute("aria-activedescendant", row.id);
    else input.removeAttribute("aria-activedescendant");
  }

  async function update() {
    wanted?.abort();
    const words = input.value.trim();
    if (!words || LINK.test(words)) return show([]);
    wanted = new AbortController();
    try {
      show(await complete(words, wanted.signal));
    } catch (error) {
      if (error.name !== "AbortError") show([]);
    }
  }

  function take(i) {
    const track = found[i];
    finish();
    choose(track.track_id, track);
  }

  function finish() {
    wanted?.abort();
    show([]);
    input.value = "";
    input.blur();
  }

  async function submit() {
    const words = input.value.trim();
    if (!words) return;
    if (at >= 0) return take(at);
    if (!LINK.test(words)) {
      await update(); // what was typed last counts, not what is listed
      if (found.length) return take(0);
    }
    finish();
    choose(words, null);
  }

  input.addEventListener("input", update);
  input.addEventListener("focus", update);
  input.addEventListener("blur", () => show([]));
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const n = found.length;
    if (event.key === "ArrowDown" && n) select((at + 1) % n);
    else if (event.key === "ArrowUp" && n) select(at <= 0 ? n - 1 : at - 1);
    else if (event.key === "Enter") submit();
    else if (event.key === "Escape") list.hidden ? input.blur() : show([]);
    else return;
    event.preventDefault();
  });
}

/** Take audio files that are dropped anywhere on the page. */
export function whenDropped(hearFile) {
  const sign = byId("drop");
  let depth = 0;
  const hasFile = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  const shown = (change) => {
    depth = change ? Math.max(0, depth + change) : 0;
    sign.hidden = depth === 0;
  };
  window.addEventListener("dragenter", (event) => hasFile(event) && shown(1));
  window.addEventListener("dragleave", (event) => hasFile(event) && shown(-1));
  window.addEventListener("dragover", (event) => hasFile(event) && event.preventDefault());
  window.addEventListener("drop", (event) => {
    if (!hasFile(event)) return;
    event.preventDefault();
    shown(0);
    const [file] = event.dataTransfer.files;
    if (file) hearFile(file);
  });
}
