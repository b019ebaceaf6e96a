// A track's cover: the picture in its file, and until it is there, or in its place, a calm drawing made of its title.

import { coverOf, whenBack } from "./api.js";
import { artistsOf, drawing, make, titleOf } from "./dom.js";

const AT_ONCE = 3;
const missing = new Set();
const waiting = [];
let underWay = 0;
let isHeld = false;

/** Pictures are asked for when they come near the screen, a few at a time: a browser has few connections to a server. */
const nearby = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting) continue;
    nearby.unobserve(target);
    waiting.push(target);
  }
  load();
}, { rootMargin: "300px" });

function load() {
  while (!isHeld && underWay < AT_ONCE && waiting.length) {
    const picture = waiting.shift();
    if (!picture.isConnected) continue;
    underWay += 1;
    picture.src = picture.dataset.src;
  }
}

function done() {
  underWay -= 1;
  load();
}

/** Ask for no more pictures while something more important is asked for. */
export function hold(held) {
  isHeld = held;
  load();
}

whenBack(() => missing.clear()); // what did not come while the server was away may be there

function hash(text) {
  let sum = 2166136261;
  for (const character of text) sum = Math.imul(sum ^ character.codePointAt(0), 16777619);
  sum = Math.imul(sum ^ (sum >>> 15), 2246822507);
  return (sum ^ (sum >>> 13)) >>> 0;
}

/** Two hues, and a few circles or bands: the same for the same title; one artist's share their hue. */
function drawn(track) {
  const seed = hash(titleOf(track).slice(0, 200) + artistsOf(track));
  const hue = hash(artistsOf(track) || titleOf(track)) % 360;
  const part = (shift, most) => (seed >>> shift) % most;
  const colour = (turn, strength, light) => `hsl(${(hue + turn) % 360} ${strength}% ${light}%)`;
  const back = drawing("rect", { width: 64, height: 64, fill: colour(0, 26, 34 + part(3, 3) * 8) });
  const shapes = [];
  const x = 14 + part(5, 36);
  const y = 16 + part(11, 32);
  const kind = part(17, 4);
  if (kind === 0) for (const r of [30, 21, 12]) shapes.push(drawing("circle", { cx: x, cy: y, r, fill: colour(r * 2, 42, 82 - r * 1.2), opacity: 0.62 }));
  if (kind === 1) {
    shapes.push(drawing("circle", { cx: x, cy: 26, r: 13, fill: colour(40, 58, 76) }));
    shapes.push(drawing("path", { d: `M0 ${36 + part(7, 8)}Q20 ${26 + part(9, 10)} 40 40T64 34V64H0z`, fill: colour(-18 + 360, 30, 24) }));
  }
  if (kind === 2) for (let n = 0; n < 5; n++) shapes.push(drawing("rect", { x: 8 + n * 10.4, y: 10 + ((seed >>> (n * 4)) % 26), width: 5, height: 64, rx: 2.5, fill: colour(n * 12, 44, 80 - n * 5), opacity: 0.8 }));
  if (kind === 3) for (let n = 0; n < 4; n++) shapes.push(drawing("circle", { cx: x, cy: 64, r: 54 - n * 13, fill: "none", stroke: colour(30 + n * 8, 46, 78), "stroke-width": 4 }));
  return drawing("svg", { viewBox: "0 0 64 64", "aria-hidden": "true", preserveAspectRatio: "xMidYMid slice" }, back, ...shapes);
}

/** @param size the picture's longest side, in pixels. */
export function cover(track, size) {
  const frame = make("span", { class: "cover" }, drawn(track));
  if (!missing.has(track.track_id)) {
    const picture = make("img", { alt: "", decoding: "async", "data-src": coverOf(track.track_id, size) });
    picture.addEventListener("load", () => { picture.classList.add("there"); done(); });
    picture.addEventListener("error", () => {
      missing.add(track.track_id);
      picture.remove();
      done();
    });
    frame.append(picture);
    nearby.observe(picture);
  }
  return frame;
}
