// A link to music that this server does not have: it may be asked to crawl it, and says how far it is.

import { ask } from "./api.js";
import { make, shown } from "./dom.js";
import { allows } from "./session.js";
import { isLink, state } from "./state.js";

const jobs = new Map();

/** The links of Spotify and Deezer that the list was asked for. */
const links = () => [...state().track, state().start, state().end].filter((one) => isLink(one) && /spotify|deezer/i.test(one));

/** An offer to crawl what is not there, for a message that says so. @param done called when it has become part of the library. */
export function offer(problem, done) {
  const part = make("div", { class: "offer" });
  const [link] = links();
  if (link && problem.status === 404) allows().then((allowed) => allowed.crawl && show(part, link, done));
  return part;
}

function show(part, link, done) {
  const told = make("p", { role: "status", class: "told" });
  const meter = make("progress", { max: 1, "aria-label": "How far it is", hidden: true });
  const button = make("button", { type: "button", class: "strong", onclick: () => add() }, "Add it to this library");
  part.replaceChildren(button, meter, told);
  if (jobs.has(link)) follow(jobs.get(link));

  async function add() {
    button.disabled = true;
    try {
      const { json } = await ask("v1/crawl", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ link }) });
      jobs.set(link, json.id);
      follow(json.id);
    } catch (problem) {
      fail(`${shown(problem.message)}. ${shown(problem.hint)}`);
    }
  }

  function follow(id) {
    button.hidden = true;
    meter.hidden = false;
    told.textContent = "Waiting for its turn…";
    const events = new EventSource(`v1/jobs/${encodeURIComponent(id)}/events`);
    events.onmessage = (event) => {
      if (!part.isConnected) return events.close(); // shown again, it is followed again
      const job = JSON.parse(event.data);
      if (job.step) told.textContent = `${shown(job.step)}${job.total ? `: ${job.done} of ${job.total} ${shown(job.unit)}` : "…"}`;
      if (job.total) meter.value = job.done / job.total;
      else meter.removeAttribute("value");
      if (job.state === "done" || job.state === "failed") {
        events.close();
        jobs.delete(link);
      }
      if (job.state === "failed") fail([job.problem?.title, job.problem?.detail].filter(Boolean).map(shown).join(": "));
      if (job.state === "done") done();
      return undefined;
    };
    events.onerror = () => {
      if (events.readyState !== EventSource.CLOSED) return;
      jobs.delete(link);
      fail("The server does not know of it any more. What was done is kept; add it again.");
    };
  }

  function fail(text) {
    told.textContent = text;
    meter.hidden = true;
    button.hidden = button.disabled = false;
  }
}
