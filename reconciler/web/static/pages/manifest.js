// A manifest as it is saved, its resource marked, every mistake beneath its line.

import { h } from "../dom.js";
import { empty, revision } from "../parts.js";
import { diagnostic } from "./problems.js";

/** Shows the text of a file with the mistakes in it. */
export function manifest(told) {
  if (told.text === null) return empty(told.missing, told.path ? ["It was declared in ", h("code", null, told.path), "."] : "");
  const lines = told.text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  const several = told.first > 1 || told.last < lines.length;
  const wrong = Map.groupBy(told.diagnostics, (one) => one.where.line);
  return h("div", { class: "manifest" },
    h("p", { class: "where" }, h("span", { class: "place" }, told.path), told.line ? h("span", { class: "muted" }, `, line ${told.line}`) : null, told.revision ? h("span", { class: "muted" }, ", last applied as ", revision(told.revision)) : null),
    [...(wrong.get(0) ?? [])].map((one) => diagnostic(one)),
    h("ol", { class: "source", tabindex: "0", "aria-label": `Text of ${told.path}` }, lines.map((text, place) => {
      const line = place + 1;
      const own = several && line >= told.first && line <= told.last;
      const mistakes = wrong.get(line) ?? [];
      return h("li", { class: `${own ? "own" : ""} ${mistakes.length ? "wrong" : ""}` },
        h("code", null, text || " "), mistakes.map((one) => diagnostic(one, { compact: true })));
    })));
}
