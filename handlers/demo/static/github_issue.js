// One issue: what was said, in order, and a box to say more.

import { ago, avatar, h, icon } from "./dom.js";
import { emoji } from "./emoji.js";
import { labels, stateOf } from "./github_lists.js";

const EVENTS = {
  closed: "closed this", reopened: "reopened this", labeled: "",
  unlabeled: "", assigned: "assigned somebody", renamed: "changed the title",
  merged: "merged this", ready_for_review: "marked this as ready for review",
  convert_to_draft: "made this a draft", head_ref_deleted: "deleted the branch",
  locked: "locked this", mentioned: "", subscribed: "", referenced: "",
  committed: "", review_requested: "asked for a review",
};
const QUICK = ["+1", "eyes", "rocket", "heart"];

/** Who acts, as a choice. */
export function as({ people, me }) {
  return h("label.as", {}, h("span", {}, "as"),
    h("select", { "data-act": "github-me", "aria-label": "Who you are on GitHub" },
      people.map((person) => h("option", { value: person.login, selected: person.login === me },
        `${person.login} (${person.role})`))));
}

/** The page of an issue. */
export function issuePage(issue, context) {
  return h("article.issue", {}, head(issue), conversation(issue, context),
    commentBox(issue, context));
}

/** Title, number and state. */
export function head(issue) {
  const { word, kind, shape } = stateOf(issue);
  return h("header", {},
    h("h3", {}, issue.title, " ", h("span.number", {}, `#${issue.number}`)),
    h("p.meta", {}, h("span.pill", { class: kind }, icon("", shape, 14), word),
      h("b", {}, issue.author.login), issue.pull
        ? h("span", {}, " wants to merge ", h("code", {}, issue.pull.head), " into ", h("code", {}, issue.pull.base))
        : h("span", {}, " opened this ", ago(issue.at)),
      labels(issue),
      issue.tasks.total ? h("span.tasks", {}, `☑ ${issue.tasks.done} of ${issue.tasks.total} tasks`) : null));
}

/** Everything said and done, oldest first. */
export function conversation(issue, context) {
  const parts = [
    ...issue.comments.map((one) => ({ at: one.at, node: () => comment(one, "comment", one.id, context) })),
    ...(issue.pull?.reviews ?? []).map((one) => ({ at: one.at, node: () => review(one, issue) })),
    ...issue.events.filter((one) => EVENTS[one.event] !== "").map((one, index) => ({
      at: one.at, node: () => event(one, index),
    })),
  ].sort((a, b) => a.at - b.at);
  return h("div.conversation", {}, comment(issue, "issue", issue.number, context),
    parts.map((part) => part.node()));
}

function comment(one, of, id, context) {
  return h("section.comment", { key: `${of} ${id}`, class: one.author.bot ? "by-bot" : "" },
    avatar(one.author.login, { bot: one.author.ours }),
    h("div.box", {},
      h("header", {}, h("b", {}, one.author.login),
        one.author.bot ? h("span.badge", {}, "bot") : null,
        h("span", {}, ago(one.at), one.edited ? " · edited" : ""),
        offers(one, of, id, context)),
      h("div.markdown", { html: one.html || "<p><em>No description.</em></p>", "data-of": of, "data-id": id }),
      reactions(one, of, id, context)));
}

function reactions(one, of, id, { me, app }) {
  const used = Object.entries(one.reactions).filter(([, who]) => who.length);
  return used.length ? h("div.reactions", {}, used.map(([name, who]) => h("button", {
    ...reaction(of, id, name), "aria-pressed": String(who.includes(me)),
    title: who.map((login) => (login === app ? "soulcaster" : login)).join(", "),
    "aria-label": `${name}, ${who.length}`,
  }, emoji(name), h("span", {}, String(who.length))))) : null;
}

/** The reactions that can still be given, quietly. */
function offers(one, of, id, { me }) {
  const free = QUICK.filter((name) => !(one.reactions[name] ?? []).includes(me));
  return h("div.offers", { role: "group", "aria-label": "React" }, free.map((name) => h("button", {
    ...reaction(of, id, name), "aria-pressed": "false", "aria-label": `React with ${name}`,
  }, emoji(name))));
}

const reaction = (of, id, name) => ({
  key: name, type: "button", "data-act": "github-react", "data-of": of, "data-id": id,
  "data-name": name,
});

function event(one, index) {
  return h("p.event", { key: `event ${one.at} ${index}` }, h("span.dot"),
    h("b", {}, one.actor.login), one.actor.bot ? h("span.badge", {}, "bot") : null,
    ` ${EVENTS[one.event] ?? one.event.replaceAll("_", " ")} `, ago(one.at));
}

function review(one, issue) {
  const said = { APPROVED: "approved these changes", CHANGES_REQUESTED: "asked for changes", COMMENTED: "reviewed" };
  const lines = issue.pull.review_comments.filter((line) => line.review === one.id);
  return h("section.comment", { key: `review ${one.id}`, class: `review ${one.state.toLowerCase()}` },
    avatar(one.author.login, { bot: one.author.ours }),
    h("div.box", {},
      h("header", {}, h("b", {}, one.author.login),
        h("span", {}, `${said[one.state] ?? "reviewed"} `, ago(one.at))),
      one.html ? h("div.markdown", { html: one.html }) : null,
      lines.map((line) => h("div.line", {}, h("code", {}, `${line.path}:${line.line ?? ""}`),
        h("div.markdown", { html: line.html })))));
}

/** The box to say something, with what can be done beside it. */
export function commentBox(issue, context, ...more) {
  const open = issue.state === "open";
  return h("form.comment.write", { key: "write", "data-act": "comment", "data-number": issue.number, autocomplete: "off" },
    avatar(context.me),
    h("div.box", {},
      h("textarea", { name: "body", rows: "3", "aria-label": "Comment", placeholder: "Comment, or /soulcaster fix, why, status, help…" }),
      h("footer", {}, as(context),
        h("span.hint"),
        more,
        issue.pull?.merged ? null : h("button.button", { type: "button", "data-act": "close", "data-number": issue.number, "data-state": open ? "closed" : "open" },
          open ? "Close" : "Reopen"),
        h("button.button", { type: "submit", class: "primary" }, "Comment"))));
}
