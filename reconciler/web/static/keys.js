// The keyboard: everything that a mouse can do, and where to read which key does it.

import { ask } from "./dialog.js";
import { h } from "./dom.js";
import { link } from "./route.js";

const GO = { o: "overview", w: "workflows", j: "jobs", u: "users", p: "problems", a: "approvals", e: "activity" };
const HELP = [
  [["/"], "search"],
  [["j", "k"], "next, previous row"],
  [["Enter"], "open the row"],
  [["g", ...Object.keys(GO)], "one after the other: go to overview, workflows, jobs, users, problems, approvals, activity"],
  [["t"], "light, dark, as the system"],
  [["r"], "reconcile now"],
  [["?"], "this help"],
  [["←", "→", "↑", "↓"], "in a picture: along the lines, and between them"],
  [["+", "−", "0", "f"], "in a picture: zoom, fit"],
];
const TYPING = "input, textarea, select, [contenteditable]";

/** Begins to listen; `does` has what `t` and `r` do. */
export function begin(does) {
  let going = 0;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target.matches(TYPING)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const took = going && Date.now() - going < 1500 && GO[event.key] ? go(event.key) : press(event, does);
    going = event.key === "g" ? Date.now() : 0;
    if (took) event.preventDefault();
  });
}

function go(key) {
  location.hash = link(GO[key]);
  return true;
}

function press(event, does) {
  switch (event.key) {
    case "/":
      return focusSearch();
    case "j":
      return move(1);
    case "k":
      return move(-1);
    case "Enter":
      return open(event.target);
    case "t":
      return does.theme(), true;
    case "r":
      return does.reconcile(), true;
    case "?":
      return help(), true;
    default:
      return false;
  }
}

function focusSearch() {
  const input = document.getElementById("search");
  if (input) input.focus(), input.select();
  else location.hash = `${link("workflows", "", {})}?focus=search`;
  return true;
}

function move(by) {
  const rows = [...document.querySelectorAll("main .row")];
  if (!rows.length) return false;
  const here = rows.findIndex((row) => row.contains(document.activeElement));
  const next = rows[Math.min(rows.length - 1, Math.max(0, here + by))];
  (next.querySelector("a, summary") ?? next).focus();
  next.scrollIntoView({ block: "nearest" });
  return true;
}

function open(target) {
  const row = target.closest?.("[data-target]");
  if (!row || target.matches("a, button, summary")) return false;
  location.hash = row.dataset.target;
  return true;
}

export const help = () =>
  ask("Keys", (close) => h("div", null,
    h("dl", { class: "keys" }, HELP.map(([keys, what]) => h("div", null, h("dt", null, keys.map((key) => [h("kbd", null, key), " "])), h("dd", null, what)))),
    h("p", { class: "buttons end" }, h("button", { type: "button", class: "button", autofocus: true, onclick: () => close() }, "Close"))));
