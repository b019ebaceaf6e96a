// The map: every track a dot, near means similar. A click selects and plays; the list is lit.

import { ask, get, trackPath } from "./api.js";
import { byId, nameOf, shown } from "./dom.js";
import { isOpen, whenPanels } from "./panels.js";
import { play, playing, whenPlaying } from "./player.js";
import { results, whenListed } from "./results.js";
import { goFrom, state } from "./state.js";

const canvas = byId("map");
const tip = byId("map-tip");
const told = byId("map-told");
const dark = matchMedia("(prefers-color-scheme: dark)");
const REACH = 14;
let map = null;
let index = new Map();
let lit = new Set();
let selected = -1;
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

const scale = () => (Math.min(canvas.clientWidth / (map.width || 1), canvas.clientHeight / (map.height || 1)) * 0.92 * view.zoom);
const screen = (place) => [
  (map.x[place] / map.span - view.x) * scale() + canvas.clientWidth / 2,
  (map.y[place] / map.span - view.y) * scale() + canvas.clientHeight / 2,
];

function redraw() {
  asked ||= requestAnimationFrame(() => {
    asked = 0;
    if (map && canvas.clientWidth) draw();
  });
}

function draw() {
  const ratio = devicePixelRatio || 1;
  canvas.width = canvas.clientWidth * ratio;
  canvas.height = canvas.clientHeight * ratio;
  const paint = canvas.getContext("2d");
  paint.scale(ratio, ratio);
  const style = getComputedStyle(canvas);
  const [quiet, accent, ink, paper] = ["--dot", "--accent", "--ink", "--paper"].map((one) => style.getPropertyValue(one));
  const radius = Math.max(1, Math.min(4, 60 / Math.sqrt(map.ids.length))) * Math.min(view.zoom, 3) ** 0.4;
  const dot = (place, size, colour) => {
    const [x, y] = screen(place);
    paint.fillStyle = colour;
    paint.beginPath();
    paint.arc(x, y, size, 0, 7);
    paint.fill();
  };
  for (let place = 0; place < map.ids.length; place++) dot(place, radius, quiet);
  if (selected >= 0) {
    paint.strokeStyle = accent;
    paint.globalAlpha = 0.4;
    for (const near of map.near[selected]) {
      paint.beginPath();
      paint.moveTo(...screen(selected));
      paint.lineTo(...screen(near));
      paint.stroke();
    }
    paint.globalAlpha = 1;
  }
  for (const place of lit) dot(place, radius + 1.5, accent);
  if (selected >= 0) dot(selected, radius + 5, ink);
  label(paint, ink, paper);
}

/** Names of the selected track and what is lit, where there is room. */
function label(paint, ink, paper) {
  const taken = [];
  const said = new Set();
  paint.font = "12px system-ui, sans-serif";
  paint.lineJoin = "round";
  paint.lineWidth = 3;
  for (const place of [...(selected >= 0 ? [selected] : []), ...lit].slice(0, 40)) {
    const text = shown(map.titles[place]).slice(0, 26);
    const [x, y] = screen(place);
    const width = paint.measureText(text).width;
    const left = Math.max(4, Math.min(canvas.clientWidth - width - 4, x + 9));
    const box = [left, y - 8, left + width, y + 8];
    if (!text || said.has(text) || taken.some((one) => box[0] < one[2] && box[2] > one[0] && box[1] < one[3] && box[3] > one[1])) continue;
    taken.push(box);
    said.add(text);
    paint.strokeStyle = paper;
    paint.fillStyle = ink;
    paint.strokeText(text, left, y + 4);
    paint.fillText(text, left, y + 4);
  }
}

function nearest(event) {
  if (!map) return -1;
  const frame = canvas.getBoundingClientRect();
  const [mouseX, mouseY] = [event.clientX - frame.left, event.clientY - frame.top];
  let best = -1;
  let reach = REACH ** 2;
  for (let place = 0; place < map.ids.length; place++) {
    const [x, y] = screen(place);
    const far = (x - mouseX) ** 2 + (y - mouseY) ** 2;
    if (far < reach) [best, reach] = [place, far];
  }
  return best;
}

const trackAt = (place) => ({ track_id: map.ids[place], title: map.titles[place], artists: [map.artists[map.artist[place]]].filter(Boolean) });

async function select(place) {
  selected = place;
  light();
  const track = await get(trackPath(map.ids[place])).catch(() => trackAt(place));
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
canvas.addEventListener("keydown", (event) => {
  const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  if (moves[event.key]) { view.x += (moves[event.key][0] * 0.1) / view.zoom; view.y += (moves[event.key][1] * 0.1) / view.zoom; redraw(); }
  else if (event.key === "+") zoomBy(1.4);
  else if (event.key === "-") zoomBy(1 / 1.4);
  else if (event.key === "0") { Object.assign(view, { x: 0.5, y: 0.5, zoom: 1 }); redraw(); }
  else return;
  event.preventDefault();
});

function zoomBy(factor) {
  view.zoom = Math.min(60, Math.max(0.6, view.zoom * factor));
  redraw();
}

whenListed(light);
whenPlaying(light);
whenPanels(() => isOpen("map") && (load(), redraw()));
dark.addEventListener("change", redraw);
new ResizeObserver(redraw).observe(canvas);
