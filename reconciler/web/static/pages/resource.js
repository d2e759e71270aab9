// One workflow or one user: how it stands, its picture, and beside it manifest, difference, events and history.

import { part, read, Refused } from "../api.js";
import { resume, suspend } from "../actions.js";
import { h, stay } from "../dom.js";
import { number } from "../format.js";
import { Graph, proportions } from "../graph.js";
import { icon } from "../icons.js";
import { ago, at, badge, choices, empty, labels, revision, trouble, why } from "../parts.js";
import { amended, link } from "../route.js";
import { look } from "../words.js";
import { feed, past } from "./activity.js";
import { difference } from "./diff.js";
import { progress } from "./list.js";
import { manifest } from "./manifest.js";

const TABS = { jobs: "Jobs", manifest: "Manifest", diff: "Diff", events: "Events", history: "History" };

const picture = new Graph((job) => (location.hash = amendedJob(job)));
let here = null;
const amendedJob = (job) => amended(here, { job, tab: "jobs" });

/** Makes the page of one resource of a kind: `workflows` or `users`. */
export function resourcePage(kind, word) {
  const key = (name) => `${word}/${name}`;
  return {
    title: (name) => name,
    concerns: (event, name) => event.subject === key(name) || event.type === "pass" || event.type === "view",
    every: 2000,
    load: async ({ name, query }, signal) => {
      const base = `${kind}/${part(name)}`;
      const tab = tabOf(query, kind);
      const asked = { manifest: "manifest", diff: "diff", events: "events", history: "history" }[tab];
      const [item, graph, beside] = await Promise.all([
        read(base, {}, signal),
        kind === "workflows" ? attempt(read(`${base}/graph`, {}, signal)) : null,
        asked ? attempt(read(`${base}/${asked}`, {}, signal)) : null,
      ]);
      return { tab, item, graph, beside };
    },
    view: (data, context) => view(kind, key(context.route.name), data, context),
  };
}

const tabOf = (query, kind) => query.get("tab") ?? (kind === "workflows" ? "jobs" : "manifest");

// What is beside the point of a page must not take the page down: it is shown where it would have stood.
async function attempt(asked) {
  try {
    return { told: await asked };
  } catch (error) {
    if (!(error instanceof Refused) || error.status === 0 || error.wantsToken) throw error;
    return { error };
  }
}

function view(kind, key, { tab, item, graph, beside }, { route, now, refresh }) {
  here = route;
  const asked = tabOf(route.query, kind); // what is shown may still be the one before
  const chosen = route.query.get("job") ?? "";
  const tabs = Object.entries(TABS).filter(([name]) => name !== "jobs" || kind === "workflows");
  const { high, wide } = graph?.told ? proportions(graph.told) : {};
  if (graph?.told) queueMicrotask(() => picture.show(graph.told, chosen));
  return [
    head(key, item, now, refresh),
    h("div", { class: graph ? `split ${wide ? "wide-picture" : ""}` : "" },
      graph ? h("section", { class: "card picture", "aria-label": "Picture", style: high && { "--high": `${high}px` } }, graph.told ? stay(picture.element) : undrawn(graph.error)) : null,
      h("section", { class: "card beside" },
        h("header", null, choices("Beside it", tabs.map(([name, title]) => ({ href: amended(route, { tab: name, job: name === "jobs" ? chosen : "" }), on: asked === name, content: title })))),
        h("div", { class: "scroll", key: tab }, beside?.error ? trouble(beside.error) : show(tab, { graph: graph?.told, beside: beside?.told, chosen, now, route })))),
  ];
}

function head(key, item, now, refresh) {
  const { standing } = item;
  const suspended = standing.reason === "Suspended";
  return h("div", { class: "head" },
    h("p", { class: "badges" }, badge(standing.sync), item.status ? badge(item.status) : null, item.jobs ? progress(item) : null, labels(standing.labels, key.startsWith("User/") ? "users" : "workflows")),
    h("p", { class: "facts muted" },
      item.user ? h("span", null, "user ", h("a", { href: link("users", item.user) }, item.user)) : null,
      item.username ? h("span", null, "username ", h("b", null, item.username)) : null,
      at(standing),
      h("span", null, "generation ", h("b", null, number(standing.generation))),
      item.observed_generation ? h("span", null, "observed ", h("b", null, number(item.observed_generation))) : null,
      h("span", null, "revision ", revision(standing.revision)),
      item.created_at ? h("span", null, "created ", ago(item.created_at, now), " ago") : h("span", null, "no row yet"),
      suspended
        ? h("button", { type: "button", class: "button", onclick: () => resume(key, refresh) }, icon("play"), "Resume")
        : h("button", { type: "button", class: "button", onclick: () => suspend(key, refresh) }, icon("pause"), "Suspend")),
    standing.sync && standing.sync !== "Synced" ? h("p", { class: `note ${look(standing.sync).tone}` }, icon("problems"), " ", why(standing)) : null);
}

const undrawn = (error) => (error.status === 404
  ? empty("No picture: it has no rows yet.", "Once its manifest is applied, its jobs are drawn here.")
  : trouble(error));

function show(tab, { graph, beside, chosen, now, route }) {
  switch (tab) {
    case "manifest":
      return manifest(beside);
    case "diff":
      return difference(beside);
    case "events":
      return feed(beside.items, now, { own: true });
    case "history":
      return past(beside.items, now, { own: true });
    default:
      return jobs(graph, chosen, route);
  }
}

/** The jobs as a list, in the order of the picture: the same without a picture. */
function jobs(graph, chosen, route) {
  if (!graph) return empty("No jobs: it has no rows yet.");
  return h("ol", { class: "jobs" }, graph.nodes.map((node) =>
    h("li", { key: node.name, class: `row ${node.name === chosen ? "chosen" : ""}` },
      h("a", { class: "name", href: amended(route, { job: node.name === chosen ? "" : node.name }), "aria-current": node.name === chosen ? "true" : null, title: node.name }, node.name),
      badge(node.status),
      h("span", { class: "muted" }, node.job_type),
      h("span", { class: `branch lane-${node.lane % 8}`, title: `branch ${node.branch}` }, node.branch),
      node.needs.length ? h("span", { class: "muted needs", title: node.needs.join(", ") }, `needs ${node.needs.join(", ")}`) : null)));
}
