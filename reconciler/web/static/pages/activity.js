// What happened: events as they come, the changes of rows, and the passes that made them.

import { read } from "../api.js";
import { h } from "../dom.js";
import { clock, counts, took } from "../format.js";
import { ago, at, badge, card, choices, empty, prose, revision, sentence, subject } from "../parts.js";
import { amended, link } from "../route.js";
import { fields } from "./diff.js";

const TABS = { events: "Events", history: "History", passes: "Passes" };

export const activity = {
  title: () => "Activity",
  concerns: () => true,
  load: async ({ query }, signal) => {
    const tab = query.get("tab") ?? "events";
    const after = query.get("after") ?? "";
    if (tab === "events") return { tab };
    if (tab === "passes") return { tab, found: await read("passes", { limit: 50, after }, signal) };
    return { tab, found: await read("history", { limit: 50, after, pass: query.get("pass"), action: query.getAll("action") }, signal) };
  },
  view: ({ tab, found }, { route, events, now }) => [
    h("div", { class: "toolbar" }, choices("What is shown", Object.entries(TABS).map(([name, title]) =>
      ({ href: link("activity", "", { tab: name === "events" ? "" : name }), on: tab === name, content: title })))),
    tab === "passes" ? passes(found.items, now) : card("", tab === "events" ? feed(events, now) : past(found.items, now)),
    found?.next ? h("nav", { class: "pager", "aria-label": "Pages" }, h("a", { class: "button", href: amended(route, { after: found.next }) }, "Older")) : null,
  ],
};

/** Events, the latest first, as one line each. */
export function feed(events, now, { own = false } = {}) {
  if (!events.length) return empty("Nothing has happened since this page was opened.", "Save a manifest, or change a row by hand, and watch.");
  return h("ul", { class: "feed" }, events.map((one) =>
    h("li", { key: one.id || `${one.at} ${one.subject} ${one.status}`, class: "row" },
      badge(one.status, ""), own ? null : subject(one.subject), at(one.where),
      h("span", { class: "message muted" }, prose([one.reason, one.message].filter(Boolean).join(": "))),
      ago(one.at, now))));
}

/** Changes of rows, the latest first, each with what it changed. */
export function past(items, now, { own = false } = {}) {
  if (!items.length) return empty("No row has been changed yet.");
  return h("ul", { class: "feed" }, items.map((one) =>
    h("li", { key: one.id, class: "row" },
      badge(one.action, ""), own ? null : subject(one.key),
      h("span", { class: "muted" }, one.trigger, people("asked for by", one.asked_by), people("approved by", one.approved_by)),
      h("span", { class: "place" }, one.path), revision(one.revision), ago(one.at, now),
      one.fields.length || one.jobs.length ? h("details", null, h("summary", null, inShort(one)), fields(one.fields, one.jobs)) : null)));
}

function inShort({ fields: own, jobs }) {
  const changed = [...own.map((one) => one.field), ...jobs.map((job) => job.name)];
  return changed.slice(0, 4).join(", ") + (changed.length > 4 ? ` and ${changed.length - 4} more` : "");
}

const people = (words, who) => (who.length ? `, ${words} ${who.join(", ")}` : "");

function passes(items, now) {
  if (!items.length) return empty("No pass has changed anything yet.");
  return h("div", { class: "table" }, h("table", null,
    h("thead", null, h("tr", null, ["When", "Trigger", "Changes", "Took", "Revision", "Epoch"].map((title) => h("th", { scope: "col", class: ["Took", "Epoch"].includes(title) ? "number" : null }, title)))),
    h("tbody", null, items.map((one) => h("tr", { key: one.id, class: "row", "data-target": link("activity", "", { tab: "history", pass: one.id }) },
      h("th", { scope: "row", class: "main" }, h("a", { class: "name", href: link("activity", "", { tab: "history", pass: one.id }), title: one.id }, clock(one.committed_at)), " ", ago(one.committed_at, now)),
      h("td", null, sentence(one.trigger)),
      h("td", null, counts(one.counts)),
      h("td", { class: "number" }, took((Date.parse(one.committed_at) - Date.parse(one.started_at)) / 1000)),
      h("td", { class: "wide" }, revision(one.revision)),
      h("td", { class: "wide number" }, one.epoch))))));
}
