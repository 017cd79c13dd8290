// What a newcomer may try when the story is told: each is one click, done as the person chosen below.

import { h, show } from "./dom.js";
import { comment, open } from "./github.js";
import { command } from "./slack.js";

const SHIPPING = "Exactly 50 EUR is charged for shipping";
const COUPON = "Coupon from the newsletter is refused when pasted";
const TRIES = [
  ["Ask for another fix", () => comment(SHIPPING, "/soulcaster fix")],
  ["Ask why reports are one", () => comment(COUPON, "/soulcaster why")],
  ["Mistype a command", () => comment(COUPON, "/soulcaster statsu")],
  ["Report a problem twice", async () => comment("", "/soulcaster why", await open(
    "Orders of 50 euros still pay for delivery",
    "The shop promises free shipping from 50 EUR, and at exactly 50.00 I am charged 4.90.",
  ))],
  ["Ask for the status in Slack", () => command("status")],
];

/** The five buttons; `told` is whether the story is. */
export function showTries(told) {
  const place = document.querySelector("#tries");
  place.hidden = !told;
  show(place, told ? TRIES.map(([label], index) => h("li", {},
    h("button.button", { type: "button", "data-act": "try", "data-try": String(index) }, label))) : null);
}

export function actOnHeader(name, target) {
  if (name === "try") TRIES[Number(target.dataset.try)][1]();
}
