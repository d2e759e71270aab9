// Everything that is wrong: mistakes with their line and a caret, and each resource that is not as declared.

import { read } from "../api.js";
import { h } from "../dom.js";
import { many, number, place } from "../format.js";
import { icon } from "../icons.js";
import { ago, at, badge, card, choices, empty, prose, sentence, subject } from "../parts.js";
import { amended, link } from "../route.js";
import { look, meaning, SYNCS } from "../words.js";

const SIZE = 100;

export const problems = {
  title: () => "Problems",
  concerns: () => true,
  load: async ({ query }, signal) => {
    const [found, unsettled] = await Promise.all([
      read("diagnostics", {}, signal),
      read("unsettled", { limit: SIZE, sync: query.getAll("sync"), after: query.get("after") }, signal),
    ]);
    return { found, unsettled };
  },
  view: ({ found, unsettled }, { route, now, status }) => {
    const { totals, gaps } = status;
    const chosen = route.query.getAll("sync");
    const wrong = SYNCS.filter((word) => word !== "Synced" && totals[word]);
    const mistakes = !chosen.length || chosen.includes("Invalid") ? found.diagnostics : [];
    if (!found.diagnostics.length && !wrong.length) {
      return empty("No problem: every manifest is understood, and every row is as declared.", "Mistakes show here the moment a file with one is saved.");
    }
    const places = found.diagnostics.map((one) => `${place(one.where)} `);
    const unseen = gaps.filter((gap) => !places.some((where) => gap.startsWith(where)));
    return [
      h("div", { class: "filters" }, choices("Filter by sync", [
        { href: link("problems"), on: !chosen.length, content: "All" },
        ...wrong.map((word) => ({ href: amended(route, { sync: word, after: "" }), on: chosen.includes(word), title: meaning(word), content: [icon(look(word).picture), word, h("span", { class: "count" }, number(totals[word]))] })),
      ])),
      mistakes.length ? card([h("h2", null, "Mistakes in manifests"), h("span", { class: "muted" }, summary(found))], mistakes.map((one) => diagnostic(one))) : null,
      unseen.length && !chosen.length ? card("Not understood, so that absence proves nothing", h("ul", { class: "feed" }, unseen.map((gap) => h("li", null, prose(gap))))) : null,
      groups(unsettled.items, now),
      unsettled.next ? h("nav", { class: "pager", "aria-label": "Pages" }, h("a", { class: "button", href: amended(route, { after: unsettled.next }) }, "Next")) : null,
    ];
  },
};

const summary = ({ errors, warnings, files }) =>
  `${[errors && many(errors, "error"), warnings && many(warnings, "warning")].filter(Boolean).join(" and ")} in ${many(files, "file")}`;

function groups(resources, now) {
  return SYNCS.filter((word) => word !== "Synced").map((word) => {
    const those = resources.filter((one) => one.sync === word);
    if (!those.length) return null;
    return h("section", { class: "card", key: word },
      h("header", null, h("h2", null, badge(word)), h("span", { class: "muted" }, sentence(meaning(word)))),
      h("ul", { class: "feed" }, those.map((one) =>
        h("li", { key: one.key, class: "row" }, subject(one.key), h("span", { class: "reason" }, one.reason), at(one.where), h("span", { class: "message muted" }, prose(sentence(one.message))), ago(one.since, now))))
    );
  });
}

/** One mistake as the terminal shows it: its place, the line with a caret, the other places, and the cure. */
export function diagnostic(one, { compact = false } = {}) {
  const width = String(Math.max(one.where.line, ...one.related.map((other) => other.where.line))).length;
  return h("article", { class: `diagnostic ${one.severity}` },
    h("p", { class: "summary" }, h("span", { class: `badge ${one.severity === "error" ? "bad" : "warn"}` }, icon("problems"), `${one.severity} ${one.code}`), h("strong", null, prose(sentence(one.summary)))),
    compact ? null : h("p", { class: "where" }, one.resource ? [subject(one.resource), " "] : null, h("span", { class: "place" }, place(one.where))),
    compact ? null : excerpt(one.where, one.excerpt, "^", "", width),
    one.related.map((other) => [
      h("p", { class: "where" }, h("span", { class: "place" }, place(other.where)), other.excerpt ? null : ` ${other.note}`),
      excerpt(other.where, other.excerpt, "-", other.note, width),
    ]),
    one.hint ? h("p", { class: "help" }, h("strong", null, "help: "), prose(one.hint)) : null);
}

function excerpt(where, quoted, sign, note, width) {
  if (!quoted) return null;
  const letters = [...quoted.text]; // columns count characters
  const pad = letters.slice(0, quoted.column - 1).map((letter) => (letter === "\t" ? letter : wide(letter) ? "\u3000" : " ")).join("");
  const meant = letters.slice(quoted.column - 1, quoted.column - 1 + quoted.width);
  const reach = Math.max(1, meant.reduce((sum, letter) => sum + (wide(letter) ? 2 : 1), 0));
  const number = String(where.line).padStart(width);
  return h("pre", { class: "excerpt", tabindex: "0", "aria-label": `Line ${where.line} of ${where.path}, column ${where.column}` },
    h("span", { class: "gutter" }, `${number} │ `), quoted.text, "\n",
    h("span", { class: "gutter" }, `${" ".repeat(width)} │ `), pad,
    h("span", { class: sign === "^" ? "caret" : "caret other" }, sign.repeat(reach), note ? ` ${note}` : ""));
}

// Letters that take two columns in a monospaced font.
const wide = (letter) => /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/.test(letter);
