// The visible part of the world, and its scale. The world is the unit square.

const canvas = document.getElementById("map");
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const narrow = matchMedia("(max-width: 640px)");
const MOST_ZOOM = 400;
const FLIGHT_MS = 500;

const view = { x: 0.5, y: 0.5, scale: 1, fitted: 1, width: 1, height: 1 };
let flight = 0;
let asked = 0;

const screenX = (x) => (x - view.x) * view.scale + view.width / 2;
const screenY = (y) => (y - view.y) * view.scale + view.height / 2;
const zoom = () => view.scale / view.fitted;

/** Draw the map in the next frame. */
function redraw() {
  asked ||= requestAnimationFrame(() => {
    asked = 0;
    draw();
  });
}

/** The space that panels take, so that the whole map is visible next to them. */
function insets() {
  if (narrow.matches) {
    if (shown.selected < 0) return { left: 14, right: 14, top: 84, bottom: 76 };
    const [above, below] = ["panel", "card"].map((id) => document.getElementById(id).getBoundingClientRect());
    return { left: 14, right: 14, top: above.bottom + 14, bottom: view.height - below.top + 14 };
  }
  const right = shown.selected < 0 || view.width < 760 ? 40 : 316;
  return { left: 316, right, top: 40, bottom: 40 };
}

function fitted() {
  const room = insets();
  const width = Math.max(view.width - room.left - room.right, 40);
  const height = Math.max(view.height - room.top - room.bottom, 40);
  const scale = Math.min(width / Math.max(places.width, 0.02), height / Math.max(places.height, 0.02));
  return {
    x: 0.5 + (view.width / 2 - room.left - width / 2) / scale,
    y: 0.5 + (view.height / 2 - room.top - height / 2) / scale,
    scale,
  };
}

const bounded = (scale) => Math.min(Math.max(scale, view.fitted * 0.5), view.fitted * MOST_ZOOM);

function look(x, y, scale) {
  view.x = Math.min(Math.max(x, -0.5), 1.5);
  view.y = Math.min(Math.max(y, -0.5), 1.5);
  view.scale = bounded(scale);
  redraw();
}

function stopFlight() {
  cancelAnimationFrame(flight);
  flight = 0;
}

/** Move there in half a second, or immediately if the user prefers reduced motion. */
function fly(x, y, scale) {
  stopFlight();
  if (calm.matches) return look(x, y, scale);
  const from = { ...view };
  const to = bounded(scale);
  const began = performance.now();
  const step = (now) => {
    const t = Math.min((now - began) / FLIGHT_MS, 1);
    const eased = t < 0.5 ? 4 * t ** 3 : 1 - (2 - 2 * t) ** 3 / 2;
    const size = from.scale * (to / from.scale) ** eased;
    // the position on the way, so that the target moves on the screen at an even speed
    const share = Math.abs(to - from.scale) < 1e-9 ? eased : (1 / size - 1 / from.scale) / (1 / to - 1 / from.scale);
    look(from.x + (x - from.x) * share, from.y + (y - from.y) * share, size);
    flight = t < 1 ? requestAnimationFrame(step) : 0;
  };
  flight = requestAnimationFrame(step);
}

function fit(atOnce = false) {
  const whole = fitted();
  view.fitted = whole.scale;
  if (atOnce) look(whole.x, whole.y, whole.scale);
  else fly(whole.x, whole.y, whole.scale);
}

/** Zoom by a factor; the given point of the screen does not move. */
function zoomBy(factor, x = view.width / 2, y = view.height / 2) {
  stopFlight();
  const scale = bounded(view.scale * factor);
  const moved = 1 / view.scale - 1 / scale;
  look(view.x + (x - view.width / 2) * moved, view.y + (y - view.height / 2) * moved, scale);
}

function panBy(dx, dy) {
  stopFlight();
  look(view.x - dx / view.scale, view.y - dy / view.scale, view.scale);
}

/** Show a track and the tracks that sound most like it in the free space, as large as that allows. */
function flyTo(i) {
  const room = insets();
  const together = [i, ...data.near[i]];
  const [left, right] = ends(together.map(worldX));
  const [top, bottom] = ends(together.map(worldY));
  const wide = (view.width - room.left - room.right) / (1.25 * Math.max(right - left, 1e-6));
  const high = Math.max(view.height - room.top - room.bottom, 40) / (1.25 * Math.max(bottom - top, 1e-6));
  const scale = bounded(Math.min(wide, high, view.fitted * 14));
  const shift = { x: (room.left - room.right) / 2 / scale, y: (room.top - room.bottom) / 2 / scale };
  fly((left + right) / 2 - shift.x, (top + bottom) / 2 - shift.y, scale);
}

const ends = (values) => [Math.min(...values), Math.max(...values)];

/** Move the map if a panel covers this track: as little as necessary. */
function keepInView(i) {
  const room = insets();
  const margin = 24;
  const inside = (at, low, high) => Math.max(low - at, 0) + Math.min(high - at, 0);
  const dx = inside(screenX(worldX(i)), room.left + margin, view.width - room.right - margin);
  const dy = inside(screenY(worldY(i)), room.top + margin, view.height - room.bottom - margin);
  if (dx || dy) fly(view.x - dx / view.scale, view.y - dy / view.scale, view.scale);
}

function resize() {
  const before = view.fitted;
  const wasTurned = places.turned;
  view.width = canvas.clientWidth || 1;
  view.height = canvas.clientHeight || 1;
  canvas.width = Math.round(view.width * devicePixelRatio);
  canvas.height = Math.round(view.height * devicePixelRatio);
  turn(view.height > 1.15 * view.width);
  view.fitted = fitted().scale;
  if (before === 1 || wasTurned !== places.turned || Math.abs(view.scale / before - 1) < 0.01) fit(true);
  else redraw();
}
