// The dashboard: one page at a time, from its address and from what the server says, kept up to date.

import { askForToken, dryRun, reconcile, suspend, resume } from "./actions.js";
import { read, token } from "./api.js";
import { tell } from "./dialog.js";
import { h, show } from "./dom.js";
import { many, number, span } from "./format.js";
import { icon } from "./icons.js";
import { begin, help } from "./keys.js";
import { listen } from "./live.js";
import { activity } from "./pages/activity.js";
import { approvals } from "./pages/approvals.js";
import { listPage } from "./pages/list.js";
import { overview } from "./pages/overview.js";
import { problems } from "./pages/problems.js";
import { resourcePage } from "./pages/resource.js";
import { empty, trouble } from "./parts.js";
import { current, link } from "./route.js";
import { cycle, sign } from "./theme.js";

const PAGES = { overview, workflows: listPage("workflows"), jobs: listPage("jobs"), users: listPage("users"), problems, approvals, activity };
const ONE = { workflows: resourcePage("workflows", "Workflow"), users: resourcePage("users", "User") };
const COUNTED = new Set(["overview", "workflows", "jobs", "users"]);
const EVENTS = 200; // how many are kept to be shown
const GENTLE = 400; // milliseconds that changes are gathered for before the page is read again
const EVERY = 10_000; // a scheduler's writes are no events: what it did is looked at now and then

const main = document.getElementById("main");
const state = { route: current(), data: null, error: null, read: 0, live: false, skew: 0, events: [], tallies: null, status: null, reading: null, due: 0 };

// --- reading -----------------------------------------------------------------------------------------------

const pageOf = (route) => (route.name ? ONE[route.page] : PAGES[route.page]);

async function load() {
  clearTimeout(state.due);
  state.reading?.abort();
  const reading = (state.reading = new AbortController());
  const { route } = state;
  const page = pageOf(route);
  try {
    const summary = read("summary", {}, reading.signal).then((told) => {
      state.status = told;
      if (!state.data && !reading.signal.aborted) render(); // what is known already is shown already
      return told;
    });
    const [data, head] = await Promise.all([page ? page.load(route, reading.signal) : {}, summary]);
    if (reading.signal.aborted) return;
    Object.assign(state, { data, status: head, error: null, read: Date.now(), skew: Date.parse(head.read_at) - Date.now(), shown: route });
    if (!route.name && COUNTED.has(route.page)) count(reading.signal);
  } catch (error) {
    if (error.name === "AbortError" || reading.signal.aborted) return;
    if (!("status" in error)) throw error;
    state.error = error;
    if (error.wantsToken && !document.querySelector("dialog[open]")) askForToken(token.get() ? error.message : "").then((given) => given && restart());
  } finally {
    if (!reading.signal.aborted) state.due = setTimeout(load, page?.every ?? EVERY);
  }
  render();
}

async function count(signal) {
  try {
    state.tallies = await read("tallies", {}, signal);
    render();
  } catch (error) {
    if (!("status" in error) && error.name !== "AbortError") throw error; // the counts come with the next reading
  }
}

function soon() {
  if (state.gathering) return;
  state.gathering = setTimeout(() => ((state.gathering = 0), load()), GENTLE);
}

// --- showing -----------------------------------------------------------------------------------------------

function render() {
  const { route, error } = state;
  const page = pageOf(route);
  const context = { route, now: Date.now() + state.skew, events: state.events, tallies: state.tallies, status: state.status, refresh: load };
  const title = page ? page.title(route.name) : "Nothing here";
  document.title = `${title} · ${state.status?.instance ?? "reconciler"}`;
  show(document.getElementById("title"), route.name ? [h("a", { href: link(route.page), class: "muted" }, `${PAGES[route.page]?.title() ?? route.page} /`), " "] : "", h("span", { title }, title));
  show(main, body(page, context));
  main.toggleAttribute("aria-busy", state.shown !== route && !error);
  navigation();
  ribbon();
}

function body(page, context) {
  if (!page) return empty("There is no such page.", h("a", { href: link("overview") }, "Go to the overview"));
  if (state.error && (state.error.status || state.shown !== state.route)) return trouble(state.error, load);
  if (state.shown !== state.route || !state.data) return page.early && state.status ? page.early(context) : h("div", { class: "skeleton", "aria-label": "Loading" }, [1, 2, 3].map(() => h("div", { class: "card" })));
  try {
    return page.view(state.data, context);
  } catch (error) {
    reportError(error); // the console has where; the person has what to do
    return trouble({ message: "this page met with a mistake of ours", why: String(error), fix: "load it anew; if that does not help, `reconciler status` tells the same" }, load);
  }
}

function navigation() {
  const told = state.status;
  const badges = { problems: told && (told.unsettled || told.mistakes), approvals: told?.gates };
  for (const item of document.querySelectorAll("#nav a")) {
    const on = item.dataset.page === state.route.page;
    item.toggleAttribute("data-on", on);
    if (on) item.setAttribute("aria-current", "page");
    else item.removeAttribute("aria-current");
    const count = badges[item.dataset.page];
    show(item.querySelector(".count"), count ? number(count) : "");
  }
  show(document.getElementById("instance"), told ? h("span", { title: told.source }, told.instance) : "");
  const asleep = document.getElementById("asleep");
  asleep.hidden = !told?.suspended;
  if (told?.suspended) show(asleep, icon("pause"), h("span", null, `The instance is suspended: ${told.suspended}`), h("button", { type: "button", class: "button", onclick: () => resume(null, load) }, "Resume"));
}

/** Says how old what is shown is, and why it does not get younger. */
function ribbon() {
  const old = (Date.now() - state.read) / 1000;
  const away = state.error && state.error.status === 0;
  const live = document.getElementById("live");
  const fresh = state.live && !away;
  live.className = `live ${fresh ? "good" : "bad"}`;
  show(live, h("span", { class: "dot" }), fresh ? "Live" : "Reconnecting");
  const strip = document.getElementById("ribbon");
  const text = !state.read ? "" : away || !state.live ? `Reconnecting to the daemon. What is shown is ${span(old)} old.` : state.status?.degraded ? `Shown from ${state.status.read_from}: ${state.status.degraded}.` : "";
  strip.hidden = !text || old < 2;
  show(strip, text ? [icon("problems"), h("span", null, text)] : "");
}

// --- what happens ------------------------------------------------------------------------------------------

function heard(event) {
  if (event.type === "away" || state.events.some((one) => one.id === event.id)) return;
  state.events = [event, ...state.events].slice(0, EVENTS);
  if (pageOf(state.route)?.concerns(event, state.route.name)) soon();
  render();
}

function navigate() {
  const before = state.route;
  state.route = current();
  const same = before.page === state.route.page && before.name === state.route.name;
  if (same && state.data) state.shown = state.route;
  else Object.assign(state, { data: null, error: null });
  load();
  render();
  if (!same) main.scrollTo(0, 0), window.scrollTo(0, 0), document.getElementById("title").focus({ preventScroll: true });
  if (state.route.query.get("focus") === "search") document.getElementById("search")?.focus();
}

let ending = new AbortController();
function restart() {
  ending.abort();
  ending = new AbortController();
  listen({ heard, changed: ({ live }) => { if (state.live !== live) (state.live = live), live && soon(), render(); }, signal: ending.signal });
  load();
}

async function recent() {
  const { items } = await read("events", { limit: 50 });
  const known = new Set(state.events.map((one) => one.id));
  state.events = [...state.events, ...items.filter((one) => !known.has(one.id))].slice(0, EVENTS);
  render();
}

function theme() {
  tell(`Colours: ${cycle()}`, "info");
  bar();
}

function bar() {
  const button = (label, picture, does, words) => h("button", { type: "button", class: `button ${words ? "" : "round"}`, "aria-label": words ?? label, title: label, onclick: does }, icon(picture), words ? h("span", null, words) : null);
  show(document.getElementById("actions"),
    button("Ask the daemon for a pass (r)", "sync", () => reconcile(), "Reconcile"),
    button("Show what a pass would do", "differs", dryRun, "Dry run"),
    button("Suspend the instance", "pause", () => suspend(null, load)),
    button("Token", "key", () => askForToken().then((given) => given && restart())),
    button("Light, dark, or as the system (t)", sign(), theme),
    button("Keys (?)", "help", help));
}

for (const item of document.querySelectorAll("#nav a")) item.prepend(icon(item.dataset.page));
bar();
begin({ theme, reconcile: () => reconcile() });
window.addEventListener("hashchange", navigate);
document.addEventListener("visibilitychange", () => document.hidden || load());
setInterval(() => document.hidden || !state.read || render(), 1000);
render();
restart();
recent().catch((error) => { if (!("status" in error)) throw error; });
