// The left half: which view of the repository is open, and what a person can do there.

import { h, show } from "./dom.js";
import { issueList, newIssue } from "./github_lists.js";
import { issuePage } from "./github_issue.js";
import { pullPage } from "./github_pull.js";
import { act, read } from "./live.js";

let state = null;
let me = "";
let shown = "";
let found = "", awaited = -1; // awaited: the issue whose answer is looked at when it comes
let last = { view: "issues", number: 0, tab: "", comment: "" };

export async function refreshGithub() {
  state = await read("/api/github");
  if (!state.people.some((person) => person.login === me)) me = state.people[0]?.login ?? "";
  openGithub();
}

/** What the address asks for: a list, an issue, a pull request, a form. */
function route() {
  if (location.hash.startsWith("#/")) {
    const [view, number = "", tab = "", comment = ""] = location.hash.slice(2).split("/");
    last = { view: view || "issues", number: Number(number), tab, comment };
  }
  return last;
}

/** Where on this page an address of the repository leads, or nothing. */
export function routeOf(href) {
  if (!state) return "";
  const url = new URL(href);
  const match = url.pathname.match(/^\/([\w.-]+\/[\w.-]+)\/(issues|pull)\/(\d+)(\/files|\/checks)?/);
  const comment = url.hash.match(/^#issuecomment-(\d+)$/)?.[1] ?? "";
  if (match?.[1] === state.repository) {
    return place(Number(match[3]), (match[4] ?? "").slice(1), comment);
  }
  if (url.origin === location.origin && url.hash.startsWith("#/issue/")) {
    return place(Number(url.hash.split("/")[2]), "", "");
  }
  return "";
}

function place(number, tab, comment) {
  const isPull = state.pulls.some((one) => one.number === number);
  const where = `#/${isPull ? "pull" : "issue"}/${number}`;
  return comment ? `${where}/conversation/${comment}` : tab ? `${where}/${tab}` : where;
}

const tracking = () => state.issues.filter((one) => one.author.ours);

export function openGithub() {
  if (!state) return;
  const { view, number, tab, comment } = route();
  show(document.querySelector("#repository"), state.repository.split("/").flatMap((part, index) =>
    index ? [h("span", {}, "/"), h("b", {}, part)] : [part]));
  show(document.querySelector("#tabs"), tabs(view, number));
  const body = document.querySelector("#github-body");
  show(body, h("div", { key: `${view} ${number}` }, page(view, number, tab)));
  if (shown !== `${view} ${number}`) {
    if (shown) body.scrollTop = 0;
    shown = `${view} ${number}`;
  }
  if (awaited === number) body.scrollTop = body.scrollHeight;
  if (comment && comment !== found) point(body, comment);
  found = comment;
}

function point(body, comment) {
  const box = body.querySelector(`[data-key="comment ${CSS.escape(comment)}"]`);
  box?.scrollIntoView({ block: "start" });
  box?.classList.add("found");
  setTimeout(() => box?.classList.remove("found"), 2000);
}

function page(view, number, tab) {
  const context = { people: state.people, me, app: state.app };
  if (view === "new") return newIssue(context);
  if (view === "tracking") {
    const found = tracking();
    return found.length === 1 ? issuePage(found[0], context)
      : issueList(found, { title: "Issues that Soulcaster keeps", empty: "Soulcaster has opened no issue of its own yet. Its cards appear here." });
  }
  if (view === "issue") {
    const issue = state.issues.find((one) => one.number === number);
    return issue ? issuePage(issue, context) : missing(number);
  }
  if (view === "pull") {
    const pull = state.pulls.find((one) => one.number === number);
    return pull ? pullPage(pull, tab || "conversation", context) : missing(number);
  }
  if (view === "pulls") {
    return issueList(state.pulls, { title: "Pull requests", empty: "No pull request yet. Type /soulcaster fix on an issue, or press Fix in Slack." });
  }
  return issueList(state.issues.filter((one) => !one.author.ours), { title: "Issues", empty: "Nobody has reported anything yet.", add: true });
}

const missing = (number) => h("p.empty", {}, `There is no #${number}.`);

function tabs(view, number) {
  const reports = state.issues.filter((one) => !one.author.ours);
  const kept = tracking();
  const isKept = view === "issue" && kept.some((one) => one.number === number);
  const chosen = isKept ? "tracking" : { issue: "issues", new: "issues", pull: "pulls" }[view] ?? view;
  const open = (list) => list.filter((one) => one.state === "open").length;
  return [
    ["issues", "Issues", open(reports)],
    ["tracking", kept.length > 1 ? "Tracking issues" : "Tracking issue", open(kept)],
    ["pulls", "Pull requests", open(state.pulls)],
  ].map(([name, label, count]) => h("a", {
    key: name, href: `#/${name}`, "aria-current": name === chosen ? "page" : null,
  }, label, h("span.count", {}, String(count))));
}

/** Comment on the issue of this title, or the one that was just made, and show it. */
export async function comment(title, body, made) {
  const issue = made ?? state.issues.find((one) => one.title === title);
  if (!issue) return;
  location.hash = `#/issue/${awaited = issue.number}`;
  document.querySelector("#github-body").onwheel = () => { awaited = -1; };
  await act(`/api/github/issues/${issue.number}/comments`, { login: me, body });
}

/** Open an issue, and show it. */
export async function open(title, body) {
  const made = await act("/api/github/issues", { login: me, title, body });
  if (made) location.hash = `#/issue/${made.number}`;
  return made;
}

/** Bring what the app said last into view, without moving anything but the list of comments. */
export function lookAtNewest() {
  const body = document.querySelector("#github-body");
  const said = [...body.querySelectorAll(".comment.by-bot")].at(-1);
  if (said) body.scrollTop += said.getBoundingClientRect().top - body.getBoundingClientRect().top - 12;
}

export async function actOnGithub(name, target, event) {
  await ACTS[name]?.(target, event);
}

const ACTS = {
  "github-me": (target) => {
    me = target.value;
    document.querySelectorAll("[data-act=github-me]").forEach((select) => { select.value = me; });
    openGithub();
  },
  open: async (form) => {
    const title = form.elements.title.value.trim();
    if (!title) return;
    if (await open(title, form.elements.body.value)) form.reset();
  },
  comment: async (form) => {
    const body = form.elements.body.value.trim();
    if (!body) return;
    form.elements.body.value = "";
    const made = await act(`/api/github/issues/${form.dataset.number}/comments`, { login: me, body });
    if (!made) form.elements.body.value = body;
  },
  tick: async (box) => {
    const of = box.closest("[data-of]").dataset;
    const done = await act("/api/github/checkbox", {
      login: me, [of.of]: Number(of.id), index: Number(box.dataset.task), checked: box.checked,
    });
    if (!done) box.checked = !box.checked;
  },
  "github-react": (target) => act("/api/github/reactions", {
    login: me, [target.dataset.of]: Number(target.dataset.id), content: target.dataset.name,
    remove: target.getAttribute("aria-pressed") === "true",
  }),
  close: (target) => act(`/api/github/issues/${target.dataset.number}`, {
    login: me, state: target.dataset.state,
  }, "PATCH"),
  ready: (target) => act(`/api/github/pulls/${target.dataset.number}/ready`, { login: me, draft: false }),
  merge: (target) => act(`/api/github/pulls/${target.dataset.number}/merge`, { login: me, method: "merge" }),
  review: (target) => {
    const form = target.form;
    const body = form.elements.body.value.trim();
    form.elements.body.value = "";
    return act(`/api/github/pulls/${target.dataset.number}/reviews`, {
      login: me, event: target.dataset.event, body,
    });
  },
};

// Boxes inside rendered Markdown carry their place, and nothing else.
document.addEventListener("change", (event) => {
  if (event.target.matches?.("#github input[data-task]")) ACTS.tick(event.target);
});
