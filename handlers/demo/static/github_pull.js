// One pull request: the conversation, the diff, the checks.

import { h } from "./dom.js";
import { files } from "./diff.js";
import { commentBox, conversation, head } from "./github_issue.js";

const MARKS = { success: "✓", failure: "✕", neutral: "■", cancelled: "■", skipped: "■", timed_out: "✕", action_required: "!" };

/** The page of a pull request, with one of its tabs. */
export function pullPage(issue, tab, context) {
  const pull = issue.pull;
  const tabs = [
    ["conversation", "Conversation", issue.comments.length + pull.reviews.length],
    ["files", "Files changed", pull.files.length],
    ["checks", "Checks", pull.checks.length],
  ];
  const body = {
    files: () => files(pull.files, pull.review_comments),
    checks: () => checks(pull.checks),
    conversation: () => [
      conversation(issue, context), mergeBox(issue, context),
      commentBox(issue, context, h("button.button", {
        type: "button", "data-act": "review", "data-event": "APPROVE", "data-number": issue.number,
      }, "Approve"), h("button.button", {
        type: "button", "data-act": "review", "data-event": "REQUEST_CHANGES", "data-number": issue.number,
      }, "Request changes")),
    ],
  }[tab] ?? (() => null);
  return h("article.issue", { class: "pull" }, head(issue),
    h("nav.subtabs", { "aria-label": "Parts of the pull request" },
      tabs.map(([name, label, count]) => h("a", {
        key: name, href: `#/pull/${issue.number}/${name}`, "aria-current": name === tab ? "page" : null,
      }, label, h("span.count", {}, String(count)))),
      h("span.size", {}, h("ins", {}, `+${pull.additions}`), " ", h("del", {}, `−${pull.deletions}`))),
    h("div", { key: tab }, body()));
}

function mergeBox(issue, { people, me }) {
  const pull = issue.pull;
  if (pull.merged) return h("div.merge", { class: "merged" }, h("p", {}, h("b", {}, "Merged"), ` by ${pull.merged_by ?? "somebody"}.`));
  if (issue.state !== "open") return null;
  const may = ["write", "maintain", "admin"].includes(people.find((one) => one.login === me)?.role);
  const bad = pull.checks.filter((one) => ["failure", "timed_out"].includes(one.conclusion));
  const running = pull.checks.filter((one) => one.status !== "completed");
  const words = bad.length ? `${bad.length} failing` : running.length ? `${running.length} running`
    : pull.checks.length ? "All checks have passed" : "No checks yet";
  return h("div.merge", { class: bad.length ? "failure" : running.length ? "pending" : "success" },
    h("p", {}, h("b", {}, words), " ", pull.checks.map((one) => h("a.check", {
      key: one.id, href: `#/pull/${issue.number}/checks`, class: one.conclusion ?? "pending",
    }, h("span", {}, MARKS[one.conclusion] ?? "●"), one.name))),
    pull.draft
      ? h("button.button", { type: "button", "data-act": "ready", "data-number": issue.number, disabled: !may }, "Ready for review")
      : h("button.button", { type: "button", class: "primary", "data-act": "merge", "data-number": issue.number, disabled: !may || pull.mergeable === false }, "Merge pull request"),
    may ? null : h("small", {}, `${me} may not merge: choose somebody with write.`));
}

function checks(all) {
  if (!all.length) return h("p.empty", {}, "No check has run yet.");
  return all.map((one) => h("section.check-run", { key: one.id, class: one.conclusion ?? "pending" },
    h("header", {}, h("span.mark", { "aria-hidden": "true" }, MARKS[one.conclusion] ?? "●"),
      h("h4", {}, one.name, h("span", {}, one.conclusion ?? one.status.replaceAll("_", " ")))),
    one.title ? h("p.title", {}, one.title) : null,
    h("div.markdown", { html: one.summary }),
    h("div.markdown", { html: one.text })));
}
