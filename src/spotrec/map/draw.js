// Drawing over the dots: lines to true neighbours, names of regions and, when zoomed in, of tracks.

const context = canvas.getContext("2d", { alpha: false, willReadFrequently: true });
const dark = matchMedia("(prefers-color-scheme: dark)");
const SANS = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';
const NAMED_AT_MOST = 140;
const FEW_DOTS = 600;

const shown = { hovered: -1, selected: -1, found: null, faded: new Set() };
const widths = new Map();

const theme = () => (dark.matches ? data.themes.dark : data.themes.light);

/** The size of a dot in pixels: smaller if there are many, larger when zoomed in. */
function radius() {
  const room = Math.sqrt((view.width * view.height) / Math.max(count, 1));
  const far = Math.min(Math.max(room / 9, 1.7), 6.5);
  return Math.min(far * Math.max(zoom(), 0.5) ** 0.42, 11);
}

const isFaded = (i) => shown.faded.has(data.group[i]) || (shown.found !== null && !shown.found.has(i));

/** The tracks on the screen: faded ones behind, the others in front. */
function visible(margin) {
  const left = view.x - (view.width / 2 + margin) / view.scale;
  const right = view.x + (view.width / 2 + margin) / view.scale;
  const top = view.y - (view.height / 2 + margin) / view.scale;
  const bottom = view.y + (view.height / 2 + margin) / view.scale;
  const behind = [];
  const before = [];
  for (let i = 0; i < count; i++) {
    const x = worldX(i);
    const y = worldY(i);
    if (x >= left && x <= right && y >= top && y <= bottom) (isFaded(i) ? behind : before).push(i);
  }
  return { behind, before };
}

/** Draw a track and thin lines to its true neighbours, wherever they are on the map. */
function drawNeighbours(i, size) {
  const [x, y] = [screenX(worldX(i)), screenY(worldY(i))];
  const { ink, colours, paper } = theme();
  context.strokeStyle = ink;
  context.lineWidth = 1;
  context.globalAlpha = 0.5;
  context.beginPath();
  for (const near of data.near[i]) {
    context.moveTo(x, y);
    context.lineTo(screenX(worldX(near)), screenY(worldY(near)));
  }
  context.stroke();
  context.globalAlpha = 1;
  for (const one of [...data.near[i], i]) {
    context.beginPath();
    context.arc(screenX(worldX(one)), screenY(worldY(one)), size + (one === i ? 3 : 1), 0, 2 * Math.PI);
    context.fillStyle = colours[data.group[one]];
    context.fill();
    context.lineWidth = one === i ? 2.5 : 1.5;
    context.strokeStyle = one === i ? ink : paper;
    context.stroke();
  }
}

/** Write text with an outline, unless it would cover other text. If it would be cut, it ends at `otherEnd`. */
function write(taken, text, x, y, { font, colour, spacing = 0, align = "center", shifts = [0], dots: beside = [], otherEnd = 0 }) {
  const key = font + text;
  context.font = font;
  if ("letterSpacing" in context) context.letterSpacing = `${spacing}px`;
  if (!widths.has(key)) widths.set(key, context.measureText(text).width);
  const wide = widths.get(key);
  const tall = parseInt(font.match(/(\d+)px/)[1], 10);
  const isCut = align === "left" && x + wide > view.width - 4 && otherEnd > wide;
  const left = align === "center" ? x - wide / 2 : isCut ? otherEnd - wide : x;
  const boxes = shifts.map((shift) => [left - 5, y + shift - tall * 0.75, left + wide + 5, y + shift + tall * 0.75]);
  const covered = ([a, b, c, d]) => beside.filter((one) => one[0] > a && one[0] < c && one[1] > b && one[1] < d).length;
  const box = boxes.length > 1 ? boxes.reduce((best, one) => (covered(one) < covered(best) ? one : best)) : boxes[0];
  const hits = ([a, b, c, d]) => box[0] < c && box[2] > a && box[1] < d && box[3] > b;
  if (box[2] < 0 || box[0] > view.width || box[3] < 0 || box[1] > view.height || taken.some(hits)) return false;
  taken.push(box);
  const baseline = (box[1] + box[3]) / 2;
  context.textBaseline = "middle";
  context.textAlign = "left";
  context.lineJoin = "round";
  context.lineWidth = 4;
  context.strokeStyle = theme().halo;
  context.strokeText(text, left, baseline);
  context.fillStyle = colour;
  context.fillText(text, left, baseline);
  return true;
}

/** Write names of regions: general ones when zoomed out, smaller ones when zoomed in; no name twice. */
function drawRegions(taken, tracks) {
  const depth = Math.log2(Math.max(zoom(), 1)) + 0.35;
  const base = narrow.matches ? 12 : 15;
  const few = tracks.length <= FEW_DOTS;
  const beside = few ? tracks.map((i) => [screenX(worldX(i)), screenY(worldY(i))]) : [];
  const written = new Set();
  for (const [across, down, text, level] of data.regions) {
    if (level > depth) break; // they are in order of level
    if (level < depth - 2.6) continue;
    const x = screenX((places.turned ? down : across) / data.span);
    const y = screenY((places.turned ? across : down) / data.span);
    if (x < -200 || y < -40 || x > view.width + 200 || y > view.height + 40) continue;
    if (written.has(text)) continue;
    const size = Math.max(base - level, 11);
    const style = { font: `500 ${size}px ${SANS}`, colour: theme().ink, spacing: level ? 0.6 : 1.4, dots: beside };
    if (few) style.shifts = [0, -12, 12, -22, 22];
    if (write(taken, text[0].toUpperCase() + text.slice(1), x, y, style)) written.add(text);
  }
}

function drawNames(taken, tracks, size, colour = theme().quiet) {
  const style = { font: `400 12px ${SANS}`, colour, align: "left" };
  for (const i of tracks) {
    const title = data.titles[i].length > 32 ? `${data.titles[i].slice(0, 31)}…` : data.titles[i];
    const [x, y] = [screenX(worldX(i)), screenY(worldY(i))];
    write(taken, title, x + size + 5, y, { ...style, otherEnd: x - size - 5 });
  }
}

function draw() {
  context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
  const size = radius();
  const tracks = visible(size + 4);
  drawDots(tracks, size);
  const active = shown.hovered >= 0 ? shown.hovered : shown.selected;
  const taken = [];
  if (active >= 0) drawNeighbours(active, size);
  if (shown.selected >= 0) drawNames(taken, [shown.selected, ...data.near[shown.selected]], size + 3, theme().ink);
  drawRegions(taken, tracks.before);
  if (tracks.before.length <= NAMED_AT_MOST && zoom() > 1.6) drawNames(taken, tracks.before, size);
}
