// What the map shows. Titles and names come from outside: they are only ever shown as text.

const data = JSON.parse(document.getElementById("data").textContent);
const count = data.titles.length;
const OTHER = data.groups.length - 1;

const artist = (i) => data.artists[data.artist[i]] || "";
const album = (i) => data.albums[data.album[i]] || "";
const tags = (i) => data.tags[i].map((tag) => data.tagNames[tag]);

/** Where tracks and regions lie. On a screen that is higher than wide, the map is turned so that it fills it. */
const places = { turned: false, x: data.x, y: data.y, width: data.width, height: data.height };
const worldX = (i) => places.x[i] / data.span;
const worldY = (i) => places.y[i] / data.span;

function turn(turned) {
  const [x, y] = turned ? ["y", "x"] : ["x", "y"];
  const [width, height] = turned ? ["height", "width"] : ["width", "height"];
  Object.assign(places, { turned, x: data[x], y: data[y], width: data[width], height: data[height] });
}

/** Where a track can be heard; only what a browser may open safely, else null. */
function address(i) {
  const written = data.links[i];
  if (!written) return null;
  try {
    const url = new URL(written);
    return ["http:", "https:", "file:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** Text as it is searched: small letters without accents. */
const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

let searched = null;
let named = null;

/** The tracks that hold all words: those that hold them in their titles and artists first, then in albums and tags. */
function matching(query) {
  const words = plain(query).split(/\s+/).filter(Boolean);
  if (!words.length) return [];
  named ??= data.titles.map((title, i) => plain(`${title} ${artist(i)}`));
  searched ??= named.map((text, i) => `${text} ${plain([album(i), ...tags(i)].join(" "))}`);
  const found = [];
  for (let i = 0; i < count; i++) {
    if (words.every((word) => searched[i].includes(word))) found.push(i);
  }
  const isNamed = (i) => words.every((word) => named[i].includes(word));
  return [...found.filter(isNamed), ...found.filter((i) => !isNamed(i))];
}
