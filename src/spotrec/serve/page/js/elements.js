// Elements, made without HTML: what comes from outside is only ever text.

const LONGEST = 300;

/** Make an element: `make("button", { class: "x", onclick: f }, child, …)`. */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

export const byId = (id) => document.getElementById(id);

/** Return a text from outside for display: without control and direction characters, and not endless. */
export function clean(text) {
  const plain = String(text ?? "").replace(/[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu, " ").trim();
  return plain.length > LONGEST ? `${plain.slice(0, LONGEST)}…` : plain;
}

/** A text from outside in a line of its own, in its own direction, clipped. */
export const line = (name, text, attributes = {}) =>
  make(name, { dir: "auto", ...attributes, class: `clip ${attributes.class ?? ""}` }, clean(text));

export const titleOf = (track) => clean(track.title) || "Untitled";
export const artistsOf = (track) => clean((track.artists ?? []).join(", "));
export const nameOf = (track) => [titleOf(track), artistsOf(track)].filter(Boolean).join(" by ");

/** Only web links are made into links. */
export function webLink(text) {
  try {
    const found = new URL(text);
    return ["http:", "https:"].includes(found.protocol) ? found.href : "";
  } catch {
    return "";
  }
}

const ICONS = {
  play: "M7 4.5v15l12-7.5z",
  pause: "M6.5 4.5h4v15h-4zM13.5 4.5h4v15h-4z",
  next: "M5 5v14l10-7zM16.5 5h2.5v14h-2.5z",
  previous: "M19 5v14L9 12zM5 5h2.5v14H5z",
  more: "M11 5h2v6h6v2h-6v6h-2v-6H5v-2h6z",
  less: "M5 11h14v2H5z",
  queue: "M4 6h12v2H4zM4 11h12v2H4zM4 16h7v2H4zM17 12h2v3h3v2h-3v3h-2v-3h-3v-2h3z",
  onward: "M13 5l7 7-7 7-1.4-1.4 4.6-4.6H4v-2h12.2L11.6 6.4z",
  close: "M6.4 5L12 10.6 17.6 5 19 6.4 13.4 12 19 17.6 17.6 19 12 13.4 6.4 19 5 17.6 10.6 12 5 6.4z",
  up: "M12 6l7 7-1.4 1.4L12 8.8l-5.6 5.6L5 13z",
  down: "M12 18l-7-7 1.4-1.4 5.6 5.6 5.6-5.6L19 11z",
  route: "M6 3a3 3 0 0 1 1 5.8V12h9a1 1 0 0 0 1-1V9.8A3 3 0 1 1 19 9.8V11a3 3 0 0 1-3 3H7v1.2A3 3 0 1 1 5 15.2V8.8A3 3 0 0 1 6 3z",
};

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add("icon");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** A button with an icon, named for what it does. */
export const iconButton = (name, label, onclick, attributes = {}) =>
  make("button", { type: "button", title: label, "aria-label": label, onclick, ...attributes, class: `icon-button ${attributes.class ?? ""}` }, icon(name));
