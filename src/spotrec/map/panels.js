// Search, legend, and the card of a track.

const MOST_LISTED = 60;
const element = (id) => document.getElementById(id);

/** An element that contains text, never markup. */
function made(tag, text = "", className = "") {
  const one = document.createElement(tag);
  one.textContent = text;
  one.className = className;
  return one;
}

function titled(tag, i) {
  const both = made(tag);
  for (const [text, className] of [[data.titles[i], "title"], [artist(i), "artist"]]) {
    if (!text) continue;
    const line = made("span", text, className);
    line.dir = "auto";
    both.append(line);
  }
  return both;
}

function described(i) {
  const parts = [];
  if (album(i)) parts.push(made("div", album(i), "album"));
  if (tags(i).length) {
    const list = made("div", "", "tags");
    list.append(...tags(i).map((tag) => made("span", tag, "tag")));
    parts.push(list);
  }
  return parts;
}

function showTip(i, x, y) {
  const tip = element("tip");
  tip.hidden = i < 0;
  if (i < 0) return;
  if (tip.dataset.track !== String(i)) {
    tip.dataset.track = i;
    tip.replaceChildren(titled("div", i), ...described(i));
  }
  const left = x + 16 + tip.offsetWidth > view.width ? x - tip.offsetWidth - 12 : x + 16;
  const top = Math.min(y + 16, view.height - tip.offsetHeight - 8);
  tip.style.transform = `translate(${Math.max(left, 8)}px, ${Math.max(top, 8)}px)`;
}

/** Show a track and the tracks that sound most like it; -1 for none. */
function select(i) {
  shown.selected = i;
  const card = element("card");
  card.hidden = i < 0;
  document.body.classList.toggle("has-card", i >= 0);
  redraw();
  if (i < 0) return;
  const head = titled("h2", i);
  const near = made("ol", "", "near");
  near.append(...data.near[i].map((one) => entry(one)));
  element("about").replaceChildren(head, ...described(i), ...audible(i));
  if (data.near[i].length) element("about").append(made("h3", "Sounds most like"), near, saving([i, ...data.near[i]]));
  keepInView(i);
}

/** What plays a track: a player for the user's own file, a link for a web page; nothing if it has no address. */
function audible(i) {
  const url = address(i);
  if (!url) return [];
  if (url.startsWith("file:")) {
    const player = made("audio", "", "player");
    Object.assign(player, { src: url, controls: true, preload: "none" });
    player.setAttribute("aria-label", `Play ${data.titles[i]}`);
    return [player];
  }
  const link = made("a", "Open ↗", "open");
  Object.assign(link, { href: url, target: "_blank", rel: "noopener noreferrer" });
  return [link];
}

/** Buttons that save these tracks as a playlist, or copy their addresses; nothing if they have none. */
function saving(tracks) {
  const playable = tracks.filter(address);
  const both = made("div", "", "saving");
  if (!playable.length) return both;
  const save = made("button", "Save as playlist");
  save.addEventListener("click", () => {
    const file = made("a");
    file.href = URL.createObjectURL(new Blob([playlist(playable)], { type: "audio/x-mpegurl" }));
    file.download = "playlist.m3u8";
    file.click();
    setTimeout(() => URL.revokeObjectURL(file.href), 1000);
  });
  const copy = made("button", "Copy links");
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(playable.map(address).join("\n"));
      copy.textContent = "Copied";
    } catch {
      copy.textContent = "The browser did not allow it";
    }
  });
  for (const button of [save, copy]) button.type = "button";
  both.append(save, copy);
  return both;
}

function playlist(tracks) {
  const line = (text) => text.replace(/[\r\n]+/g, " ");
  const place = (url) => (url.startsWith("file:") ? decodeURIComponent(new URL(url).pathname) : url);
  const entries = tracks.map((i) => `#EXTINF:-1,${line([artist(i), data.titles[i]].filter(Boolean).join(" - "))}\n${place(address(i))}`);
  return `#EXTM3U\n${entries.join("\n")}\n`;
}

/** Play the selected track, or pause it; without its file, open its web page. */
function playOrOpen() {
  const player = element("about").querySelector("audio");
  if (player) player.paused ? player.play().catch(() => {}) : player.pause();
  else element("about").querySelector("a.open")?.click();
}

function entry(i) {
  const item = made("li");
  const button = titled("button", i);
  button.type = "button";
  button.prepend(dot(data.group[i]));
  button.addEventListener("click", () => {
    select(i);
    flyTo(i);
  });
  item.append(button);
  return item;
}

function dot(group) {
  const one = made("span", "", "dot");
  one.style.background = theme().colours[group];
  one.dataset.group = group;
  return one;
}

function search() {
  const words = element("words").value;
  const found = words.trim() ? matching(words) : null;
  if (found && narrow.matches) select(-1); // its card would cover the list
  shown.found = found && new Set(found);
  const list = element("results");
  list.hidden = !found;
  list.replaceChildren(...(found ?? []).slice(0, MOST_LISTED).map(entry));
  const rest = (found?.length ?? 0) - MOST_LISTED;
  if (rest > 0) list.append(made("li", `… and ${rest.toLocaleString()} more`, "rest"));
  element("told").textContent = !found
    ? ""
    : found.length === 1
      ? "1 track found"
      : `${found.length.toLocaleString()} tracks found`;
  redraw();
}

function clearAll() {
  select(-1);
  hover(-1);
  if (element("words").value) {
    element("words").value = "";
    search();
  }
  if (shown.faded.size) choose(-1);
}

/** Fade all groups except this one; the same group again, or -1, shows all. */
function choose(group) {
  const isAlone = !shown.faded.has(group) && shown.faded.size === data.groups.length - 1;
  shown.faded = new Set(group < 0 || isAlone ? [] : data.groups.keys());
  shown.faded.delete(group);
  for (const button of element("legend").querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(shown.faded.size > 0 && !shown.faded.has(Number(button.dataset.group))));
  }
  redraw();
}

function buildLegend() {
  const label = `Colours: ${data.by}`;
  element("legend").setAttribute("aria-label", label);
  element("colours").textContent = label;
  element("legend").replaceChildren();
  const sizes = new Array(data.groups.length).fill(0);
  for (const group of data.group) sizes[group] += 1;
  data.groups.forEach((text, group) => {
    if (!sizes[group]) return;
    const item = made("li");
    const button = made("button");
    button.type = "button";
    button.dataset.group = group;
    button.setAttribute("aria-pressed", "false");
    const label = made("span", text, "name");
    label.dir = "auto";
    button.append(dot(group), label, made("span", sizes[group].toLocaleString(), "n"));
    button.addEventListener("click", () => choose(group));
    item.append(button);
    element("legend").append(item);
  });
}

function recolour() {
  for (const one of document.querySelectorAll(".dot")) one.style.background = theme().colours[one.dataset.group];
  redraw();
}

/** A choice of what colours mean, where there is one. */
function buildChoice() {
  const choice = element("way");
  const known = COLOURINGS.filter((way) => ways[way]);
  choice.replaceChildren(...known.map((way) => Object.assign(made("option", `Coloured by ${way}`), { value: way, selected: way === data.by })));
  choice.hidden = known.length < 2;
  choice.addEventListener("change", () => {
    colourBy(choice.value);
    shown.faded = new Set();
    buildLegend();
    if (shown.selected >= 0) select(shown.selected);
    if (!element("results").hidden) search();
    redraw();
  });
}

function wire() {
  buildLegend();
  buildChoice();
  element("words").addEventListener("input", search);
  element("words").addEventListener("keydown", (event) => {
    const first = element("results").querySelector("button");
    if (!first) return;
    if (event.key === "ArrowDown") first.focus();
    else if (event.key === "Enter") first.click();
    else return;
    event.preventDefault();
  });
  element("results").addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const buttons = [...element("results").querySelectorAll("button")];
    const next = buttons.indexOf(document.activeElement) + step;
    (buttons[next] ?? (next < 0 ? element("words") : buttons.at(-1))).focus();
  });
  element("search").addEventListener("submit", (event) => event.preventDefault());
  element("in").addEventListener("click", () => zoomBy(1.6));
  element("out").addEventListener("click", () => zoomBy(1 / 1.6));
  element("whole").addEventListener("click", () => fit());
  element("close").addEventListener("click", () => {
    select(-1);
    canvas.focus();
  });
  dark.addEventListener("change", recolour);
  new ResizeObserver(resize).observe(canvas);
}

wire();
resize();
