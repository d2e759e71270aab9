// What differs, would change, or has changed: field by field, job by job, before and after.

import { h } from "../dom.js";
import { json } from "../format.js";
import { badge, card, empty, sentence, subject, why } from "../parts.js";

const STATES = {
  Differs: "Its rows are not what its manifest says",
  NoRow: "It has no row",
  NotDeclared: "No manifest declares it",
};

/** One resource as it is declared against its rows: what a pass would do, or what keeps it from that. */
export function difference(told) {
  if (told.state === "Same" && !told.held_back) return empty("Rows and manifest agree: nothing would change.");
  return [
    told.state === "Same" || told.state === "Invalid" ? null : h("section", { class: "card step" },
      h("header", null, told.action ? badge(told.action, "") : null, h("strong", null, STATES[told.state]), told.why ? h("span", { class: "muted" }, sentence(told.why)) : null),
      fields(told.fields, told.jobs)),
    told.state === "Invalid" ? empty("Its manifest is not understood: the last good rows stay.", "Every mistake stands beneath its line, under Manifest.") : null,
    told.held_back ? left([told.held_back]) : null,
  ];
}

/** A plan: every step with why, then what is left as it is. */
export function plan(told) {
  const held = told.held_back ?? [];
  if (!told.steps.length && !held.length) return empty("Rows and manifests agree: nothing would change.");
  return [told.steps.map((one) => step(one)), held.length ? left(held) : null];
}

const left = (held) => card("Left as it is for now", h("ul", { class: "feed" }, held.map((one) =>
  h("li", null, badge(one.sync), subject(one.key), h("span", { class: "message muted" }, why(one))))));

function step(one) {
  return h("section", { class: "card step" },
    h("header", null, badge(one.action, ""), subject(one.key), h("span", { class: "muted" }, sentence(one.why))),
    fields(one.fields, one.jobs));
}

/** Fields of a resource and of its jobs, each with its value before and after. */
export function fields(own, jobs) {
  return h("div", { class: "diff" },
    own?.length ? h("dl", null, own.map(line)) : null,
    (jobs ?? []).map((job) => h("div", { class: "job" },
      h("p", null, badge(job.action, ""), h("strong", null, job.name), job.line ? h("span", { class: "place" }, `line ${job.line}`) : null),
      h("dl", null, job.fields.map(line)))));
}

function line({ field, before, after }) {
  const gone = before !== null && before !== undefined;
  const come = after !== null && after !== undefined;
  return h("div", { class: "field" },
    h("dt", null, field),
    h("dd", null,
      gone ? h("del", null, h("span", { class: "sr" }, "was "), json(before)) : null,
      come ? h("ins", null, h("span", { class: "sr" }, gone ? "becomes " : "is set to "), json(after)) : null));
}
