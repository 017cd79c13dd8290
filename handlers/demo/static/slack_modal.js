// A modal of the app: shown, filled in, sent.

import { blockNodes } from "./blocks.js";
import { h, show } from "./dom.js";
import { plain } from "./mrkdwn.js";

/** Show the view on top, or nothing when there is none. */
export function showModal(view, names) {
  const dialog = document.querySelector("#modal");
  if (!view) {
    if (dialog.open) dialog.close();
    return;
  }
  show(dialog, h("form", { key: `${view.id} ${view.hash}`, id: "modal-form", "data-act": "submit", "data-view": view.id },
    h("h3", {}, plain(view.title.text)),
    h("div.blocks", {}, blockNodes(view.blocks, names)),
    h("footer", {},
      h("button.button", { type: "button", "data-act": "dismiss", "data-view": view.id },
        plain(view.close?.text ?? "Cancel")),
      view.submit ? h("button.button", { type: "submit", class: "primary" }, plain(view.submit.text)) : null)));
  if (!dialog.open) {
    dialog.showModal();
    dialog.oncancel = (event) => {
      event.preventDefault();
      dialog.querySelector("[data-act=dismiss]").click();
    };
  }
}

/** What a person filled in, by block and action. */
export function gather(form) {
  const values = {};
  for (const field of form.querySelectorAll("[data-action]")) {
    if (!field.name) continue;
    const block = field.closest("[data-block]").dataset.block;
    const chosen = field.multiple ? [...field.selectedOptions].map((one) => one.value) : field.value;
    if (chosen === "" && field instanceof HTMLSelectElement) continue;
    (values[block] ??= {})[field.dataset.action] = chosen;
  }
  return values;
}
