// Lists of issues and pull requests, and the form for a new issue.

import { ago, h, icon } from "./dom.js";
import { as } from "./github_issue.js";

const SHAPES = {
  issue: "M8 9.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3ZM8 0a8 8 0 1 1 0 16A8 8 0 0 1 8 0ZM1.5 8a6.5 6.5 0 1 0 13 0 6.5 6.5 0 0 0-13 0Z",
  closed: "M11.28 6.78a.75.75 0 0 0-1.06-1.06L7.25 8.69 5.78 7.22a.75.75 0 0 0-1.06 1.06l2 2a.75.75 0 0 0 1.06 0l3.5-3.5ZM16 8A8 8 0 1 1 0 8a8 8 0 0 1 16 0Zm-1.5 0a6.5 6.5 0 1 0-13 0 6.5 6.5 0 0 0 13 0Z",
  pull: "M1.5 3.25a2.25 2.25 0 1 1 3 2.122v5.256a2.251 2.251 0 1 1-1.5 0V5.372A2.25 2.25 0 0 1 1.5 3.25Zm5.677-.177L9.573.677A.25.25 0 0 1 10 .854V2.5h1A2.5 2.5 0 0 1 13.5 5v5.628a2.251 2.251 0 1 1-1.5 0V5a1 1 0 0 0-1-1h-1v1.646a.25.25 0 0 1-.427.177L7.177 3.427a.25.25 0 0 1 0-.354ZM3.75 2.5a.75.75 0 1 0 0 1.5.75.75 0 0 0 0-1.5Zm0 9.5a.75.75 0 1 0 0 1.5.75.75 0 0 0 0-1.5Zm8.25.75a.75.75 0 1 0 1.5 0 .75.75 0 0 0-1.5 0Z",
  merged: "M5.45 5.154A4.25 4.25 0 0 0 9.25 7.5h1.378a2.251 2.251 0 1 1 0 1.5H9.25A5.734 5.734 0 0 1 5 7.123v3.505a2.25 2.25 0 1 1-1.5 0V5.372a2.25 2.25 0 1 1 1.95-.218ZM4.25 13.5a.75.75 0 1 0 0-1.5.75.75 0 0 0 0 1.5Zm8.5-4.5a.75.75 0 1 0 0-1.5.75.75 0 0 0 0 1.5ZM5 3.25a.75.75 0 1 0-1.5 0 .75.75 0 0 0 1.5 0Z",
};

/** What state an issue or pull request is in: a word for it, a class and a drawing. */
export function stateOf(issue) {
  const pull = issue.pull;
  if (pull?.merged) return { word: "Merged", kind: "merged", shape: SHAPES.merged };
  if (issue.state === "closed") {
    return { word: "Closed", kind: pull ? "refused" : "closed", shape: pull ? SHAPES.pull : SHAPES.closed };
  }
  if (pull?.draft) return { word: "Draft", kind: "draft", shape: SHAPES.pull };
  return { word: "Open", kind: "open", shape: pull ? SHAPES.pull : SHAPES.issue };
}

/** Labels, readable on any colour. */
export function labels(issue) {
  return issue.labels.map((label) => {
    const chip = h("span.label", { key: label.name }, label.name);
    chip.style.setProperty("--label", `#${label.color}`);
    return chip;
  });
}

/** A list, the open ones first. */
export function issueList(issues, { title, empty, add = false }) {
  const open = issues.filter((one) => one.state === "open");
  const closed = issues.filter((one) => one.state !== "open");
  return h("div.list", {},
    h("header", {},
      h("h3", {}, title, h("span.counts", {}, `${open.length} open, ${closed.length} closed`)),
      add ? h("a.button", { class: "primary", href: "#/new" }, "New issue") : null),
    issues.length ? h("ul", {}, [...open, ...closed].map(item)) : h("p.empty", {}, empty));
}

function item(issue) {
  const { word, kind, shape } = stateOf(issue);
  const href = `#/${issue.pull ? "pull" : "issue"}/${issue.number}`;
  return h("li", { key: issue.number, class: kind },
    h("span.state", { title: word }, icon("", shape)),
    h("div", {},
      h("a.title", { href }, issue.title), " ", labels(issue),
      h("p.meta", {}, `#${issue.number} `, issue.author.login,
        issue.author.bot ? h("span.badge", {}, "bot") : null, " ", ago(issue.at),
        issue.tasks.total ? h("span.tasks", {}, `☑ ${issue.tasks.done} of ${issue.tasks.total}`) : null,
        issue.pull ? h("span.size", {}, h("ins", {}, `+${issue.pull.additions}`), " ",
          h("del", {}, `−${issue.pull.deletions}`)) : null)),
    issue.comments.length ? h("span.talk", { title: `${issue.comments.length} comments` },
      "💬 ", String(issue.comments.length)) : null);
}

/** The form for a new issue. */
export function newIssue(context) {
  return h("form.new", { "data-act": "open", autocomplete: "off" },
    h("h3", {}, "Report a problem"),
    h("label", {}, h("span", {}, "Title"),
      h("input", { name: "title", type: "text", required: true, maxlength: "256", placeholder: "What went wrong?" })),
    h("label", {}, h("span", {}, "Description"),
      h("textarea", { name: "body", rows: "9", placeholder: "What you did, what you expected, what happened instead. Markdown works." })),
    h("footer", {}, as(context), h("a.button", { href: "#/issues" }, "Cancel"),
      h("button.button", { type: "submit", class: "primary" }, "Submit new issue")));
}
