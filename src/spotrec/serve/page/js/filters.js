// Filters: years, tempo, voice, tags, variety, and how many of one artist.

import { ask } from "./api.js";
import { byId, clean, iconButton, line, make } from "./elements.js";
import { change, state, whenChanged } from "./state.js";
import { spelled } from "./tags.js";

const place = byId("filters");
const MANY = 6; // the slider's right end means any number
let later = 0;

const field = (label, control, note) => make("label", { class: "field" }, make("span", {}, label), control, note ?? null);

function text(name, label, placeholder) {
  const input = make("input", { type: "text", placeholder, maxlength: 40, autocomplete: "off", "data-name": name });
  input.addEventListener("change", () => change({ [name]: input.value.trim() }));
  return field(label, input);
}

function slider(name, label, { max, step, min, neutral, say }) {
  const input = make("input", { type: "range", min, max, step, "data-name": name, "data-neutral": neutral });
  const note = make("output", { class: "quiet" });
  input.say = () => {
    const value = Number(input.value);
    note.textContent = say(value);
    input.setAttribute("aria-valuetext", say(value));
    input.style.setProperty("--part", `${((value - min) / (max - min)) * 100}%`);
  };
  input.addEventListener("input", () => {
    input.say();
    clearTimeout(later);
    later = setTimeout(() => change({ [name]: Number(input.value) === neutral ? "" : input.value }, true), 120);
  });
  return field(label, input, note);
}

function voice() {
  const select = make("select", { "data-name": "vocal" },
    make("option", { value: "" }, "Any"), make("option", { value: "true" }, "With singing or rap"), make("option", { value: "false" }, "Instrumental"));
  select.addEventListener("change", () => change({ vocal: select.value }));
  return field("Voice", select);
}

function tags() {
  const names = make("datalist", { id: "tag-names" });
  const input = make("input", { type: "text", list: "tag-names", placeholder: "jazz, or -metal", autocomplete: "off", maxlength: 60 });
  input.addEventListener("focus", async () => {
    if (names.childElementCount || !state.track.length) return;
    names.append(make("option", { value: "" }));
    try {
      const seed = byId("seed").querySelector("[data-id]")?.dataset.id;
      const known = await ask(`v1/tracks/${encodeURIComponent(seed)}/embedding`);
      names.replaceChildren(...Object.keys(known.tags).sort().map((tag) => make("option", { value: tag }, spelled(tag))));
    } catch {
      names.replaceChildren(); // a tag can still be typed
    }
  });
  input.addEventListener("change", () => {
    const wanted = input.value.trim();
    input.value = "";
    if (wanted.startsWith("-")) change({ no_tag: [...state.no_tag, wanted.slice(1).trim()] });
    else if (wanted) change({ tag: [...state.tag, wanted] });
  });
  return make("div", {}, field("Tags", input), names, make("ul", { class: "chips", id: "tag-chips", "aria-label": "Tags asked for" }));
}

function build() {
  place.append(
    make("div", { class: "fields" },
      slider("diversity", "Variety", { min: 0, max: 1, step: 0.05, neutral: 0, say: (value) => (value === 0 ? "most similar" : `${Math.round(value * 100)} %`) }),
      slider("max_per_artist", "Of one artist", { min: 1, max: MANY, step: 1, neutral: MANY, say: (value) => (value === MANY ? "any number" : `at most ${value}`) }),
      make("div", { class: "pair" }, text("year", "Years", "1990..1999"), text("bpm", "BPM", "120..130")),
      voice(),
      tags(),
      make("button", { type: "button", class: "plain", id: "clear", onclick: () => change({ year: "", bpm: "", vocal: "", diversity: "", max_per_artist: "", tag: [], no_tag: [], exclude: [] }) }, "Clear all"),
    ),
  );
  place.open = window.innerWidth > 960;
}

function fill() {
  for (const control of place.querySelectorAll("[data-name]")) {
    if (control === document.activeElement && control.type === "range") continue;
    control.value = state[control.dataset.name] || control.dataset.neutral || "";
    control.say?.();
  }
  const chips = (name, sign) => state[name].map((tag) =>
    make("li", { class: "chip" }, make("span", { class: "sign" }, sign), line("span", spelled(tag)),
      iconButton("close", `Remove the tag ${clean(tag)}`, () => change({ [name]: state[name].filter((one) => one !== tag) }))));
  byId("tag-chips").replaceChildren(...chips("tag", "+"), ...chips("no_tag", "−"));
  const n = ["year", "bpm", "vocal", "diversity", "max_per_artist"].filter((name) => state[name]).length + state.tag.length + state.no_tag.length;
  place.querySelector("summary").textContent = n ? `Refine (${n})` : "Refine";
  byId("clear").disabled = !n;
}

build();
fill();
whenChanged(fill);
