// What can be asked of the instance from here: each with the words of the command that does the same.

import { act, Refused, token } from "./api.js";
import { ask, form, tell } from "./dialog.js";
import { h } from "./dom.js";
import { counts, many } from "./format.js";
import { sentence, trouble } from "./parts.js";
import { plan } from "./pages/diff.js";

/** Asks for a token, and keeps it for this tab. Resolves to whether one was given. */
export async function askForToken(why = "") {
  const given = await form("Token", [
    why ? h("p", { class: "note bad" }, sentence(why), ".") : null,
    h("p", null, "Make one that may do all that this page offers:"),
    h("p", null, h("code", null, "reconciler token create NAME --scope read --scope reconcile --scope approve")),
    h("p", null, "It is kept for this tab alone, until you close it."),
  ], h("label", null, "Token", h("input", { type: "password", name: "token", autocomplete: "off", required: true, autofocus: true, value: token.get() })), "Use it");
  if (!given) return false;
  token.set(given.token.trim());
  return true;
}

/** Asks the daemon for a pass, and says how it went. */
export const reconcile = (force = []) =>
  attempt(async () => {
    tell("A pass is asked for …", "info");
    const answer = await act("reconcile", force.length ? { force } : {});
    tell(`${answer.outcome}: ${answer.error || counts(answer.counts)}`, answer.error || answer.owed || answer.mistakes ? "bad" : "good");
  });

/** Shows what a full pass would do. */
export const dryRun = () =>
  attempt(async () => {
    tell("Making a plan …", "info");
    const told = await act("plan");
    await ask("What a pass would do", (close) => h("div", null,
      h("p", { class: "muted" }, told.steps.length ? `${many(told.steps.length, "step")}; nothing has been written.` : "Nothing has been written."),
      h("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": "The plan" }, plan(told)),
      h("p", { class: "buttons end" }, h("button", { type: "button", class: "button", autofocus: true, onclick: () => close() }, "Close"))));
  });

/** Has a resource, or the whole instance, left alone. */
export async function suspend(key, done) {
  const told = await form(key ? `Suspend ${key}` : "Suspend the instance", h("p", null, "Its rows stay as they are, whatever the manifests say, until it is resumed."), [
    h("label", null, "Why", h("input", { name: "reason", required: true, maxlength: "200", autofocus: true, placeholder: "say it to whoever finds it suspended" })),
    h("label", null, "For how long", h("select", { name: "for" },
      [["", "until resumed"], ["1h", "one hour"], ["8h", "eight hours"], ["1d", "a day"], ["7d", "a week"]].map(([value, words]) => h("option", { value }, words)))),
  ], "Suspend");
  if (!told) return;
  await attempt(async () => {
    await act("suspend", { ...(key ? { resource: key } : {}), reason: told.reason, ...(told.for ? { for: told.for } : {}) });
    tell(`${key ?? "The instance"} is suspended`);
    done();
  });
}

/** Ends a suspension. */
export const resume = (key, done) =>
  attempt(async () => {
    await act("resume", key ? { resource: key } : {});
    tell(`${key ?? "The instance"} is resumed`);
    done();
  });

/** Releases exactly one set, after a second look. */
export async function approve(gate, what, done) {
  const sure = await form("Approve", [
    h("p", null, "This lets the next pass ", h("strong", null, what), ". It can't be taken back once that pass has run."),
    gate.subjects.length ? h("ul", { class: "subjects scroll", tabindex: "0", "aria-label": "What is approved" }, gate.subjects.map((told) => h("li", null, told.split(" ", 1)[0]))) : null,
  ], [], `Approve ${gate.digest.slice(0, 12)}`, "danger");
  if (!sure) return;
  await attempt(async () => {
    await act("approve", { digest: gate.digest });
    tell("Approved: the next pass acts on it");
    done();
  });
}

async function attempt(action) {
  try {
    await action();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (error.wantsToken && (await askForToken(`${error.message}${error.why ? `: ${error.why}` : ""}`))) return attempt(action);
    if (!error.wantsToken) await ask("That did not work", (close) => h("div", null, trouble(error), h("p", { class: "buttons end" }, h("button", { type: "button", class: "button", onclick: () => close() }, "Close"))));
  }
}
