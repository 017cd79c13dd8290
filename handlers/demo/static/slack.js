// The right half: channels, messages, threads, and what a person can do with them.

import { h, show, stickToEnd } from "./dom.js";
import { act, read, tell } from "./live.js";
import { composer, homeTab, messageList } from "./slack_messages.js";
import { gather, showModal } from "./slack_modal.js";
import { confirmed } from "./confirm.js";

let state = null;
let channelId = "";
let threadTs = "";
let me = "";

const names = (id) => state.users.find((user) => user.id === id)?.name
  ?? state.channels.find((channel) => channel.id === id)?.name ?? id;
const people = () => state.users.filter((user) => !user.is_bot);
const channel = () => state.channels.find((one) => one.id === channelId);

export async function refreshSlack() {
  state = await read("/api/slack");
  if (!people().some((user) => user.id === me)) me = people()[0]?.id ?? "";
  if (channelId !== "home" && !channel()) {
    channelId = (state.channels.find((one) => one.messages.length) ?? state.channels[0])?.id ?? "";
  }
  render();
}

function render() {
  if (!state) return;
  const open = channel();
  show(document.querySelector("#channels"), tabs());
  const here = channelId === "home";
  document.querySelector("#slack").classList.toggle("at-home", here);
  show(document.querySelector("#channel-head"), here
    ? h("p.topic", {}, h("b", {}, "What the app shows you alone"))
    : h("p.topic", {}, open?.topic?.value || (open?.is_im ? "A direct message" : ""),
      open ? h("span", {}, `${open.members.length} members`) : null));
  show(document.querySelector("#composer"),
    composer({ people: people(), me, where: open?.is_im ? "the app" : `#${open?.name ?? ""}` }));
  const box = document.querySelector("#messages");
  stickToEnd(box, () => show(box, here
    ? homeTab(state.homes[me], names)
    : open ? messageList(state, open, { me, names, threads: true }) : null));
  renderThread(open);
  showModal(state.modals[me]?.at(-1), names);
}

function renderThread(open) {
  const pane = document.querySelector("#thread-pane");
  const parent = open?.messages.find((message) => message.ts === threadTs);
  pane.hidden = !parent;
  if (!parent) return;
  show(document.querySelector("#thread-composer"),
    composer({ people: people(), me, where: "the thread", inThread: true }));
  const box = document.querySelector("#thread");
  stickToEnd(box, () => show(box, messageList(state, open, { me, names, thread: threadTs })));
}

function tabs() {
  const home = { id: "home", name: "App home" };
  return [...state.channels, home].map((one) => h("button", {
    key: one.id, type: "button", role: "tab", "data-act": "channel", "data-channel": one.id,
    "aria-selected": String(one.id === channelId),
  }, one.is_im ? `✉ ${names(one.user)}` : one.id === "home" ? "⌂ Home" : `# ${one.name}`));
}

/** Whether the address is a message here; it is shown then. */
export function openPermalink(href) {
  const match = href.match(/^https:\/\/[\w-]+\.slack\.com\/archives\/(\w+)\/p(\d{10})(\d{6})/);
  if (!match || !state?.channels.some((one) => one.id === match[1])) return false;
  const ts = `${match[2]}.${match[3]}`;
  channelId = match[1];
  threadTs = new URL(href).searchParams.get("thread_ts") ?? threadTs;
  render();
  const message = document.querySelector(`#slack [data-ts="${ts}"]`);
  message?.scrollIntoView({ block: "center" });
  message?.classList.add("found");
  setTimeout(() => message?.classList.remove("found"), 2000);
  return true;
}

export async function actOnSlack(name, target, event) {
  await ACTS[name]?.(target, event);
}

const ACTS = {
  channel: (target) => {
    channelId = target.dataset.channel;
    threadTs = "";
    render();
    const box = document.querySelector("#messages");
    box.scrollTop = channelId === "home" ? 0 : box.scrollHeight;
    if (channelId === "home") act("/api/slack/home", { user: me });
  },
  me: (target) => {
    me = target.value;
    document.querySelectorAll(".composer select").forEach((select) => { select.value = me; });
    render();
  },
  thread: (target) => {
    threadTs = target.dataset.ts;
    render();
    document.querySelector("#thread-composer textarea").focus();
  },
  "close-thread": () => {
    threadTs = "";
    render();
  },
  say: (form) => send(form, ""),
  reply: (form) => send(form, threadTs),
  react: (target) => act("/api/slack/react", {
    user: me, channel: channelId, ts: target.dataset.ts, name: target.dataset.name,
    remove: target.getAttribute("aria-pressed") === "true",
  }),
  press: async (target) => {
    const sure = target.dataset.confirm ? await confirmed(JSON.parse(target.dataset.confirm)) : true;
    if (!sure) return;
    await press(target, { action_id: target.dataset.action, value: target.dataset.value });
  },
  choose: async (target) => {
    const chosen = target.multiple ? [...target.selectedOptions].map((o) => o.value) : target.value;
    if (target.form?.id === "modal-form" || chosen === "") return;
    await press(target, { action_id: target.dataset.action, chosen });
    if (target instanceof HTMLSelectElement && !target.multiple) target.value = "";
  },
  submit: async (form) => {
    const answer = await act("/api/slack/submit", {
      user: me, view_id: form.dataset.view, values: gather(form),
    });
    for (const note of form.querySelectorAll(".wrong")) note.remove();
    for (const [block, words] of Object.entries(answer?.errors ?? {})) {
      form.querySelector(`[data-block="${CSS.escape(block)}"]`)
        ?.append(h("p.wrong", { role: "alert" }, words));
    }
  },
  dismiss: (target) => act("/api/slack/close", { user: me, view_id: target.dataset.view }),
};

/** Say a slash command in the channel that is open. */
export function command(text) {
  return act("/api/slack/command", { user: me, channel: channelId, command: "/soulcaster", text });
}

async function press(target, what) {
  const message = target.closest("[data-ts]");
  const view = target.closest("[data-view]");
  const where = view ? { view_id: view.dataset.view } : { channel: channelId, ts: message.dataset.ts };
  target.setAttribute("aria-busy", "true");
  await act("/api/slack/press", { user: me, ...where, ...what });
  target.removeAttribute("aria-busy");
}

async function send(form, thread) {
  const box = form.querySelector("textarea");
  const text = box.value.trim();
  if (!text) return;
  const spoken = text.match(/^(\/[\w-]+)\s*([\s\S]*)$/);
  if (spoken && thread) {
    tell(`${spoken[1]} is not supported in threads. Say @${state.app.name} here instead.`);
    return;
  }
  box.value = "";
  const answer = spoken
    ? await act("/api/slack/command", {
      user: me, channel: channelId, command: spoken[1], text: spoken[2],
    })
    : await act("/api/slack/message", {
      user: me, channel: channelId, text, thread_ts: thread,
    });
  if (!answer) box.value = text;
  const messages = form.closest(".pane").querySelector(".messages");
  messages.scrollTop = messages.scrollHeight;
}
