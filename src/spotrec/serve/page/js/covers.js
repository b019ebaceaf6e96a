// Covers: the picture in the track's file, over a placeholder made from its title, so that no row is ever bare.

import { coverOf } from "./api.js";
import { artistsOf, make, titleOf } from "./elements.js";

const bare = new Set();

/** Return a cover `size` CSS pixels wide. Pictures load when they come into view. */
export function cover(track, size, attributes = {}) {
  const box = make("span", { ...attributes, class: `cover ${attributes.class ?? ""}`, "aria-hidden": "true" });
  box.append(placeholder(track));
  const id = track.track_id;
  if (!id || bare.has(id)) return box;
  const image = make("img", { alt: "", loading: "lazy", decoding: "async", draggable: "false" });
  image.addEventListener("error", () => {
    bare.add(id);
    image.remove();
  });
  image.src = coverOf(id, Math.min(600, Math.max(32, Math.round(size * Math.min(2, devicePixelRatio || 1)))));
  box.append(image);
  return box;
}

/** Two calm colours and a shape, always the same for the same title. */
function placeholder(track) {
  const canvas = make("canvas", { width: 160, height: 160 });
  const context = canvas.getContext("2d");
  const hash = hashOf(`${artistsOf(track)}\n${titleOf(track)}`);
  const hue = hashOf(artistsOf(track) || titleOf(track)) % 360;
  const shade = 30 + (hash % 14);
  context.fillStyle = `hsl(${hue} 26% ${shade}%)`;
  context.fillRect(0, 0, 160, 160);
  context.fillStyle = `hsl(${(hue + 25 + (hash % 40)) % 360} 34% ${shade + 20}%)`;
  context.beginPath();
  const at = (bits) => 20 + ((hash >>> bits) % 120);
  if (hash % 3 === 0) context.arc(at(3), at(9), 38 + (hash % 34), 0, 7);
  else if (hash % 3 === 1) context.rect(0, at(5), 160, 160);
  else {
    context.moveTo(0, at(4));
    context.lineTo(160, at(10));
    context.lineTo(160, 160);
    context.lineTo(0, 160);
  }
  context.fill();
  const letter = [...titleOf(track)].find((one) => /[\p{L}\p{N}]/u.test(one)) ?? "♪";
  context.fillStyle = `hsl(${hue} 30% 94%)`;
  context.font = '500 76px "Iowan Old Style", Palatino, Georgia, serif';
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(letter.toUpperCase().slice(0, 2), 80, 86);
  return canvas;
}

/** FNV-1a. */
function hashOf(text) {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}
