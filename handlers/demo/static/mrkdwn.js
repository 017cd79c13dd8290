// Slack's mrkdwn as nodes: https://docs.slack.dev/messaging/formatting-message-text
//
// Slack's own order: code first (nothing is read inside it), then quotes and lines, then tokens
// in angle brackets, then the marks around words.

import { withEmoji } from "./emoji.js";
import { h } from "./dom.js";

/** Undo the three escapes Slack knows. */
export const plain = (text) =>
  text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

/** A text of mrkdwn as nodes; `names` knows users and channels by id. */
export function mrkdwn(text, names) {
  const nodes = [];
  text.split(/```/).forEach((part, index) => {
    if (index % 2) nodes.push(h("pre", {}, h("code", {}, plain(part.replace(/^\n|\n$/g, "")))));
    else if (part) nodes.push(...lines(part, names));
  });
  return nodes;
}

function lines(text, names) {
  const nodes = [];
  let quote = null;
  text.split("\n").forEach((line, index, all) => {
    const quoted = line.match(/^(?:&gt;|>) ?(.*)$/);
    if (quoted) {
      if (!quote) nodes.push(quote = h("blockquote"));
      else quote.append(h("br"));
      quote.append(...inline(quoted[1], names));
      return;
    }
    const afterQuote = quote !== null;
    quote = null;
    if (index > 0 && !afterQuote) nodes.push(h("br"));
    nodes.push(...inline(line, names));
    if (index === all.length - 1) return;
  });
  return nodes;
}

const PIECE = /`([^`\n]+)`|<([^<>\n]+)>|(?<![\w*])\*(?=\S)([^*\n]*?\S)\*(?![\w*])|(?<![\w_])_(?=\S)([^_\n]*?\S)_(?![\w_])|(?<![\w~])~(?=\S)([^~\n]*?\S)~(?![\w~])/g;

function inline(text, names) {
  const nodes = [];
  let last = 0;
  for (const match of text.matchAll(PIECE)) {
    if (match.index > last) nodes.push(words(text.slice(last, match.index)));
    const [all, code, token, bold, italic, struck] = match;
    if (code !== undefined) nodes.push(h("code", {}, plain(code)));
    else if (token !== undefined) nodes.push(tokenNode(token, names));
    else if (bold !== undefined) nodes.push(h("strong", {}, ...inline(bold, names)));
    else if (italic !== undefined) nodes.push(h("em", {}, ...inline(italic, names)));
    else nodes.push(h("s", {}, ...inline(struck, names)));
    last = match.index + all.length;
  }
  if (last < text.length) nodes.push(words(text.slice(last)));
  return nodes;
}

const words = (text) => document.createTextNode(withEmoji(plain(text)));

function tokenNode(token, names) {
  const [what, label] = token.split("|", 2);
  if (what.startsWith("@")) return h("span.mention", {}, `@${label ?? names(what.slice(1))}`);
  if (what.startsWith("#")) return h("span.mention", {}, `#${label ?? names(what.slice(1))}`);
  if (what.startsWith("!date")) return words(label ?? "");
  if (what.startsWith("!")) return h("span.mention", { class: "loud" }, `@${what.slice(1).split("^")[0]}`);
  return link(plain(what), plain(label ?? what));
}

/** A link, if it leads where links may lead. */
export function link(url, text) {
  if (!/^(https?|mailto):/i.test(url)) return document.createTextNode(text);
  return h("a", { href: url, rel: "noreferrer nofollow", target: "_blank" }, withEmoji(text));
}
