// Mouse, touch and keys on the map.

const STILL_PX = 5;
const fingers = new Map();
let pressed = null;
let spread = 0;

/** The track nearest to a point of the screen, within reach; -1 if there is none. */
function trackAt(x, y, reach) {
  let nearest = -1;
  let least = (radius() + reach) ** 2;
  for (let i = 0; i < count; i++) {
    const away = (screenX(worldX(i)) - x) ** 2 + (screenY(worldY(i)) - y) ** 2;
    if (away < least && !isFaded(i)) [nearest, least] = [i, away];
  }
  return nearest;
}

function hover(i, x = 0, y = 0) {
  canvas.style.cursor = i >= 0 ? "pointer" : "";
  showTip(i, x, y);
  if (shown.hovered === i) return;
  shown.hovered = i;
  redraw();
}

const middle = () => {
  const [a, b] = [...fingers.values()];
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, apart: Math.hypot(a.x - b.x, a.y - b.y) };
};

canvas.addEventListener("pointerdown", (event) => {
  if (event.button) return;
  canvas.setPointerCapture(event.pointerId);
  stopFlight();
  fingers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
  pressed = fingers.size === 1 ? { x: event.offsetX, y: event.offsetY } : null;
  if (fingers.size === 2) spread = middle();
  hover(-1);
});

canvas.addEventListener("pointermove", (event) => {
  const before = fingers.get(event.pointerId);
  const [x, y] = [event.offsetX, event.offsetY];
  if (!before) return event.pointerType === "touch" ? undefined : hover(trackAt(x, y, 6), x, y);
  if (pressed && Math.hypot(x - pressed.x, y - pressed.y) < STILL_PX) return undefined;
  if (pressed) document.body.classList.add("dragging");
  pressed = null;
  fingers.set(event.pointerId, { x, y });
  if (fingers.size === 1) return panBy(x - before.x, y - before.y);
  if (fingers.size === 2) {
    const now = middle();
    panBy(now.x - spread.x, now.y - spread.y);
    if (spread.apart > 0) zoomBy(now.apart / spread.apart, now.x, now.y);
    spread = now;
  }
  return undefined;
});

function lift(event) {
  fingers.delete(event.pointerId);
  document.body.classList.remove("dragging");
}

canvas.addEventListener("pointerup", (event) => {
  const isStill = pressed !== null && fingers.has(event.pointerId);
  lift(event);
  pressed = null;
  if (!isStill) return;
  const isTouch = event.pointerType === "touch";
  select(trackAt(event.offsetX, event.offsetY, isTouch ? 18 : 6));
});
canvas.addEventListener("pointercancel", lift);
canvas.addEventListener("pointerleave", () => hover(-1));
canvas.addEventListener("dblclick", (event) => {
  if (trackAt(event.offsetX, event.offsetY, 6) < 0) zoomBy(2, event.offsetX, event.offsetY);
});

canvas.addEventListener(
  "wheel",
  (event) => {
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 18 : event.deltaMode === 2 ? 400 : 1;
    const pace = event.ctrlKey ? 0.01 : 0.0018; // ctrlKey means a pinch on a touchpad
    zoomBy(Math.exp(-Math.max(-300, Math.min(300, event.deltaY * lines)) * pace), event.offsetX, event.offsetY);
    hover(-1);
  },
  { passive: false },
);

const KEYS = {
  "+": () => zoomBy(1.4),
  "=": () => zoomBy(1.4),
  "-": () => zoomBy(1 / 1.4),
  0: () => fit(),
  ArrowLeft: () => panBy(80, 0),
  ArrowRight: () => panBy(-80, 0),
  ArrowUp: () => panBy(0, 80),
  ArrowDown: () => panBy(0, -80),
  Enter: () => playOrOpen(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") return clearAll();
  if (event.target instanceof HTMLInputElement) return;
  if (event.key === "/") {
    event.preventDefault();
    return document.getElementById("words").focus();
  }
  const isOnMap = event.target === canvas || event.target === document.body;
  const act = KEYS[event.key];
  if (!act || !(isOnMap || "+=-0".includes(event.key))) return;
  event.preventDefault();
  act();
});
