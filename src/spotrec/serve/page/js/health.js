// A banner while the server cannot be reached; what is shown stays. And the token, where the server needs one.

import { events, health, signIn } from "./api.js";
import { byId, make } from "./elements.js";

const banner = byId("health");
const LONGEST_MS = 15_000;
let isGone = false;

/** Watch the service; `then()` is called when it is back, or open. */
export function watch(then) {
  events.addEventListener("gone", async () => {
    if (isGone) return;
    isGone = true;
    banner.textContent = "The server cannot be reached. Trying again …";
    banner.hidden = false;
    for (let wait = 500; isGone; wait = Math.min(LONGEST_MS, wait * 2)) {
      await new Promise((on) => setTimeout(on, wait));
      isGone = !(await health().then(() => true, () => false));
    }
    banner.hidden = true;
    then();
  });
  events.addEventListener("locked", () => askToken(then));
}

function askToken(then) {
  const dialog = byId("sign-in");
  if (dialog.open) return;
  const input = make("input", { type: "password", id: "token", autocomplete: "current-password", required: true });
  const told = make("p", { class: "told", role: "alert" });
  const form = make("form", { method: "dialog" }, make("h2", { id: "sign-in-heading" }, "This server asks for a token"),
    make("label", { class: "field" }, make("span", {}, "Token"), input), told, make("button", { class: "solid" }, "Go on"));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      await signIn(input.value);
      dialog.close();
      then();
    } catch (error) {
      told.textContent = error.message;
    }
  });
  dialog.replaceChildren(form);
  dialog.showModal();
}
