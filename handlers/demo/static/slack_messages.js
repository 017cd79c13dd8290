// Messages of a channel or of a thread, and the box to write one.

import { blockNodes } from "./blocks.js";
import { ago, avatar, h } from "./dom.js";
import { emoji } from "./emoji.js";
import { mrkdwn } from "./mrkdwn.js";

const QUICK = ["eyes", "rocket", "+1"];
const TOGETHER_SECONDS = 300;

/** What `me` sees of a channel, or of the thread below `thread`. */
export function messageList(state, channel, { me, names, thread = "", threads = false }) {
  const said = channel.messages.filter((message) => thread
    ? message.ts === thread || message.thread_ts === thread
    : !message.parent_user_id);
  const whispered = state.ephemerals
    .filter((one) => one.channel === channel.id && one.thread_ts === thread)
    .map((one) => ({ ...one, whisperedTo: one.user, user: state.app.bot_user }));
  const all = [...said, ...whispered].sort((a, b) => a.ts.localeCompare(b.ts));
  if (!all.length) return [h("p.empty", {}, "Nothing here yet. Say something, or try ",
    h("code", {}, "/soulcaster help"), ".")];
  return all.map((message, index) =>
    messageNode(state, message, { me, names, threads, before: all[index - 1], thread }));
}

function messageNode(state, message, { me, names, threads, before, thread }) {
  const bot = message.user === state.app.bot_user;
  const author = bot ? state.app.name : names(message.user);
  const close = before && !bot && before.user === message.user && before.whisperedTo === message.whisperedTo
    && Number(message.ts) - Number(before.ts) < TOGETHER_SECONDS && !message.from_slack;
  const classes = [close ? "close" : "", message.whisperedTo ? "whispered" : "",
    message.subtype === "tombstone" ? "gone" : ""].join(" ");
  return h("article.message", { key: message.ts, class: classes, "data-ts": message.ts },
    h("div.gutter", {}, close ? null : avatar(message.from_slack ? "Slack" : author, { bot: bot && !message.from_slack })),
    h("div.said", {},
      close ? null : h("header", {},
        h("b", {}, message.from_slack ? "Slackbot" : author),
        bot ? h("span.badge", {}, "APP") : null,
        ago(Number(message.ts))),
      message.whisperedTo ? h("p.only", {}, "👁 Only visible to ",
        message.whisperedTo === me ? "you" : names(message.whisperedTo)) : null,
      body(message, names),
      message.edited ? h("span.edited", {}, "(edited)") : null,
      reactions(message, me),
      threads && message.reply_count ? replies(message, names) : null,
      message.whisperedTo ? null : tools(message, me, threads, thread)));
}

function body(message, names) {
  // What a person typed is shown as Slack's own client would have read it.
  const shown = message.blocks?.length && !message.client_msg_id
    ? blockNodes(message.blocks, names)
    : h("div.block", {}, mrkdwn(message.text, names));
  const attached = (message.attachments ?? []).map((one) => h("div.attached", {},
    one.blocks ? blockNodes(one.blocks, names) : mrkdwn(one.text ?? one.fallback ?? "", names)));
  return h("div.body", {}, shown, attached);
}

function reactions(message, me) {
  if (!message.reactions?.length) return null;
  return h("div.reactions", {}, message.reactions.map((one) => h("button", {
    key: one.name, type: "button", "data-act": "react", "data-ts": message.ts,
    "data-name": one.name, "aria-pressed": String(one.users.includes(me)),
    "aria-label": `${one.name}, ${one.count}`,
  }, emoji(one.name), h("span", {}, String(one.count)))));
}

function replies(message, names) {
  const count = message.reply_count;
  return h("button.replies", { type: "button", "data-act": "thread", "data-ts": message.ts },
    message.reply_users.slice(0, 3).map((user) => avatar(names(user), { size: "small", bot: names(user) === "soulcaster" })),
    h("b", {}, `${count} ${count === 1 ? "reply" : "replies"}`),
    h("span", {}, "Last reply ", ago(Number(message.latest_reply))));
}

function tools(message, me, threads, thread) {
  const used = new Set((message.reactions ?? []).filter((one) => one.users.includes(me))
    .map((one) => one.name));
  return h("div.tools", { role: "group", "aria-label": "What to do with it" },
    QUICK.map((name) => h("button", {
      type: "button", "data-act": "react", "data-ts": message.ts, "data-name": name,
      "aria-pressed": String(used.has(name)), "aria-label": `React with ${name}`,
    }, emoji(name))),
    threads && !thread ? h("button", {
      type: "button", "data-act": "thread", "data-ts": message.ts, "aria-label": "Reply in a thread",
    }, "💬") : null);
}

/** What the app has published for the person. */
export function homeTab(view, names) {
  if (!view) return [h("p.empty", {}, "The app has published nothing for you yet.")];
  return [h("div.home", { "data-view": view.id }, blockNodes(view.blocks, names))];
}

/** The inside of a form to write a message with. */
export function composer({ people, me, where, inThread = false }) {
  const hint = inThread ? "Reply… or @soulcaster fix" : `Message ${where}, or /soulcaster help`;
  return [
    h("textarea", { key: "text", rows: "2", placeholder: hint, "aria-label": `Message to ${where}` }),
    h("div.under", { key: "under" },
      h("label", {}, h("span", {}, "as"), h("select", { "data-act": "me", "aria-label": "Who you are in Slack" },
        people.map((user) => h("option", { value: user.id, selected: user.id === me }, user.real_name)))),
      h("span.hint", {}, "Enter sends"),
      h("button.send", { type: "submit", "aria-label": "Send" }, "➤")),
  ];
}
