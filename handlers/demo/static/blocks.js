// Block Kit as nodes: https://docs.slack.dev/reference/block-kit/blocks

import { emoji, withEmoji } from "./emoji.js";
import { h } from "./dom.js";
import { link, mrkdwn, plain } from "./mrkdwn.js";

/** The blocks of a message or a view. `names` knows users and channels by id. */
export function blockNodes(blocks, names) {
  return blocks.map((block) => {
    const draw = BLOCKS[block.type];
    const inner = draw ? draw(block, names) : h("p.unknown", {}, `A ${block.type} block`);
    return h("div.block", { class: `of-${block.type}`, "data-block": block.block_id }, inner);
  });
}

const BLOCKS = {
  section: (block, names) => [
    h("div.section", {},
      block.text ? h("div.text", {}, text(block.text, names)) : null,
      block.fields ? h("div.fields", {}, block.fields.map((f) => h("div", {}, text(f, names)))) : null),
    block.accessory ? h("div.accessory", {}, element(block.accessory, names)) : null,
  ],
  header: (block) => h("h3", {}, withEmoji(plain(block.text.text))),
  divider: () => h("hr"),
  context: (block, names) => block.elements.map((one) => one.type === "image"
    ? h("span.picture", { title: one.alt_text }, "🖼")
    : h("span", {}, text(one, names))),
  actions: (block, names) => block.elements.map((one) => element(one, names)),
  image: (block) => h("figure", {}, h("span.picture", {}, "🖼"),
    h("figcaption", {}, plain(block.title?.text ?? block.alt_text))),
  markdown: (block) => h("div.markdown", { html: block.html }),
  rich_text: (block, names) => rich(block, names),
  table: (block, names) => h("div.table", { tabindex: "0" }, h("table", {},
    h("tbody", {}, block.rows.map((row, index) => h("tr", {}, row.map((cell, column) =>
      h(index ? "td" : "th", { class: `align-${block.column_settings?.[column]?.align ?? "left"}` },
        cell.type === "rich_text" ? rich(cell, names) : withEmoji(cell.text))))))),
  ),
  input: (block, names) => h("label", {},
    h("span.asked", {}, plain(block.label.text),
      block.optional ? h("i", {}, " (optional)") : null),
    element(block.element, names, block),
    block.hint ? h("small", {}, plain(block.hint.text)) : null),
};

function text(object, names) {
  if (object.type === "mrkdwn") return mrkdwn(object.text, names);
  return plain(object.text).split("\n").flatMap((line, index) =>
    index ? [h("br"), withEmoji(line)] : [withEmoji(line)]);
}

function element(one, names, input = null) {
  const draw = ELEMENTS[one.type];
  if (!draw) return h("span.unknown", {}, `A ${one.type}`);
  return draw(one, names, input);
}

const name = (one, input) => ({
  "data-action": one.action_id, "data-kind": one.type, name: one.action_id,
  ...(input ? {} : { "data-act": "choose" }),
});
const options = (one) => (one.option_groups ?? [{ options: one.options ?? [] }])
  .flatMap((group) => group.options.map((option) =>
    h("option", { value: option.value }, plain(option.text.text))));

const ELEMENTS = {
  button: (one) => {
    const label = withEmoji(plain(one.text.text));
    if (one.url && !one.value) return h("a.button", { class: one.style ?? "", href: one.url, rel: "noreferrer", target: "_blank" }, label);
    return h("button.button", {
      type: "button", class: one.style ?? "", "data-act": "press", "data-action": one.action_id,
      "data-value": one.value ?? "", "aria-label": one.accessibility_label,
      "data-confirm": one.confirm ? JSON.stringify(one.confirm) : null,
    }, label);
  },
  image: (one) => h("span.picture", { title: one.alt_text }, "🖼"),
  static_select: (one, _names, input) => h("select", { ...name(one, input), "aria-label": plain(one.placeholder?.text ?? "Choose") },
    h("option", { value: "" }, plain(one.placeholder?.text ?? "Choose…")), options(one)),
  overflow: (one, _names, input) => h("select.overflow", { ...name(one, input), "aria-label": "More actions" },
    h("option", { value: "" }, "⋯"), options(one)),
  multi_static_select: (one, _names, input) => h("select", { ...name(one, input), multiple: true }, options(one)),
  checkboxes: (one, _names, input) => h("select", { ...name(one, input), multiple: true }, options(one)),
  plain_text_input: (one, _names, input) => one.multiline
    ? h("textarea", { ...name(one, input), rows: "4", placeholder: one.placeholder?.text }, one.initial_value ?? "")
    : h("input", { ...name(one, input), type: "text", value: one.initial_value ?? "", placeholder: one.placeholder?.text }),
};

function rich(block, names) {
  return block.elements.map((part) => {
    const inner = () => part.elements.map((one) => richInline(one, names));
    if (part.type === "rich_text_preformatted") return h("pre", {}, h("code", {}, inner()));
    if (part.type === "rich_text_quote") return h("blockquote", {}, inner());
    if (part.type === "rich_text_list") {
      return h(part.style === "ordered" ? "ol" : "ul", { class: `indent-${part.indent ?? 0}` },
        part.elements.map((item) => h("li", {}, item.elements.map((one) => richInline(one, names)))));
    }
    return h("div", {}, inner());
  });
}

function richInline(one, names) {
  const said = {
    text: () => lined(one.text),
    link: () => link(one.url, one.text ?? one.url),
    user: () => h("span.mention", {}, `@${names(one.user_id)}`),
    emoji: () => emoji(one.name),
  }[one.type]?.() ?? "";
  const style = one.style ?? {};
  let node = said;
  if (style.code) node = h("code", {}, node);
  if (style.bold) node = h("strong", {}, node);
  if (style.italic) node = h("em", {}, node);
  if (style.strike) node = h("s", {}, node);
  return node;
}

const lined = (words) => words.split("\n").flatMap((line, index) => (index ? [h("br"), line] : [line]));
