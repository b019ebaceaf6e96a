// A text field with a list of options below it (the ARIA combobox pattern).

import { make } from "./dom.js";

/** @param find words → options or a promise of them. @param label option → nodes. @param take called with the option, or the words. */
export function combobox(field, list, { find, label, take }) {
  let options = [];
  let active = -1;
  let turn = 0;

  async function look() {
    const mine = ++turn;
    const words = field.value.trim();
    const found = words ? await Promise.resolve(find(words)).catch(() => []) : [];
    if (mine === turn) show(found);
  }

  function show(found) {
    options = found;
    active = -1;
    list.replaceChildren(...found.map((option, place) => make("li",
      { role: "option", id: `${list.id}-${place}`, "aria-selected": "false", onpointerdown: (event) => event.preventDefault(),
        onclick: () => finish(option) }, ...label(option))));
    list.hidden = !found.length;
    field.setAttribute("aria-expanded", String(found.length > 0));
    field.removeAttribute("aria-activedescendant");
  }

  /** What was typed since an option was marked counts, also before there are others. */
  function unmark() {
    list.children[active]?.setAttribute("aria-selected", "false");
    active = -1;
    field.removeAttribute("aria-activedescendant");
  }

  function mark(place) {
    list.children[active]?.setAttribute("aria-selected", "false");
    active = (place + options.length) % options.length;
    const one = list.children[active];
    one.setAttribute("aria-selected", "true");
    one.scrollIntoView({ block: "nearest" });
    field.setAttribute("aria-activedescendant", one.id);
  }

  function finish(chosen) {
    turn++;
    show([]);
    field.value = "";
    take(chosen);
  }

  field.addEventListener("input", () => { unmark(); look(); });
  field.addEventListener("focus", look);
  field.addEventListener("blur", () => { turn++; show([]); });
  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const { key } = event;
    if ((key === "ArrowDown" || key === "ArrowUp") && options.length) mark(active < 0 && key === "ArrowUp" ? -1 : active + (key === "ArrowDown" ? 1 : -1));
    else if (key === "Enter" && (active >= 0 || field.value.trim())) finish(active >= 0 ? options[active] : field.value.trim());
    else if (key === "Escape" && options.length) { turn++; show([]); }
    else if (key === "Escape") field.blur();
    else return;
    event.preventDefault();
  });
}
