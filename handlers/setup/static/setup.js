// Rows that changed are drawn anew, but for those somebody is typing into. Without this the page is
// drawn when it is loaded.
const EVERY = 4000;
async function look() {
  try {
    const answer = await fetch(location.pathname + location.search, { redirect: "error" });
    if (answer.ok) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const row of page.querySelectorAll("#rows > li")) {
        const shown = document.getElementById(row.id);
        const busy = shown.contains(document.activeElement) || shown.querySelector("details[open]");
        if (!busy && shown.className !== row.className || !busy && text(shown) !== text(row)) shown.replaceWith(row);
      }
    }
  } catch { /* It begins anew: the next look finds it. */ }
  setTimeout(look, EVERY);
}
const text = (row) => [...row.querySelectorAll(".found, .mend, .looked")].map((p) => p.textContent).join("\n");
// The half of the session that no other port is sent: without it the page is not shown.
const at = new URLSearchParams(location.search).get("at");
const kept = localStorage.getItem("at");
if (at) localStorage.setItem("at", at);
// While every process begins anew nobody answers.
async function back(url) {
  try {
    if ((await fetch(url)).ok) return location.replace(url);
  } catch { /* The next time. */ }
  setTimeout(back, 1000, url);
}
const link = document.getElementById("back");
if (link) setTimeout(back, 3000, link.href);
if (document.getElementById("rows")) setTimeout(look, EVERY);
else if (kept && location.pathname === "/setup" && !at && !location.search.includes("code=")) location.replace(`/setup?at=${kept}`);
