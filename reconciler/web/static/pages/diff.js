// What would change, or has changed: field by field, job by job, before and after.

import { h } from "../dom.js";
import { json } from "../format.js";
import { badge, card, empty, prose, sentence, subject } from "../parts.js";

/** A plan: every step with why, then what is left as it is. */
export function plan(told, nothing = "Rows and manifest agree: nothing would change.") {
  const held = told.held_back ?? [];
  if (!told.steps.length && !held.length) return empty(nothing);
  return [
    told.steps.map((one) => step(one)),
    held.length ? card("Left as it is", h("ul", { class: "feed" }, held.map((one) =>
      h("li", null, badge(one.sync), subject(one.key), h("span", { class: "message muted" }, `${one.reason}: `, prose(sentence(one.message))))))) : null,
  ];
}

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
