// Sets that no pass touches without a person's word: exactly what would go, and the approval.

import { read } from "../api.js";
import { h } from "../dom.js";
import { clock, many, number } from "../format.js";
import { icon } from "../icons.js";
import { ago, card, empty, subject } from "../parts.js";
import { approve } from "../actions.js";

const ASKED = {
  prune: ["Delete the rows of", "PruneBlocked", "No manifest declares these any more, and they are more than the budget of an hour lets a pass delete."],
  heal: ["Make again the rows of", "HealBlocked", "So many rows are gone that making them again would run everything once more."],
  source: ["Reconcile from another source", "SourceMismatch", "The manifests come from somewhere else than before."],
};
const SHOWN = 200;

export const approvals = {
  title: () => "Approvals",
  concerns: () => true,
  load: async (_, signal) => ({ gates: (await read("gates", {}, signal)).items }),
  view: ({ gates }, { now, refresh }) => (gates.length ? gates.map((gate) => one(gate, now, refresh)) : empty(
    "Nothing waits for approval.",
    "A pass that would delete more than its budget does everything else, and what it would delete shows here, for you to release or not.")),
};

function one(gate, now, refresh) {
  const [what, reason, why] = ASKED[gate.kind];
  const counted = gate.subjects.length ? ` ${many(gate.subjects.length, "resource")}` : "";
  return h("div", { key: gate.digest }, card(
    [h("h2", null, icon("approvals"), ` ${what}${counted}`), h("span", { class: "badge bad" }, reason)],
    h("p", null, why),
    h("p", { class: "muted" }, "Digest ", h("code", { title: gate.digest }, gate.digest.slice(0, 12)), ", waiting for ", ago(gate.proposed_at, now), ". It covers exactly these rows in these generations."),
    gate.subjects.length ? h("ul", { class: "subjects" }, gate.subjects.slice(0, SHOWN).map((told) => row(told))) : null,
    gate.subjects.length > SHOWN ? h("p", { class: "muted" }, `and ${number(gate.subjects.length - SHOWN)} more: `, h("code", null, `reconciler approve`), " lists them all.") : null,
    gate.approved_at
      ? h("p", { class: "note good" }, icon("check"), ` Approved by ${gate.approved_by}, until ${clock(gate.expires_at)}; the next pass acts on it.`)
      : h("p", { class: "buttons" }, h("button", { type: "button", class: "button danger", onclick: () => approve(gate, `${what.toLowerCase()}${counted}`, refresh) }, icon("approvals"), "Approve"),
          h("span", { class: "muted" }, "or ", h("code", null, `reconciler approve ${gate.digest.slice(0, 12)}`)))));
}

// A subject is `Kind/name row-id generation`.
function row(told) {
  const [key, id, generation] = told.split(" ");
  return h("li", { key: told }, subject(key), h("span", { class: "muted", title: id }, `generation ${generation}`), h("code", { class: "id" }, id));
}
