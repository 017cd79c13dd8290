// The bar at the top: the steps of the story, their times, and how many reports came in.

import { h, icon, show } from "./dom.js";
import { lookAtNewest } from "./github.js";
import { act, hear } from "./live.js";
import { actOnHeader, showTries } from "./tries.js";

const MARKS = {
  succeeded: "M13.8 4.2a.75.75 0 0 1 0 1.06l-7.25 7.25a.75.75 0 0 1-1.06 0L2.2 9.22a.75.75 0 1 1 1.06-1.06L6 10.94l6.74-6.74a.75.75 0 0 1 1.06 0Z",
  failed: "M3.72 3.72a.75.75 0 0 1 1.06 0L8 6.94l3.22-3.22a.75.75 0 1 1 1.06 1.06L9.06 8l3.22 3.22a.75.75 0 1 1-1.06 1.06L8 9.06l-3.22 3.22a.75.75 0 0 1-1.06-1.06L6.94 8 3.72 4.78a.75.75 0 0 1 0-1.06Z",
  cancelled: "M4 7.25h8a.75.75 0 0 1 0 1.5H4a.75.75 0 0 1 0-1.5Z",
};
const SAID = {
  pending: "still to come", running: "running", succeeded: "done", failed: "failed",
  cancelled: "cancelled",
};

let steps = [];
let heardAt = 0;
// The page follows the story until its viewer looks elsewhere.
let following = true;
let place = "";

export function startProgress() {
  hear("/progress", (heard) => {
    steps = heard;
    heardAt = performance.now();
    follow();
    render();
  });
  document.querySelector("#github").addEventListener("click", (event) => {
    if (!event.isTrusted || told()) return;
    following = false;
    render();
  });
  setInterval(() => { if (steps.some((step) => step.state === "running")) render(); }, 200);
}

const told = () => steps.length > 0
  && steps.every((step) => !["pending", "running"].includes(step.state));
const waits = () => steps.some((step) => step.state === "running" && step.place === "start");

/** Go where the story is, once for each place it comes to. */
function follow() {
  const now = steps.findLast((step) => step.state !== "pending" && step.place)?.place;
  if (!following || !now || now === "start" || now === place) return;
  place = now;
  location.hash = `#/${now}`;
}

/** What is done while the story is followed stays in view. */
export function keepUp() {
  if (following && place.startsWith("issue/") && location.hash === `#/${place}`) lookAtNewest();
}

export function actOnProgress(name, target) {
  if (name === "begin") act("/api/begin", {});
  else if (name === "follow") {
    following = true;
    place = "";
    follow();
    render();
  } else actOnHeader(name, target);
}

function lead() {
  if (waits()) return h("button.button", { type: "button", class: "primary", "data-act": "begin" }, "Start");
  if (following || told()) return null;
  return h("button.button", { type: "button", "data-act": "follow" }, "Follow the story");
}

function render() {
  show(document.querySelector("#lead"), lead());
  showTries(told());
  show(document.querySelector("#steps"), steps.map(row));
  const over = steps.filter((step) => step.state !== "pending" && step.state !== "running");
  const share = steps.reduce((sum, step) => sum + part(step), 0) / (steps.length || 1);
  const bar = document.querySelector("#bar");
  bar.value = Math.round(share * 1000);
  bar.textContent = `${Math.round(share * 100)} %`;
  const failed = steps.find((step) => step.state === "failed");
  const running = steps.find((step) => step.state === "running");
  const title = failed ? `${failed.name} failed`
    : waits() ? "Press Start"
    : running ? running.name
    : over.length === steps.length && steps.length ? "The story is told: try things yourself"
    : "Starting";
  show(document.querySelector("#now"), h("strong", {}, title),
    h("span", {}, waits() ? "or it begins by itself in 20 s"
      : (failed ?? running)?.detail || `${over.length} of ${steps.length} steps`));
  document.querySelector("#progress").dataset.state =
    failed ? "failed" : running ? "running" : over.length === steps.length ? "succeeded" : "pending";
  const counted = steps.find((step) => step.total > 0);
  show(document.querySelector("#reports"), counted
    ? [h("b", {}, String(counted.done)), h("span", {}, `of ${counted.total} reports`)] : null);
}

function part(step) {
  if (step.state === "pending") return 0;
  if (step.state !== "running") return 1;
  return step.total ? Math.min(1, step.done / step.total) : 0.5;
}

function row(step) {
  const ran = step.state === "running" ? (performance.now() - heardAt) / 1000 : 0;
  const seconds = step.seconds === null ? "" : clock(step.seconds + ran);
  const count = step.total ? `${step.done}/${step.total}` : "";
  return h("li", { key: step.name, class: step.state, title: step.detail || SAID[step.state] },
    h("span.mark", { "aria-hidden": "true" },
      MARKS[step.state] ? icon("", MARKS[step.state], 12) : null),
    h("span.name", {}, step.name),
    h("span.hidden", {}, `: ${SAID[step.state]}`),
    h("span.figures", {}, [count, seconds].filter(Boolean).join(" · ")));
}

function clock(seconds) {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}
