// Elements as plain descriptions, and a way to bring what is on the page in line with them.
//
// Text is always put in as text. The one way to put in markup is the `html` property, which is
// for what the server has rendered, and for nothing else.

/** An element. `props`: attributes, `html`, or `key` (which names it among its siblings). */
export function h(tag, props = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name || "div");
  if (classes.length) element.className = classes.join(" ");
  for (const [prop, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (prop === "html") element.innerHTML = value;
    else if (prop === "key") element.dataset.key = value;
    else if (prop === "class") element.classList.add(...value.split(" ").filter(Boolean));
    else element.setAttribute(prop, value === true ? "" : value);
  }
  append(element, children);
  return element;
}

/** An SVG drawing from path data, hidden from screen readers. */
export function icon(name, path, size = 16) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [prop, value] of Object.entries({
    class: `icon ${name}`, viewBox: "0 0 16 16", width: size, height: size, "aria-hidden": "true",
  })) svg.setAttribute(prop, value);
  const shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
  shape.setAttribute("d", path);
  svg.append(shape);
  return svg;
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false || child === "") continue;
    element.append(child);
  }
}

/** Bring the children of `place` in line with `wanted`, touching only what differs, so that focus,
 *  scroll positions, opened details and half-written texts stay as they are. */
export function show(place, ...wanted) {
  const next = document.createElement(place.tagName);
  append(next, wanted);
  morphChildren(place, next);
}

function morphChildren(old, next) {
  const keyed = new Map();
  for (const child of old.childNodes) if (keyOf(child)) keyed.set(keyOf(child), child);
  let cursor = old.firstChild;
  for (const wanted of [...next.childNodes]) {
    let match = keyOf(wanted) ? keyed.get(keyOf(wanted)) : cursor;
    if (match && (keyOf(match) !== keyOf(wanted) || !alike(match, wanted))) match = null;
    if (!match) {
      old.insertBefore(wanted, cursor);
      continue;
    }
    if (match === cursor) cursor = cursor.nextSibling;
    else old.insertBefore(match, cursor);
    morph(match, wanted);
  }
  while (cursor) {
    const gone = cursor;
    cursor = cursor.nextSibling;
    gone.remove();
  }
}

const keyOf = (node) => node.dataset?.key;
const alike = (a, b) => a.nodeType === b.nodeType && a.nodeName === b.nodeName;

function morph(old, next) {
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.nodeValue !== next.nodeValue) old.nodeValue = next.nodeValue;
    return;
  }
  if (old.isEqualNode(next) && !(old instanceof HTMLInputElement)) return;
  const keptOpen = old instanceof HTMLDetailsElement;
  for (const { name } of [...old.attributes]) {
    if (!next.hasAttribute(name) && !(keptOpen && name === "open")) old.removeAttribute(name);
  }
  for (const { name, value } of next.attributes) {
    if (old.getAttribute(name) === value || (keptOpen && name === "open")) continue;
    if (name === "style") old.style.cssText = next.style.cssText;
    else old.setAttribute(name, value);
  }
  if (old instanceof HTMLInputElement && old.type === "checkbox") {
    old.checked = next.hasAttribute("checked");
  }
  // What a person is writing or has chosen is theirs.
  if (old instanceof HTMLTextAreaElement || old instanceof HTMLSelectElement) {
    if (old instanceof HTMLSelectElement && old.options.length !== next.options.length) {
      const chosen = old.value;
      morphChildren(old, next);
      old.value = chosen;
    }
    return;
  }
  morphChildren(old, next);
}

/** Two letters for somebody without a picture, and a colour that is always the same. */
export function avatar(name, { bot = false, size = "" } = {}) {
  if (bot) return h("img.avatar", { class: size, src: "/static/mark.svg", alt: "" });
  const letters = name.split(/[\s._-]+/).filter(Boolean).slice(0, 2)
    .map((word) => word[0].toUpperCase()).join("");
  let hue = 0;
  for (const letter of name) hue = (hue * 31 + letter.codePointAt(0)) % 12;
  return h("span.avatar", { class: `hue-${hue} ${size}`, "aria-hidden": "true" },
    letters);
}

/** "3 min ago", with the exact moment as the title. `seconds` since the epoch. */
export function ago(seconds) {
  const passed = Math.max(0, Date.now() / 1000 - seconds);
  const text = passed < 45 ? "just now"
    : passed < 3600 ? `${Math.max(1, Math.round(passed / 60))} min ago`
    : passed < 86400 ? `${Math.round(passed / 3600)} h ago`
    : `${Math.round(passed / 86400)} d ago`;
  const moment = new Date(seconds * 1000);
  return h("time", { datetime: moment.toISOString(), title: moment.toLocaleString() }, text);
}

/** Keep a scrolled box at its end if it was there, while `change` fills it. */
export function stickToEnd(box, change) {
  const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 60;
  change();
  if (atEnd) box.scrollTop = box.scrollHeight;
}
