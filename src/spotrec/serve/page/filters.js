// Sliders and filters: each is a parameter of the query.

import { combobox } from "./combobox.js";
import { byId, make, shown } from "./dom.js";
import { tagNames, whenTags } from "./seed.js";
import { change, state, whenChanged } from "./state.js";

const form = byId("filters");
const MOST_OF_ARTIST = 11;
let settle = 0;

let pending = {};

/** Change the state when the hand rests; what two controls change at the same time is one change. */
const soon = (changes) => {
  clearTimeout(settle);
  Object.assign(pending, changes());
  settle = setTimeout(() => {
    const all = pending;
    pending = {};
    change(all, { replace: true });
  }, 120);
};

function slider(id, label, most, step, words) {
  const said = make("output", { for: id });
  const field = make("input", { id, type: "range", min: step === 1 ? 1 : 0, max: most, step });
  const tell = () => { said.textContent = words(field.value); field.setAttribute("aria-valuetext", said.textContent); };
  field.addEventListener("input", tell);
  return { field, tell, part: make("div", { class: "field" }, make("label", { for: id }, label), said, field) };
}

const variety = slider("diversity", "Variety", 1, 0.05, (value) => (Number(value) ? `${Math.round(value * 100)} %` : "off"));
const artist = slider("max-per-artist", "Tracks of one artist", MOST_OF_ARTIST, 1, (value) => (Number(value) === MOST_OF_ARTIST ? "any" : value));
variety.field.addEventListener("input", () => soon(() => ({ diversity: Number(variety.field.value) ? variety.field.value : "" })));
artist.field.addEventListener("input", () => soon(() => ({ max_per_artist: Number(artist.field.value) === MOST_OF_ARTIST ? "" : artist.field.value })));

function range(name, label, least, most, place) {
  const ends = ["from", "to"].map((end, n) => make("input", { type: "number", min: least, max: most, inputmode: "numeric", id: `${name}-${end}`, "aria-label": `${label} ${end}`, placeholder: place[n] }));
  /** Whether both ends are whole: nobody wants an answer to half a year. */
  const isWhole = () => {
    const [from, to] = ends.map((one) => Number(one.value));
    const isFit = [from, to].every((one) => !one || (one >= least && one <= most)) && !(from && to && from > to);
    for (const one of ends) one.setAttribute("aria-invalid", String(!isFit));
    return isFit;
  };
  for (const end of ends) end.addEventListener("input", () => isWhole() && soon(() => ({ [name]: ends.some((one) => one.value) ? `${ends[0].value}..${ends[1].value}` : "" })));
  const put = (value) => ends.forEach((end, n) => document.activeElement !== end && (end.value = value.split("..")[n] ?? ""));
  return { put, part: make("fieldset", { class: "field range" }, make("legend", {}, label), ends[0], make("span", { "aria-hidden": "true" }, "–"), ends[1]) };
}
const year = range("year", "Year", 1000, 2100, ["1960", "2020"]);
const bpm = range("bpm", "BPM", 1, 400, ["60", "180"]);

const voices = [["", "Any"], ["true", "Voice"], ["false", "None"]].map(([value, label]) => {
  const field = make("input", { type: "radio", name: "voice", value, onchange: () => change({ vocal: value }) });
  return { field, part: make("label", {}, field, make("span", {}, label)) };
});

const singing = make("fieldset", { class: "field voice" }, make("legend", {}, "Singing"), ...voices.map((one) => one.part));

const words = make("input", { type: "text", id: "tag", role: "combobox", "aria-expanded": "false", "aria-controls": "tag-options", "aria-autocomplete": "list", autocomplete: "off", maxlength: 60, placeholder: "jazz, −metal" });
const options = make("ul", { id: "tag-options", role: "listbox", "aria-label": "Tags", hidden: true });
const chosen = make("ul", { class: "chips", "aria-label": "Chosen tags" });
const bare = (text) => text.replace(/^[-−]\s*/, "");
combobox(words, options, {
  find: (text) => {
    const wanted = bare(text).toLowerCase();
    const sign = bare(text) === text ? "" : "−";
    return tagNames.filter((tag) => tag.toLowerCase().includes(wanted)).sort((a, b) => b.toLowerCase().startsWith(wanted) - a.toLowerCase().startsWith(wanted)).slice(0, 8).map((tag) => sign + tag);
  },
  label: (tag) => [shown(tag)],
  take: (text) => {
    const list = bare(text) === text ? "tag" : "no_tag";
    change({ [list]: [...new Set([...state()[list], bare(text)])] });
  },
});

function show() {
  const now = state();
  variety.field.value = now.diversity || 0;
  artist.field.value = now.max_per_artist || MOST_OF_ARTIST;
  variety.tell();
  artist.tell();
  year.put(now.year);
  bpm.put(now.bpm);
  for (const one of voices) one.field.checked = one.field.value === now.vocal;
  const chip = (list, tag, sign) => make("li", { class: sign ? "chip unlike" : "chip" }, sign + shown(tag),
    make("button", { type: "button", "aria-label": `Remove the tag ${sign}${shown(tag)}`, onclick: () => change({ [list]: now[list].filter((one) => one !== tag) }) }, "×"));
  chosen.replaceChildren(...now.tag.map((tag) => chip("tag", tag, "")), ...now.no_tag.map((tag) => chip("no_tag", tag, "−")));
  chosen.hidden = !chosen.children.length;
  const n = ["diversity", "max_per_artist", "year", "bpm", "vocal"].filter((name) => now[name] !== "").length + now.tag.length + now.no_tag.length;
  byId("show-filters").textContent = n ? `Filters ${n}` : "Filters";
  reset.hidden = !n;
}
const reset = make("button", { type: "button", class: "quiet", onclick: () => change({ diversity: "", max_per_artist: "", year: "", bpm: "", vocal: "", tag: [], no_tag: [] }) }, "Remove all");

form.addEventListener("submit", (event) => event.preventDefault());
form.append(variety.part, artist.part, year.part, bpm.part,
  singing,
  make("div", { class: "field tag" }, make("label", { for: "tag" }, "Tags"), words, options, chosen), reset);
whenChanged(show);
whenTags(() => (singing.hidden = !tagNames.includes("vocals") && !state().vocal));
show();
