// How the map is drawn: dots in the colours of their groups, what is lit, names of regions and tracks.

import { shown } from "./dom.js";

const NAMED_AT_MOST = 40;
const PLAIN_BELOW = 1.6;
const dark = matchMedia("(prefers-color-scheme: dark)");

/** The colours of a colouring's groups, by day or by night. */
export const coloursOf = (colouring) => (colouring.themes[dark.matches ? "dark" : "light"] ?? colouring.themes.light).colours;
export const whenNight = (listener) => dark.addEventListener("change", listener);

/** Draw the map.
 * @param scene {map, colouring, screen: place → [x, y], zoom, lit: Set, selected, cursor, alone: a group or -1} */
export function plot(canvas, scene) {
  const ratio = devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  const paint = canvas.getContext("2d");
  paint.scale(ratio, ratio);
  const style = getComputedStyle(canvas);
  const ink = style.getPropertyValue("--ink");
  const paper = style.getPropertyValue("--sheet");
  const size = Math.max(1.3, Math.min(5, 70 / Math.sqrt(scene.map.ids.length))) * Math.min(scene.zoom, 8) ** 0.4;
  dots(paint, scene, size, [width, height]);
  neighbourhood(paint, scene, size, ink, paper);
  const taken = [];
  paint.lineJoin = "round";
  const write = writer(paint, taken, [width, height], paper);
  if (scene.selected >= 0) title(write, scene, scene.selected, size, ink);
  if (scene.cursor >= 0) title(write, scene, scene.cursor, size, ink);
  regions(write, scene, ink);
  for (const place of [...scene.lit].slice(0, NAMED_AT_MOST)) title(write, scene, place, size, ink);
}

/** All dots, a path for each group: ten thousand take a few milliseconds. */
function dots(paint, { map, colouring, screen, lit, alone }, size, [width, height]) {
  const colours = coloursOf(colouring);
  const paths = colours.map(() => new Path2D());
  for (let place = 0; place < map.ids.length; place++) {
    const [x, y] = screen(place);
    if (x < -size || y < -size || x > width + size || y > height + size) continue;
    const path = paths[colouring.group[place]];
    if (size < PLAIN_BELOW) path.rect(x - size, y - size, 2 * size, 2 * size);
    else {
      path.moveTo(x + size, y);
      path.arc(x, y, size, 0, 7);
    }
  }
  for (let group = colours.length - 1; group >= 0; group--) {
    paint.globalAlpha = alone >= 0 ? (group === alone ? 0.95 : 0.08) : lit.size ? 0.42 : 0.85;
    paint.fillStyle = colours[group];
    paint.fill(paths[group]);
  }
  paint.globalAlpha = 1;
}

/** What is lit, and thin lines from the selected track to its neighbours. */
function neighbourhood(paint, { map, colouring, screen, lit, selected, cursor }, size, ink, paper) {
  const colours = coloursOf(colouring);
  if (selected >= 0) {
    paint.strokeStyle = ink;
    paint.globalAlpha = 0.4;
    paint.beginPath();
    for (const near of map.near[selected]) {
      paint.moveTo(...screen(selected));
      paint.lineTo(...screen(near));
    }
    paint.stroke();
    paint.globalAlpha = 1;
  }
  const ring = (place, more, edge, width) => {
    const [x, y] = screen(place);
    paint.beginPath();
    paint.arc(x, y, size + more, 0, 7);
    paint.fillStyle = colours[colouring.group[place]];
    paint.fill();
    paint.lineWidth = width;
    paint.strokeStyle = edge;
    paint.stroke();
  };
  for (const place of lit) ring(place, 2, paper, 1.5);
  if (cursor >= 0) ring(cursor, 3, ink, 1.5);
  if (selected >= 0) ring(selected, 4.5, ink, 3);
}

/** A function that writes a text where it covers no other; at the edge it goes to the other side. */
function writer(paint, taken, [width, height], paper) {
  const said = new Set();
  return (text, x, y, { ink, size, weight = 400, isMiddle = false, reach = 0, spacing = 0 }) => {
    if (!text || said.has(text)) return;
    if ("letterSpacing" in paint) paint.letterSpacing = `${spacing}px`;
    paint.font = `${weight} ${size}px system-ui, sans-serif`;
    const wide = paint.measureText(text).width;
    let left = isMiddle ? x - wide / 2 : x + reach;
    if (!isMiddle && left + wide > width - 4 && x - reach - wide > 4) left = x - reach - wide;
    const box = [left - 3, y - size * 0.7, left + wide + 3, y + size * 0.7];
    if (box[2] < 0 || box[0] > width || box[3] < 0 || box[1] > height) return;
    if (taken.some((one) => box[0] < one[2] && box[2] > one[0] && box[1] < one[3] && box[3] > one[1])) return;
    taken.push(box);
    said.add(text);
    paint.textBaseline = "middle";
    paint.lineWidth = 4;
    paint.strokeStyle = paper;
    paint.strokeText(text, left, y);
    paint.fillStyle = ink;
    paint.fillText(text, left, y);
  };
}

function title(write, { map, screen }, place, size, ink) {
  const text = shown(map.titles[place]);
  write(text.length > 28 ? `${text.slice(0, 27)}…` : text, ...screen(place), { ink, size: 12, reach: size + 7 });
}

/** Names of regions: general ones when zoomed out, smaller ones when zoomed in. */
function regions(write, { map, colouring, screenOf, zoom }, ink) {
  const depth = Math.log2(Math.max(zoom, 1)) + 0.35;
  for (const [x, y, text, level] of colouring.regions) {
    if (level > depth) break; // they are in order of level
    if (level < depth - 2.6) continue;
    const name = shown(text);
    write(name.charAt(0).toUpperCase() + name.slice(1), ...screenOf(x / map.span, y / map.span), { ink, size: Math.max(15 - 1.5 * level, 11), weight: 500, spacing: level ? 0.5 : 1.2, isMiddle: true });
  }
}
