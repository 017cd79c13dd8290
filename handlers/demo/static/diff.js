// Unified diffs as tables with line numbers.

import { ago, avatar, h } from "./dom.js";

/** Every changed file of a pull request, with what reviewers said on its lines. */
export function files(changed, comments = []) {
  return h("div.files", {}, changed.map((file) => h("details.file", { key: file.path, open: true },
    h("summary", {},
      h("code", {}, file.previous && file.previous !== file.path ? `${file.previous} → ${file.path}` : file.path),
      h("span.status", {}, file.status),
      h("span.size", {}, h("ins", {}, `+${file.additions}`), " ", h("del", {}, `−${file.deletions}`))),
    file.patch ? h("div.patch", { tabindex: "0", role: "region", "aria-label": `Changes of ${file.path}` },
      table(file, comments.filter((one) => one.path === file.path)))
      : h("p.empty", {}, "No text to show."))));
}

function table(file, comments) {
  let oldLine = 0;
  let newLine = 0;
  const rows = [];
  const row = (kind, before, after, mark, text) => rows.push(h("tr", { class: kind },
    h("td.number", { "data-line": before }), h("td.number", { "data-line": after }),
    h("td.mark", { "aria-label": { "+": "added", "-": "removed" }[mark] }, mark),
    h("td.code", {}, text)));
  for (const line of file.patch.replace(/\n$/, "").split("\n")) {
    const hunk = line.match(/^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@(.*)$/);
    if (hunk) {
      [oldLine, newLine] = [Number(hunk[1]), Number(hunk[2])];
      row("hunk", "", "", "", line);
    } else if (line.startsWith("+")) {
      row("added", "", newLine, "+", line.slice(1));
      rows.push(...said(comments, newLine, "RIGHT"));
      newLine += 1;
    } else if (line.startsWith("-")) {
      row("removed", oldLine, "", "-", line.slice(1));
      rows.push(...said(comments, oldLine, "LEFT"));
      oldLine += 1;
    } else if (line.startsWith("\\")) {
      row("note", "", "", "", line.slice(2));
    } else {
      row("same", oldLine, newLine, " ", line.slice(1));
      rows.push(...said(comments, newLine, "RIGHT"));
      oldLine += 1;
      newLine += 1;
    }
  }
  return h("table", {}, h("tbody", {}, rows));
}

function said(comments, line, side) {
  return comments.filter((one) => one.line === line && one.side === side).map((one) =>
    h("tr.said", { key: `comment ${one.id}` }, h("td", { colspan: "4" },
      h("div.box", {}, h("header", {}, avatar(one.author.login, { bot: one.author.ours, size: "small" }),
        h("b", {}, one.author.login), ago(one.at)), h("div.markdown", { html: one.html })))));
}
