// The data of the map. Titles and names come from outside: they are only shown as text.

const data = JSON.parse(document.getElementById("data").textContent);
const count = data.titles.length;
const COLOURINGS = ["tag", "collection", "artist", "genre"];
const ways = { ...data.others, [data.by]: { groups: data.groups, group: data.group, regions: data.regions, colours: { light: data.themes.light.colours, dark: data.themes.dark.colours } } };

/** Give every track the colour of its tag, collection, artist or genre. */
function colourBy(way) {
  const { groups, group, regions, colours } = ways[way];
  Object.assign(data, { by: way, groups, group: typeof group === "string" ? Array.from(group, Number) : group, regions });
  data.themes.light.colours = colours.light;
  data.themes.dark.colours = colours.dark;
}

const artist = (i) => data.artists[data.artist[i]] || "";
const album = (i) => data.albums[data.album[i]] || "";
const tags = (i) => data.tags[i].map((tag) => data.tagNames[tag]);

/** The places of tracks and regions. On a screen that is higher than wide, the map is turned to fill it. */
const places = { turned: false, x: data.x, y: data.y, width: data.width, height: data.height };
const worldX = (i) => places.x[i] / data.span;
const worldY = (i) => places.y[i] / data.span;

function turn(turned) {
  const [x, y] = turned ? ["y", "x"] : ["x", "y"];
  const [width, height] = turned ? ["height", "width"] : ["width", "height"];
  Object.assign(places, { turned, x: data[x], y: data[y], width: data[width], height: data[height] });
}

/** The URL where a track can be played, if a browser may open it safely, else null. */
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

/** Text for searching: lower case without accents. */
const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

let searched = null;
let named = null;

/** The tracks that contain all words: first in their titles and artists, then in albums and tags too. */
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
