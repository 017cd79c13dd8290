// Starts both halves, and sends every click and form to the half it belongs to.

import { actOnGithub, openGithub, refreshGithub, routeOf } from "./github.js";
import { hear, refresher } from "./live.js";
import { actOnProgress, keepUp, startProgress } from "./progress.js";
import { actOnSlack, openPermalink, refreshSlack } from "./slack.js";

const refresh = { github: refresher(() => refreshGithub().then(keepUp)), slack: refresher(refreshSlack) };
const halves = [
  ["#slack, #modal, #confirm", actOnSlack], ["#github", actOnGithub], ["#progress", actOnProgress],
];

function handle(event, kind) {
  const target = event.target.closest("[data-act]");
  if (!target) return;
  const isForm = target instanceof HTMLFormElement;
  const isChoice = target instanceof HTMLSelectElement || target.type === "checkbox";
  if (kind === "submit" ? !isForm : kind === "change" ? !isChoice : isForm || isChoice) return;
  if (kind === "submit") event.preventDefault();
  for (const [place, act] of halves) if (target.closest(place)) act(target.dataset.act, target, event);
}

for (const kind of ["click", "submit", "change"]) {
  document.addEventListener(kind, (event) => handle(event, kind));
}

// Links to the repository and to messages stay on this page.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const route = routeOf(link.href);
  if (route) {
    event.preventDefault();
    location.hash = route;
    document.querySelector("#github").scrollIntoView({ block: "nearest" });
  } else if (openPermalink(link.href)) {
    event.preventDefault();
  }
});

document.addEventListener("keydown", (event) => {
  const box = event.target;
  if (event.key !== "Enter" || !(box instanceof HTMLTextAreaElement)) return;
  const chat = box.closest(".composer");
  if (chat ? !event.shiftKey && !event.isComposing : event.ctrlKey || event.metaKey) {
    event.preventDefault();
    box.form.requestSubmit();
  }
});

addEventListener("hashchange", openGithub);
startProgress();
hear("/changes", (changed) => changed.forEach((half) => refresh[half]()));
setInterval(() => { refresh.github(); refresh.slack(); }, 30_000);
