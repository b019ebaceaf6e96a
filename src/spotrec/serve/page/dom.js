// Elements from plain values. Text is always a text node, so no title can become markup.

const SVG = "http://www.w3.org/2000/svg";
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;
const LONGEST = 300;

export const byId = (id) => document.getElementById(id);

/** A text of somebody else as it is shown: without control characters, and not endless. */
export function shown(text) {
  const clean = String(text ?? "").replace(CONTROLS, " ").trim();
  return clean.length > LONGEST ? `${clean.slice(0, LONGEST)}…` : clean;
}

/** A message as a sentence. A name at its beginning stays as it is spelled. */
export const capital = (text) => (/^[a-z]+[ ,]/.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text);

/** Make an element. Names of `properties` that begin with "on" are listeners; others are attributes. */
export function make(name, properties = {}, ...children) {
  return filled(document.createElement(name), properties, children);
}

export function drawing(name, properties = {}, ...children) {
  return filled(document.createElementNS(SVG, name), properties, children);
}

function filled(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child != null && child !== false));
  return element;
}

/** A title or a name: its direction stays its own. */
export const name = (text, className) => make("bdi", { class: className, dir: "auto", title: shown(text) }, shown(text));

export const artistsOf = (track) => shown((track.artists ?? []).join(", "));
export const titleOf = (track) => shown(track.title) || "untitled";
export const nameOf = (track) => [artistsOf(track), titleOf(track)].filter(Boolean).join(" – ");

const SHAPES = {
  heart: "M12 20.3 4.6 13a4.9 4.9 0 0 1 6.9-6.9l.5.5.5-.5a4.9 4.9 0 0 1 6.9 6.9z",
  down: "M7 3h8.6c.8 0 1.5.5 1.8 1.2l2.4 5.6c.1.2.2.5.2.7v2a2 2 0 0 1-2 2h-5.3l.8 4.2c.1.5 0 1-.4 1.4L12.2 21 7 15.2zM3 3h2.5v12H3z",
  ban: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zm0 2.2c1.5 0 2.9.5 4 1.3L6.5 16A6.8 6.8 0 0 1 12 5.2zm0 13.6c-1.5 0-2.9-.5-4-1.3L17.5 8A6.8 6.8 0 0 1 12 18.800z",
  play: "M7 4.5v15l12-7.5z",
  pause: "M7 5h3.5v14H7zM13.5 5H17v14h-3.5z",
  next: "M5 5v14l9-7zM15.5 5H18v14h-2.5z",
  previous: "M19 5v14l-9-7zM6 5h2.5v14H6z",
  more: "M11 5h2v6h6v2h-6v6h-2v-6H5v-2h6z",
  less: "M5 11h14v2H5z",
  go: "M12.6 5.4 19.2 12l-6.6 6.6-1.4-1.4 4.2-4.2H5v-2h10.4l-4.2-4.2z",
  file: "M12 3.5 7.5 8l1.4 1.4 2.1-2.1V15h2V7.3l2.1 2.1 1.4-1.4zM5 14v4a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2v-4h-2v4H7v-4z",
  queue: "M4 6h16v2H4zm0 5h16v2H4zm0 5h9v2H4z",
  journey: "M5 17a2 2 0 1 0 2 2h8a4 4 0 0 0 0-8H9a2 2 0 0 1 0-4h7a2 2 0 1 0 0-2H9a4 4 0 0 0 0 8h6a2 2 0 0 1 0 4z",
};

export const icon = (shape) =>
  drawing("svg", { viewBox: "0 0 24 24", "aria-hidden": "true", class: "icon" }, drawing("path", { d: SHAPES[shape] }));

/** A button that only has a picture. */
export const pictureButton = (shape, label, onclick, className = "round") =>
  make("button", { type: "button", class: className, "aria-label": label, title: label, onclick }, icon(shape));

export function duration(ms) {
  if (!Number.isFinite(ms)) return "";
  const s = Math.round(ms / 1000);
  return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
}
