// The map: a click selects and plays, and its neighbours are lit and listed.

import { Problem, mapData } from "./api.js";
import { cover } from "./covers.js";
import { artistsOf, byId, clean, iconButton, line, make, nameOf, titleOf } from "./elements.js";
import { chartOn } from "./map_view.js";
import { play, playing } from "./player.js";
import { add } from "./queue.js";
import { change, goOnFrom, state, whenChanged } from "./state.js";

const place = byId("map");
const AGAIN_MS = 1500;
let data = null;
let chart = null;
let card = null;
let isAsking = false;

const trackAt = (i) => ({ track_id: data.ids[i], title: data.titles[i], artists: [data.artists[data.artist[i]]].filter(Boolean), album: data.albums[data.album[i]] });
const around = (i) => [i, ...data.near[i]].map(trackAt);

async function load() {
  if (isAsking) return;
  isAsking = true;
  try {
    if (!data) place.replaceChildren(make("p", { class: "told", role: "status" }, "Drawing the map …"));
    for (;;) {
      const found = await mapData();
      if (found.status !== 202) {
        data = found;
        break;
      }
      await new Promise((on) => setTimeout(on, AGAIN_MS));
      if (state.view !== "map") return;
    }
    build();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.status) place.replaceChildren(make("p", { class: "told", role: "status" }, make("strong", {}, clean(error.message)), clean(error.hint)));
  } finally {
    isAsking = false;
  }
}

function build() {
  data.titles = data.titles.map(clean);
  const canvas = make("canvas", { role: "img", "aria-label": `Map of ${data.ids.length} tracks: near means similar. The tracks near the chosen one are listed beside it.` });
  const colours = make("select", { "aria-label": "Colours" }, ...Object.keys(data.colours).map((name) => make("option", { value: name }, `Colours by ${name}`)));
  colours.addEventListener("change", () => {
    chart.colour = colours.value;
    chart.draw();
  });
  card = make("aside", { class: "map-card", "aria-label": "The chosen track", hidden: true });
  place.replaceChildren(make("div", { class: "map-paper" }, canvas, colours), card);
  chart = chartOn(canvas, data, (i) => {
    choose(i);
    if (i >= 0) play(trackAt(i), () => around(i));
  });
  choose(data.ids.indexOf(playing()?.track_id ?? state.track[0]));
}

/** Light a track and its neighbours, and list them by name. */
function choose(i) {
  card.hidden = i < 0;
  if (i >= 0) {
    const track = trackAt(i);
    card.replaceChildren(
      make("div", { class: "seed" }, cover(track, 200), make("div", { class: "seed-words" }, line("h2", titleOf(track), { class: "seed-title" }), line("p", artistsOf(track), { class: "seed-artist" }))),
      make("div", { class: "map-actions" }, make("button", { type: "button", class: "solid", onclick: () => goOnFrom(track.track_id) }, "What sounds like it"),
        make("button", { type: "button", class: "plain", onclick: () => add(...around(i)) }, "Queue all")),
      make("h3", {}, "Near it"),
      make("ul", {}, ...data.near[i].map(neighbour)),
      iconButton("close", "Close", () => choose(-1), { class: "map-close" }),
    );
  }
  requestAnimationFrame(() => chart.show(i)); // when the card has taken its place
}

function neighbour(i) {
  const track = trackAt(i);
  const go = () => {
    choose(i);
    play(track, () => around(i));
  };
  return make("li", {}, make("button", { type: "button", class: "queued-play", "aria-label": `Play ${nameOf(track)}`, onclick: go }, cover(track, 44), make("span", { class: "names" }, line("span", titleOf(track), { class: "title" }), line("span", artistsOf(track), { class: "quiet" }))));
}

function show() {
  const isMap = state.view === "map";
  place.hidden = !isMap;
  byId("view-map").setAttribute("aria-pressed", String(isMap));
  byId("view-list").setAttribute("aria-pressed", String(!isMap));
  if (isMap && !data) load();
}

export function again() {
  if (state.view === "map" && !data) load();
}

byId("view-map").addEventListener("click", () => change({ view: "map" }));
byId("view-list").addEventListener("click", () => change({ view: "" }));
whenChanged(show);
show();
