// Dots, drawn pixel by pixel: ten thousand of them take a few milliseconds, with or without a graphics card.

const OFFSETS = 4; // sub-pixel positions in each direction, so that slow movement is smooth
const FADED = 0.09;
const VIVID = 0.94;

let raster = null;
let stamps = null;

const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
const packed = ([red, green, blue]) => ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;

function paperFor(width, height) {
  if (raster?.width !== width || raster?.height !== height) {
    const image = new ImageData(width, height);
    raster = { width, height, image, pixels: new Uint32Array(image.data.buffer) };
  }
  raster.pixels.fill(packed(channels(theme().paper)));
  return raster;
}

/** How much of each pixel a dot and its outline cover, for every sub-pixel position. */
function stampsFor(size) {
  if (stamps?.size === size) return stamps;
  const rim = size < 4 ? 0 : Math.min(size / 5, 1.2 * devicePixelRatio);
  const side = Math.ceil(2 * (size + rim)) + 3;
  const middle = (side - 1) / 2;
  const each = [];
  for (let offset = 0; offset < OFFSETS ** 2; offset++) {
    const x = middle + (offset % OFFSETS) / OFFSETS - 0.5;
    const y = middle + Math.floor(offset / OFFSETS) / OFFSETS - 0.5;
    const entries = [];
    for (let i = 0; i < side * side; i++) {
      const away = Math.hypot((i % side) - x, Math.floor(i / side) - y);
      const outer = Math.min(Math.max(size + rim + 0.5 - away, 0), 1);
      if (outer) entries.push(i % side, Math.floor(i / side), rim ? outer : 0, Math.min(Math.max(size + 0.5 - away, 0), 1));
    }
    each.push(new Float32Array(entries));
  }
  stamps = { size, middle, each };
  return stamps;
}

/** Draw a dot with its centre at x, y, in device pixels. */
function press({ width, height, pixels }, { middle, each }, x, y, colour, paper, strength) {
  const left = Math.floor(x * OFFSETS) / OFFSETS;
  const top = Math.floor(y * OFFSETS) / OFFSETS;
  const [column, row] = [Math.floor(left), Math.floor(top)];
  const stamp = each[(top - row) * OFFSETS ** 2 + (left - column) * OFFSETS];
  const [atX, atY] = [column - Math.ceil(middle - 0.5), row - Math.ceil(middle - 0.5)];
  const [red, green, blue] = colour;
  for (let k = 0; k < stamp.length; k += 4) {
    const px = atX + stamp[k];
    const py = atY + stamp[k + 1];
    if (px < 0 || py < 0 || px >= width || py >= height) continue;
    const at = py * width + px;
    const old = pixels[at];
    const a = stamp[k + 3] * strength;
    const b = stamp[k + 2] * strength * (1 - a);
    const c = 1 - a - b;
    pixels[at] =
      (0xff000000 |
        (((old >>> 16) & 255) * c + paper[2] * b + blue * a) << 16 |
        (((old >>> 8) & 255) * c + paper[1] * b + green * a) << 8 |
        ((old & 255) * c + paper[0] * b + red * a)) >>> 0;
  }
}

function drawDots({ behind, before }, size) {
  const paper = channels(theme().paper);
  const colours = theme().colours.map(channels);
  const sheet = paperFor(canvas.width, canvas.height);
  const stamp = stampsFor(Math.round(size * devicePixelRatio * 8) / 8);
  for (const [tracks, strength] of [[behind, FADED], [before, VIVID]]) {
    for (const i of tracks) {
      const x = screenX(worldX(i)) * devicePixelRatio;
      const y = screenY(worldY(i)) * devicePixelRatio;
      press(sheet, stamp, x, y, colours[data.group[i]], paper, strength);
    }
  }
  context.putImageData(sheet.image, 0, 0);
}
