// The map: every track a dot, near means similar. A click selects and plays; the list is lit.

import { ask } from "./api.js";
import { byId, drawing, make, name, nameOf, shown } from "./dom.js";
import { isOpen, whenPanels } from "./panels.js";
import { play, playing, whenPlaying } from "./player.js";
import { coloursOf, plot, whenNight } from "./plot.js";
import { results, whenListed } from "./results.js";
import { change, goFrom, state, whenChanged } from "./state.js";

const canvas = byId("map");
const tip = byId("map-tip");
const told = byId("map-told");
const choice = byId("map-colour");
const legend = byId("map-legend");
const REACH = 14;
let map = null;
let index = new Map();
let lit = new Set();
let selected = -1;
let cursor = -1; // the dot that keys lead to
let alone = -1; // the group that is not faded
let isLoading = false;
let asked = 0;
const view = { x: 0.5, y: 0.5, zoom: 1 };

async function load() {
  if (map || isLoading) return;
  isLoading = true;
  told.textContent = "Drawing the map…";
  try {
    for (;;) {
      const { status, json } = await ask("v1/map");
      if (status === 200) {
        map = json;
        break;
      }
      await new Promise((done) => setTimeout(done, 1500));
      if (!isOpen("map")) return;
    }
    index = new Map(map.ids.map((id, place) => [id, place]));
    told.textContent = "";
    explain();
    light();
  } catch (problem) {
    told.textContent = `${shown(problem.message)}. ${shown(problem.hint)}`;
  } finally {
    isLoading = false;
  }
}

/** The list's tracks, and the neighbours of the selected one. */
function light() {
  if (!map) return;
  lit = new Set(results().map((one) => index.get(one.track_id)).filter((place) => place != null));
  selected = index.get(playing()?.track_id) ?? index.get(state().track[0]) ?? selected;
  for (const near of map.near[selected] ?? []) lit.add(near);
  redraw();
}

const scale = () => (Math.min(canvas.clientWidth / (map.width || 1), canvas.clientHeight / (map.height || 1)) * 0.9 * view.zoom);
const screenOf = (x, y) => [(x - view.x) * scale() + canvas.clientWidth / 2, (y - view.y) * scale() + canvas.clientHeight / 2];
const screen = (place) => screenOf(map.x[place] / map.span, map.y[place] / map.span);

/** Turn the map where that fills the frame better: a high frame shows a wide map on its side. */
function turn() {
  if (!map || (canvas.clientHeight > canvas.clientWidth) === (map.height >= map.width)) return;
  const swapped = ([x, y, ...more]) => [y, x, ...more];
  Object.assign(map, { x: map.y, y: map.x, width: map.height, height: map.width });
  for (const one of Object.values(map.colours)) one.regions = one.regions.map(swapped);
  Object.assign(view, { x: view.y, y: view.x });
}
const colouring = () => map.colours[state().colour] ?? map.colours.tag;

function redraw() {
  asked ||= requestAnimationFrame(() => {
    asked = 0;
    turn();
    if (map && canvas.clientWidth) plot(canvas, { map, colouring: colouring(), screen, screenOf, zoom: view.zoom, lit, selected, cursor, alone });
  });
}

/** What the colours mean; a click on one lets the others fade. */
function explain() {
  if (!map) return;
  const { groups, group } = colouring();
  const colours = coloursOf(colouring());
  const sizes = groups.map(() => 0);
  for (const one of group) sizes[one] += 1;
  choice.replaceChildren(...Object.keys(map.colours).filter((one) => map.colours[one].groups.length > 1).map((one) =>
    make("option", { value: one, selected: map.colours[one] === colouring() }, `by ${one}`)));
  choice.hidden = false;
  legend.replaceChildren(...groups.map((text, place) => sizes[place] ? make("li", {}, make("button", { type: "button", "aria-pressed": String(alone === place),
    onclick: () => { alone = alone === place ? -1 : place; explain(); legend.querySelector(`[data-group="${place}"]`)?.focus(); }, "data-group": place },
    drawing("svg", { viewBox: "0 0 10 10", "aria-hidden": "true" }, drawing("circle", { cx: 5, cy: 5, r: 5, fill: colours[place] })),
    name(text), make("span", { class: "n" }, sizes[place].toLocaleString("en")))) : ""));
  redraw();
}
choice.addEventListener("change", () => { alone = -1; change({ colour: choice.value === "tag" ? "" : choice.value }, { replace: true }); });

function nearest(event) {
  const frame = canvas.getBoundingClientRect();
  return nearestTo(event.clientX - frame.left, event.clientY - frame.top, REACH ** 2);
}

function nearestTo(mouseX, mouseY, reach) {
  if (!map) return -1;
  let best = -1;
  for (let place = 0; place < map.ids.length; place++) {
    const [x, y] = screen(place);
    const far = (x - mouseX) ** 2 + (y - mouseY) ** 2;
    if (far < reach) [best, reach] = [place, far];
  }
  return best;
}

const trackAt = (place) => ({ track_id: map.ids[place], title: map.titles[place], artists: [map.artists[map.artist[place]]].filter(Boolean) });

function select(place) {
  cursor = -1;
  const track = trackAt(place);
  play(track, [track, ...map.near[place].map(trackAt)]);
}

const pointers = new Map();
let dragged = 0;
canvas.addEventListener("pointerdown", (event) => {
  pointers.set(event.pointerId, [event.clientX, event.clientY]);
  canvas.setPointerCapture(event.pointerId);
  dragged = 0;
});
canvas.addEventListener("pointermove", (event) => {
  const before = pointers.get(event.pointerId);
  if (!before) {
    const place = nearest(event);
    tip.hidden = place < 0;
    if (place >= 0) tip.textContent = nameOf(trackAt(place));
    return;
  }
  if (!map) return;
  const spread = () => { const [one, two] = [...pointers.values()]; return two ? Math.hypot(one[0] - two[0], one[1] - two[1]) : 0; };
  const was = spread();
  pointers.set(event.pointerId, [event.clientX, event.clientY]);
  const [moveX, moveY] = [event.clientX - before[0], event.clientY - before[1]];
  dragged += Math.abs(moveX) + Math.abs(moveY);
  view.x -= moveX / scale() / pointers.size;
  view.y -= moveY / scale() / pointers.size;
  if (was) zoomBy(spread() / was);
  redraw();
});
for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, (event) => {
  pointers.delete(event.pointerId);
  const place = name === "pointerup" && dragged < 8 ? nearest(event) : -1;
  if (place >= 0) select(place);
});
canvas.addEventListener("dblclick", (event) => { const place = nearest(event); if (place >= 0) goFrom(map.ids[place]); });
canvas.addEventListener("wheel", (event) => { event.preventDefault(); zoomBy(Math.exp(-event.deltaY / 400)); }, { passive: false });
/** The nearest dot in a direction, wherever the keys are now. */
function lead(x, y) {
  const from = cursor >= 0 ? cursor : selected;
  if (from < 0) return nearestTo(canvas.clientWidth / 2, canvas.clientHeight / 2, Infinity);
  const [fromX, fromY] = [map.x[from], map.y[from]];
  let best = from;
  let least = Infinity;
  for (let place = 0; place < map.ids.length; place++) {
    const [awayX, awayY] = [map.x[place] - fromX, map.y[place] - fromY];
    const along = awayX * x + awayY * y;
    const aside = Math.abs(awayX * y) + Math.abs(awayY * x);
    if (along <= 0 || aside > 1.5 * along) continue;
    const far = along + 2 * aside;
    if (far < least) [best, least] = [place, far];
  }
  return best;
}

function point(place) {
  cursor = place;
  const [x, y] = screen(place);
  const margin = 40;
  view.x += (Math.min(0, x - margin) + Math.max(0, x - canvas.clientWidth + margin)) / scale();
  view.y += (Math.min(0, y - margin) + Math.max(0, y - canvas.clientHeight + margin)) / scale();
  told.textContent = shown(nameOf(trackAt(place)));
  redraw();
}

const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
canvas.addEventListener("keydown", (event) => {
  const way = WAYS[event.key];
  const here = cursor >= 0 ? cursor : selected;
  if (!map) return;
  if (way && event.shiftKey) { view.x += (way[0] * 0.1) / view.zoom; view.y += (way[1] * 0.1) / view.zoom; redraw(); }
  else if (way) point(lead(...way));
  else if (event.key === "+") zoomBy(1.4);
  else if (event.key === "-") zoomBy(1 / 1.4);
  else if (event.key === "0") { Object.assign(view, { x: 0.5, y: 0.5, zoom: 1 }); redraw(); }
  else if (event.key === " " && here >= 0) select(here);
  else if (event.key === "Enter" && here >= 0) goFrom(map.ids[here]);
  else return;
  event.preventDefault();
});
canvas.addEventListener("blur", () => { cursor = -1; redraw(); });

function zoomBy(factor) {
  view.zoom = Math.min(60, Math.max(0.6, view.zoom * factor));
  redraw();
}

whenListed(light);
whenPlaying(light);
whenPanels(() => isOpen("map") && (load(), redraw()));
whenNight(explain);
whenChanged((now, before) => now.colour !== before.colour && explain());
new ResizeObserver(redraw).observe(canvas);
