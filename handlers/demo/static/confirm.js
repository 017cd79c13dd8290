// "Are you sure?", as Block Kit's confirm object asks it.

import { h, show } from "./dom.js";
import { plain } from "./mrkdwn.js";

/** Ask; resolves to whether the person said yes. */
export function confirmed(question) {
  const dialog = document.querySelector("#confirm");
  show(dialog, h("form", { method: "dialog" },
    h("h3", { id: "confirm-title" }, plain(question.title?.text ?? "Are you sure?")),
    h("p", {}, plain(question.text?.text ?? "")),
    h("footer", {},
      h("button.button", { value: "no" }, plain(question.deny?.text ?? "Cancel")),
      h("button.button", { value: "yes", class: question.style ?? "primary" },
        plain(question.confirm?.text ?? "Yes")))));
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.onclose = () => resolve(dialog.returnValue === "yes");
  });
}
