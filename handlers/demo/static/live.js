// Talking to the server: reads, acts, and hears of changes.

import { h, show } from "./dom.js";

// Only the page that was served to us knows it, so no other page can act here.
const token = document.querySelector("meta[name=token]").content;

export async function read(path) {
  const response = await fetch(path, { headers: { "X-Simulator-Token": token } });
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return response.json();
}

/** Do something; what goes wrong is said in a corner of the page. Gives null then. */
export async function act(path, body, method = "POST") {
  try {
    const response = await fetch(path, {
      method,
      headers: { "Content-Type": "application/json", "X-Simulator-Token": token },
      body: JSON.stringify(body),
    });
    const answer = await response.json();
    if (!response.ok || answer.ok === false) {
      if (!Object.keys(answer.errors ?? {}).length) {
        tell(answer.shown || answer.error || answer.message || `It answered ${response.status}.`);
      }
      return response.ok ? answer : null;
    }
    return answer;
  } catch {
    tell("The demo does not answer. Is it still running?");
    return null;
  }
}

/** Hear an event stream; EventSource connects again by itself. */
export function hear(path, heard) {
  const stream = new EventSource(`${path}?token=${encodeURIComponent(token)}`);
  stream.onmessage = (event) => heard(JSON.parse(event.data));
  stream.onopen = () => document.body.classList.remove("offline");
  stream.onerror = () => document.body.classList.add("offline");
}

/** Run `refresh` now and whenever it is asked for, never twice at once, never forgetting one. */
export function refresher(refresh) {
  let running = false;
  let again = false;
  return async function run() {
    if (running) {
      again = true;
      return;
    }
    running = true;
    try {
      await refresh();
    } catch (error) {
      console.warn(String(error));
    } finally {
      running = false;
      if (again) {
        again = false;
        run();
      }
    }
  };
}

let hide = 0;

/** Say something in a corner, for a while. */
export function tell(text) {
  const place = document.querySelector("#notice");
  show(place, h("p", {}, text));
  place.hidden = false;
  clearTimeout(hide);
  hide = setTimeout(() => { place.hidden = true; }, 6000);
}
