// The first page: is all as declared, what is not, what happened last.

import { read } from "../api.js";
import { h } from "../dom.js";
import { clock, counts, many, number, short, span, took } from "../format.js";
import { icon } from "../icons.js";
import { ago, badge, bar, card, empty, prose, revision, sentence, subject } from "../parts.js";
import { link } from "../route.js";
import { JOB_STATUSES, look, meaning, SYNCS, WORKFLOW_STATUSES } from "../words.js";
import { feed } from "./activity.js";

const REST = "…"; // on its way

export const overview = {
  title: () => "Overview",
  concerns: () => true,
  load: async (_, signal) => {
    const [passes, edit, drift] = await Promise.all([
      read("passes", { limit: 48 }, signal),
      read("last-edit", {}, signal),
      read("history", { action: "healed", limit: 6 }, signal),
    ]);
    return { passes, edit, drift };
  },
  early: (context) => overview.view({}, context),
  view: ({ passes, edit, drift }, context) => [
    verdict(context.status, context.now),
    h("div", { class: "grid" },
      card("Resources", resources(context.status)),
      card("Rows", rows(context.tallies)),
      card("Last edit", edit ? lastEdit(edit, context.now) : REST),
      card("Passes", passes ? strip(passes.items, context.now) : REST),
      card("Daemon", context.status.replicas.length ? context.status.replicas.map((one) => replica(one, context.now)) : empty("No daemon is heard of.", "Start one: reconciler run")),
      card([h("h2", null, "Drift"), h("span", { class: "muted" }, "hand edits, put back")], drift ? drifted(drift.items, context.now) : REST),
      h("div", { class: "span" }, card([h("h2", null, "As it happens"), h("a", { href: link("activity") }, "All activity")], feed(context.events.slice(0, 10), context.now)))),
  ],
};

// --- the verdict -------------------------------------------------------------------------------------------

function verdict(status, now) {
  const problems = status.findings.filter((one) => one.level === "problem");
  const warnings = status.findings.length - problems.length;
  const total = Object.values(status.totals ?? {}).reduce((sum, count) => sum + count, 0);
  const [tone, picture, headline] = problems.length
    ? ["bad", "problems", many(problems.length, "problem")]
    : ["good", "check", total ? `${many(total, "resource")}, as declared` : "Healthy, and nothing is declared yet"];
  const aside = warnings ? `Healthy, with ${many(warnings, "warning")}` : "Healthy";
  return h("section", { class: `verdict ${tone}`, "aria-label": "Verdict" },
    h("div", { class: "sign" }, icon(picture)),
    h("div", { class: "words" },
      h("h2", null, headline),
      h("p", { class: "muted" }, problems.length ? "Not healthy" : aside, revisionOf(status, now))),
    status.findings.length ? h("ul", { class: "findings" }, status.findings.map((one) => finding(one))) : null);
}

function revisionOf(sync, now) {
  if (!sync.last_applied_at) return ". No revision has been applied whole yet.";
  return [". Revision ", h("code", { title: sync.last_applied }, short(sync.last_applied)), " applied ", ago(sync.last_applied_at, now), " ago."];
}

function finding(one) {
  const target = targetOf(one);
  const head = [icon(one.level === "problem" ? "problems" : "unknown"), h("strong", null, one.reason)];
  return h("li", { class: one.level === "problem" ? "bad" : "warn" },
    h("span", { class: "what" }, target ? h("a", { href: target }, head) : head),
    h("span", { class: "message" }, prose(sentence(one.message))));
}

function targetOf({ reason, resources: named }) {
  if (["PruneBlocked", "HealBlocked", "SourceMismatch"].includes(reason)) return link("approvals");
  if (SYNCS.includes(reason)) return link("problems", "", { sync: reason });
  return reason === "InvalidManifests" || named.length ? link("problems") : null;
}

// --- counts ------------------------------------------------------------------------------------------------

function resources({ totals }) {
  const parts = SYNCS.map((word) => ({ word, count: totals[word] ?? 0 }));
  return [
    bar([...parts].reverse(), "Resources by sync"),
    h("ul", { class: "counts" }, parts.map(({ word, count }) =>
      h("li", null, h("a", { href: word === "Synced" ? link("workflows", "", { sync: word }) : link("problems", "", { sync: word }), title: meaning(word), class: count ? look(word).tone : "none" },
        icon(look(word).picture), h("span", null, word), h("b", null, number(count)))))),
  ];
}

function rows(tallies) {
  if (!tallies) return REST;
  return [["workflows", WORKFLOW_STATUSES], ["jobs", JOB_STATUSES]].map(([what, words]) => {
    const told = tallies[what].statuses;
    const parts = [...words, ...Object.keys(told).filter((word) => !words.includes(word))].map((word) => ({ word, count: told[word] ?? 0 }));
    const total = parts.reduce((sum, one) => sum + one.count, 0);
    return h("div", { class: "tallies" },
      h("h3", null, h("a", { href: link(what) }, sentence(what)), h("b", null, number(total))),
      bar(parts, sentence(what)),
      h("ul", { class: "counts slim" }, parts.filter((one) => one.count).map(({ word, count }) =>
        h("li", null, h("a", { href: link(what, "", { status: word }), class: look(word).tone }, icon(look(word).picture), h("span", null, word), h("b", null, number(count)))))));
  });
}

// --- what happened last ------------------------------------------------------------------------------------

function lastEdit(edit, now) {
  if (!edit.committed_at) return empty("No edit has been seen yet.", "Save a manifest, and how soon its rows follow shows here.");
  const [figure, words] = edit.seconds === null ? [edit.pass_seconds, "from first look to committed row"] : [edit.seconds, "from save to committed row"];
  return [
    h("p", { class: "figure" }, took(figure), h("span", { class: "muted" }, words)),
    h("p", null, subject(edit.key), " ", h("span", { class: "place", title: edit.path }, edit.path)),
    h("p", { class: "muted" }, counts(edit.counts), ", ", ago(edit.committed_at, now), " ago, revision ", revision(edit.revision)),
  ];
}

function strip(passes, now) {
  if (!passes.length) return empty("No pass has changed anything yet.");
  const longest = Math.max(...passes.map((one) => lasted(one)));
  const bars = [...passes].reverse().map((one) => {
    const height = 18 + 82 * (Math.log1p(lasted(one) * 1000) / Math.log1p(longest * 1000 || 1));
    const words = `${one.trigger}: ${counts(one.counts)}, ${took(lasted(one))}, ${clock(one.committed_at)}`;
    return h("li", { key: one.id }, h("a", { class: `pass ${toneOf(one)}`, href: link("activity", "", { tab: "history", pass: one.id }), title: words, "aria-label": words, style: { height: `${height.toFixed(0)}%` } }));
  });
  const [last] = passes;
  return [
    h("ol", { class: "strip", "aria-label": "The last passes that changed something, oldest first" }, bars),
    h("p", { class: "muted" }, "Last: ", h("b", null, last.trigger), ", ", counts(last.counts), ", ", took(lasted(last)), ", ", ago(last.committed_at, now), " ago"),
  ];
}

const lasted = (one) => Math.max(0, (Date.parse(one.committed_at) - Date.parse(one.started_at)) / 1000);

function toneOf({ counts: told }) {
  if (told.pruned) return "bad";
  if (told.healed) return "warn";
  return told.created || told.updated || told.adopted ? "good" : "idle";
}

function replica(one, now) {
  const silent = (now - Date.parse(one.heartbeat_at)) / 1000;
  return h("div", { class: "replica", key: one.replica },
    h("p", null, h("strong", { title: one.replica }, one.replica), " ", h("span", { class: `badge ${one.role === "leader" ? "info" : "idle"}` }, one.role === "leader" ? "writes" : "stands by"),
      h("span", { class: silent > 10 ? "bad" : "muted" }, ` heard of ${span(silent)} ago`)),
    h("ul", { class: "conditions" }, one.conditions.map((condition) => {
      const fine = condition.type === "Stalled" ? !condition.status : condition.type === "Ready" ? condition.status : true;
      return h("li", { title: condition.message || null },
        h("span", { class: `badge ${fine ? (condition.type === "Reconciling" && condition.status ? "info" : "good") : "bad"}` }, icon(fine ? "check" : "cross"), condition.status ? condition.type : `not ${condition.type}`),
        h("span", { class: "muted" }, condition.reason, " for ", ago(condition.since, now)));
    })),
    h("p", { class: "muted" }, `watching by ${one.watch}, up ${span((now - Date.parse(one.started_at)) / 1000)}, epoch ${one.epoch}, version ${one.version}`),
    [...one.problems, ...one.notes].map((text) => h("p", { class: "note" }, icon("problems"), " ", prose(sentence(text)))));
}

function drifted(items, now) {
  if (!items.length) return empty("Nobody has changed a row by hand.");
  return h("ul", { class: "feed" }, items.map((one) =>
    h("li", { key: one.id }, badge(one.action, ""), subject(one.key), h("span", { class: "message muted" }, what(one)), ago(one.at, now))));
}

function what({ fields, jobs }) {
  const told = [...fields.map((one) => one.field), ...jobs.map((job) => `${job.name}: ${job.fields.map((one) => one.field).join(", ")}`)];
  return told.slice(0, 3).join("; ") + (told.length > 3 ? ` and ${told.length - 3} more` : "") || "made again";
}
