// The map's canvas: where things are, and how they look.

const NEAR_PX = 18;
const LABEL_FONT = '600 13px system-ui, sans-serif';
const REGION_FONT = 'italic 500 17px "Iowan Old Style", Palatino, Georgia, serif';

/** A canvas over the dots of `data`. `pick(i)` is called for a dot that is clicked, with -1 for none. */
export function chartOn(canvas, data, pick) {
  const context = canvas.getContext("2d");
  const view = { x: 0.5, y: 0.5, zoom: 1 };
  const isDark = matchMedia("(prefers-color-scheme: dark)");
  const chart = { colour: Object.keys(data.colours)[0], selected: -1, draw, show };
  let due = 0;

  const box = () => canvas.getBoundingClientRect();
  const side = () => Math.min(canvas.clientWidth, canvas.clientHeight) * 0.92 * view.zoom;
  const toX = (x) => (x / data.span - view.x) * side() + canvas.clientWidth / 2;
  const toY = (y) => (view.y - y / data.span) * side() + canvas.clientHeight / 2;

  function draw() {
    due ||= requestAnimationFrame(paint);
  }

  function paint() {
    due = 0;
    const ratio = devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    const { group, regions, themes } = data.colours[chart.colour];
    const theme = themes[isDark.matches ? "dark" : "light"];
    const lit = chart.selected < 0 ? null : new Set([chart.selected, ...data.near[chart.selected]]);
    const radius = Math.max(1.6, Math.min(7, (60 / Math.sqrt(data.x.length)) * Math.sqrt(view.zoom)));
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    data.x.forEach((x, i) => dot(i, theme.colours[group[i]], radius * (lit?.has(i) ? 1.7 : 1), lit && !lit.has(i) ? 0.16 : 0.85));
    if (lit) for (const i of [...data.near[chart.selected], chart.selected]) ring(i, theme, radius * (i === chart.selected ? 2.6 : 1.7), i === chart.selected);
    const taken = [];
    context.textAlign = "center";
    context.textBaseline = "middle";
    for (const i of lit ?? []) {
      const [x, y, off] = [toX(data.x[i]), toY(data.y[i]), radius * 2.6 + 8];
      if (!label(data.titles[i], x, y - off, LABEL_FONT, theme.ink, theme, taken)) label(data.titles[i], x, y + off, LABEL_FONT, theme.ink, theme, taken);
    }
    for (const i of lit ?? []) taken.push({ x: toX(data.x[i]), y: toY(data.y[i]), half: radius * 2.6 });
    const seen = new Set();
    for (const [x, y, name] of regions) {
      if (seen.has(name)) continue;
      seen.add(name);
      label(name, toX(x), toY(y), REGION_FONT, lit ? theme.quiet : theme.ink, theme, taken);
    }
  }

  function dot(i, colour, radius, alpha) {
    context.globalAlpha = alpha;
    context.fillStyle = colour;
    context.beginPath();
    context.arc(toX(data.x[i]), toY(data.y[i]), radius, 0, 7);
    context.fill();
    context.globalAlpha = 1;
  }

  function ring(i, theme, radius, isIt) {
    context.strokeStyle = theme.ink;
    context.lineWidth = isIt ? 2 : 1;
    context.beginPath();
    context.arc(toX(data.x[i]), toY(data.y[i]), radius, 0, 7);
    context.stroke();
  }

  function label(text, x, y, font, ink, theme, taken) {
    context.font = font;
    const shown = text.length > 36 ? `${text.slice(0, 35)}…` : text;
    const half = context.measureText(shown).width / 2 + 3;
    const at = Math.min(canvas.clientWidth - half - 4, Math.max(half + 4, x));
    if (y < 8 || y > canvas.clientHeight - 8) return false;
    if (taken.some((one) => Math.abs(one.x - at) < one.half + half && Math.abs(one.y - y) < 17)) return false;
    taken.push({ x: at, y, half });
    context.lineWidth = 4;
    context.strokeStyle = theme.halo;
    context.strokeText(shown, at, y);
    context.fillStyle = ink;
    context.fillText(shown, at, y);
    return true;
  }

  /** Bring a dot and its neighbours into view. */
  function show(i) {
    chart.selected = i;
    if (i >= 0) {
      const dots = [i, ...data.near[i]];
      const [xs, ys] = [dots.map((j) => data.x[j] / data.span), dots.map((j) => data.y[j] / data.span)];
      const [left, right, low, high] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
      Object.assign(view, { x: (left + right) / 2, y: (low + high) / 2, zoom: Math.min(12, Math.max(1, 0.62 / Math.max(0.05, right - left, high - low))) });
    }
    draw();
  }

  function nearest(event) {
    const { left, top } = box();
    let [best, least] = [-1, NEAR_PX];
    data.x.forEach((x, i) => {
      const far = Math.hypot(toX(x) - event.clientX + left, toY(data.y[i]) - event.clientY + top);
      if (far < least) [best, least] = [i, far];
    });
    return best;
  }

  const fingers = new Map();
  let moved = 0;
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, event);
    if (fingers.size === 1) moved = 0;
  });
  canvas.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const other = [...fingers.values()].find((one) => one.pointerId !== event.pointerId);
    if (other) zoomBy(Math.hypot(event.clientX - other.clientX, event.clientY - other.clientY) / Math.max(1, Math.hypot(before.clientX - other.clientX, before.clientY - other.clientY)), event);
    else {
      view.x -= (event.clientX - before.clientX) / side();
      view.y += (event.clientY - before.clientY) / side();
    }
    moved += Math.abs(event.clientX - before.clientX) + Math.abs(event.clientY - before.clientY);
    fingers.set(event.pointerId, event);
    draw();
  });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, (event) => fingers.delete(event.pointerId));
  canvas.addEventListener("click", (event) => moved < 6 && pick(nearest(event)));
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoomBy(Math.exp(-event.deltaY / 500), event);
  }, { passive: false });

  function zoomBy(factor, event) {
    const { left, top } = box();
    const [dx, dy] = [event.clientX - left - canvas.clientWidth / 2, event.clientY - top - canvas.clientHeight / 2];
    const before = side();
    view.zoom = Math.min(60, Math.max(0.7, view.zoom * factor));
    view.x += dx / before - dx / side();
    view.y -= dy / before - dy / side();
    draw();
  }
  isDark.addEventListener("change", draw);
  new ResizeObserver(draw).observe(canvas);
  return chart;
}
