// Users, workflows and jobs: tables and tiles; the server searches, filters and pages.

import { read } from "../api.js";
import { h } from "../dom.js";
import { many, number } from "../format.js";
import { icon } from "../icons.js";
import { ago, at, badge, bar, choices, empty, labels } from "../parts.js";
import { amended, link } from "../route.js";
import { JOB_STATUSES, look, SYNCS, WORKFLOW_STATUSES } from "../words.js";

const SIZE = 50;
const FILTERS = ["search", "sync", "status", "label", "branch", "user", "workflow"];

const LISTS = {
  workflows: {
    title: "Workflows",
    noun: "workflow",
    statuses: WORKFLOW_STATUSES,
    tiles: true,
    synced: true,
    columns: [
      ["Name", "main", (one) => h("a", { class: "name", href: link("workflows", one.name), title: one.name }, one.name || one.id)],
      ["Sync", "", (one) => badge(one.standing.sync, one.standing.message || undefined)],
      ["Status", "", (one) => badge(one.status)],
      ["Jobs", "jobs", (one) => progress(one)],
      ["User", "wide", (one) => one.user && h("a", { href: link("workflows", "", { user: one.user }), title: one.user }, one.user)],
      ["Labels", "wide labels", (one) => labels(one.standing.labels)],
      ["Gen", "wide wider number", (one) => one.standing.generation || "—"],
      ["Age", "number", (one, now) => ago(one.created_at, now)],
      ["Place", "wide wider", (one) => at(one.standing)],
    ],
    target: (one) => link("workflows", one.name),
  },
  jobs: {
    title: "Jobs",
    noun: "job",
    statuses: JOB_STATUSES,
    columns: [
      ["Job", "main", (one) => h("a", { class: "name", href: link("workflows", one.workflow, { job: one.name }), title: one.name }, one.name)],
      ["Status", "", (one) => badge(one.status)],
      ["Workflow", "clip", (one) => h("a", { href: link("jobs", "", { workflow: one.workflow }), title: one.workflow }, one.workflow)],
      ["Type", "wide clip", (one) => one.job_type],
      ["Branch", "wide clip", (one) => h("a", { href: link("jobs", "", { branch: one.branch_id }), title: one.branch_id }, one.branch_id)],
      ["Needs", "wide wider clip", (one) => (one.needs.length ? h("span", { title: one.needs.join(", ") }, one.needs.join(", ")) : h("span", { class: "muted" }, "—"))],
      ["Sync", "", (one) => badge(one.standing.sync, one.standing.message || undefined)],
      ["Age", "number", (one, now) => ago(one.created_at, now)],
    ],
    target: (one) => link("workflows", one.workflow, { job: one.name }),
  },
  users: {
    title: "Users",
    noun: "user",
    synced: true,
    statuses: [],
    columns: [
      ["Name", "main", (one) => h("a", { class: "name", href: link("users", one.name), title: one.name }, one.name)],
      ["Username", "", (one) => one.username || h("span", { class: "muted" }, "no row yet")],
      ["Sync", "", (one) => badge(one.standing.sync, one.standing.message || undefined)],
      ["Labels", "wide labels", (one) => labels(one.standing.labels, "users")],
      ["Gen", "wide number", (one) => one.standing.generation || "—"],
      ["Age", "number", (one, now) => ago(one.created_at, now)],
      ["Place", "wide", (one) => at(one.standing)],
    ],
    target: (one) => link("users", one.name),
  },
};

/** Makes the page of one list. */
export function listPage(what) {
  const list = LISTS[what];
  return {
    title: () => list.title,
    concerns: () => true,
    load: async ({ query }, signal) => {
      const asked = Object.fromEntries(FILTERS.map((name) => [name, query.getAll(name)]));
      const page = await read(what, { ...asked, limit: SIZE, after: query.get("after") ?? "" }, signal);
      return { page };
    },
    view: (data, context) => page(what, list, data, context),
  };
}

function page(what, list, { page: found }, context) {
  const { route, now } = context;
  const tiles = list.tiles && route.query.get("as") === "tiles";
  const chosen = FILTERS.flatMap((name) => route.query.getAll(name).map((value) => [name, value]));
  return [
    h("div", { class: "toolbar" }, searchBox(list, route), list.tiles ? looks(route, tiles) : null),
    filters(list, context, chosen),
    found.items.length ? (tiles ? cards(found.items, now) : table(list, found.items, now)) : nothing(list, chosen, route),
    pager(found, route),
  ];
}

// --- what narrows ------------------------------------------------------------------------------------------

function searchBox(list, route) {
  let timer = 0;
  const search = (text) => location.replace(amended(route, { search: text.trim(), after: "" }));
  const input = h("input", {
    type: "search",
    id: "search",
    placeholder: `Search ${list.title.toLowerCase()}`,
    "aria-label": `Search ${list.title.toLowerCase()} by name`,
    autocomplete: "off",
    spellcheck: "false",
    value: route.query.get("search") ?? "",
    oninput: (event) => {
      clearTimeout(timer);
      const text = event.target.value;
      timer = setTimeout(() => search(text), 180);
    },
  });
  return h("div", { class: "search", role: "search" }, icon("search"), input, h("kbd", { "aria-hidden": "true" }, "/"));
}

function looks(route, tiles) {
  return choices("Shown as", [
    { href: amended(route, { as: "" }), on: !tiles, content: [icon("rows"), h("span", null, "Table")] },
    { href: amended(route, { as: "tiles" }), on: tiles, content: [icon("tiles"), h("span", null, "Tiles")] },
  ]);
}

function filters(list, { route, tallies }, chosen) {
  const tally = tallies?.[route.page];
  const group = (name, words, counted) =>
    words.length
      ? choices(name === "sync" ? "Filter by sync" : "Filter by status", words.map((word) => {
          const on = route.query.getAll(name).includes(word);
          const rest = route.query.getAll(name).filter((one) => one !== word);
          return {
            zero: counted && !counted[word] && !on,
            href: amended(route, { [name]: on ? rest : [...rest, word], after: "" }),
            on,
            content: [icon(look(word).picture), word, counted ? h("span", { class: "count" }, number(counted[word] ?? 0)) : null],
          };
        }))
      : null;
  const others = chosen.filter(([name]) => !["search", "sync", "status"].includes(name));
  return h(
    "div",
    { class: "filters" },
    group("sync", SYNCS, list.synced ? tally?.syncs : null),
    group("status", list.statuses, tally?.statuses),
    others.length || chosen.length > 1
      ? h("div", { class: "choices" },
          others.map(([name, value]) =>
            h("a", { class: "choice", "aria-current": "true", title: "Remove this filter", href: amended(route, { [name]: route.query.getAll(name).filter((one) => one !== value), after: "" }) },
              `${name}: ${value}`, icon("cross", "remove"))),
          h("a", { class: "choice plain", href: link(route.page, "", { as: route.query.get("as") }) }, "Clear all"))
      : null,
  );
}

// --- what is found -----------------------------------------------------------------------------------------

function table(list, items, now) {
  const head = list.columns.map(([title, kind]) => h("th", { scope: "col", class: kind }, title));
  const rows = items.map((one) =>
    h("tr", { class: "row", key: one.id ?? `${one.name}@${one.standing.instance}`, "data-target": list.target(one) },
      list.columns.map(([title, kind, cell], place) => h(place ? "td" : "th", { class: kind, "data-title": title, scope: place ? null : "row" }, cell(one, now)))));
  return h("div", { class: "table" }, h("table", null, h("thead", null, h("tr", null, head)), h("tbody", null, rows)));
}

function cards(items, now) {
  return h(
    "ul",
    { class: "tiles" },
    items.map((one) =>
      h("li", { class: `tile row ${look(one.standing.sync).tone}`, key: one.id ?? one.name, "data-target": link("workflows", one.name) },
        h("a", { class: "name", href: link("workflows", one.name), title: one.name }, one.name || one.id),
        h("p", { class: "badges" }, badge(one.standing.sync, one.standing.message || undefined), badge(one.status)),
        progress(one),
        h("p", { class: "muted foot" }, h("span", { title: one.user }, one.user), ago(one.created_at, now)))),
  );
}

/** How far a workflow's jobs have come: a bar, and how many have succeeded. */
export function progress({ jobs }) {
  const total = Object.values(jobs).reduce((sum, count) => sum + count, 0);
  if (!total) return h("span", { class: "muted" }, "—");
  const known = [...JOB_STATUSES].reverse().filter((word) => jobs[word]);
  const others = Object.keys(jobs).filter((word) => !JOB_STATUSES.includes(word));
  return h("span", { class: "progress" },
    bar([...known, ...others].map((word) => ({ word, count: jobs[word] })), "Jobs"),
    h("span", { class: "tally", title: "succeeded, of all" }, `${number(jobs.SUCCEEDED ?? 0)}/${number(total)}`));
}

function nothing(list, chosen, route) {
  if (route.query.get("after")) return empty("That was the last page.", h("a", { href: amended(route, { after: "" }) }, "Back to the first"));
  if (chosen.length) {
    return empty(`No ${list.noun} is like that.`, h("a", { href: link(route.page, "", { as: route.query.get("as") }) }, "Clear every filter"));
  }
  return empty(`There is no ${list.noun} yet.`,
    "Save a manifest into the folder that the daemon watches; its row shows here as soon as it is committed.",
    h("code", null, "reconciler init"), "writes a first folder to start from.");
}

function pager(found, route) {
  const later = route.query.get("after");
  if (!later && !found.next) return h("p", { class: "pager muted" }, found.items.length ? many(found.items.length, "row") : "");
  return h("nav", { class: "pager", "aria-label": "Pages" },
    later ? h("a", { class: "button", href: amended(route, { after: "" }) }, "First page") : null,
    later ? h("button", { type: "button", class: "button", onclick: () => history.back() }, icon("left"), "Back") : null,
    found.next ? h("a", { class: "button", rel: "next", href: amended(route, { after: found.next }) }, "Next", icon("right")) : null);
}
