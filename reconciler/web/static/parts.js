// The pieces that pages are made of.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { age, clock, place, short } from "./format.js";
import { link, linkOf } from "./route.js";
import { look, meaning } from "./words.js";

/** A status: a word, a picture and a tone; the tone alone never says it. */
export function badge(word, title = meaning(word)) {
  if (!word) return h("span", { class: "muted" }, "—");
  const { tone, picture } = look(word);
  return h("span", { class: `badge ${tone}`, title: title || null }, icon(picture), word);
}

/** How long ago something was, with the time itself at hand. */
export function ago(time, now) {
  return time ? h("time", { datetime: time, title: clock(time), class: "ago" }, age(time, now)) : h("span", { class: "muted" }, "—");
}

/** A resource's name, which leads to it. */
export function subject(key) {
  const target = linkOf(key);
  const [kind, name] = [key.split("/", 1)[0], key.slice(key.indexOf("/") + 1)];
  const shortened = kind === "Pass" ? name.slice(0, 8) : name;
  const words = [h("span", { class: "kind" }, `${kind}/`), shortened];
  return target ? h("a", { class: "subject", href: target, title: key }, words) : h("span", { class: "subject", title: key }, words);
}

export function at(where) {
  return where?.path ? h("span", { class: "place", title: place(where) }, place(where)) : null;
}

export const revision = (value) => (value ? h("code", { title: value }, short(value)) : h("span", { class: "muted" }, "—"));

/** A heading and what stands beneath it. */
export function card(title, ...content) {
  const head = Array.isArray(title) ? title : [h("h2", null, title)];
  return h("section", { class: "card" }, title ? h("header", null, head) : null, content);
}

/** What is shown where there is nothing: what that means, and what to do. */
export function empty(title, ...advice) {
  return h("div", { class: "empty" }, h("p", { class: "lead" }, title), advice.map((one) => h("p", null, one)));
}

/** What went wrong, why, and how to go on. */
export function trouble(error, retry) {
  return h(
    "div",
    { class: "empty trouble", role: "alert" },
    h("p", { class: "lead" }, icon("problems"), " ", prose(sentence(error.message))),
    error.why ? h("p", null, prose(sentence(error.why))) : null,
    error.fix ? h("p", { class: "fix" }, prose(sentence(error.fix))) : null,
    retry ? h("button", { type: "button", class: "button", onclick: retry }, "Try again") : null,
  );
}

export const sentence = (text) => (text ? text[0].toUpperCase() + text.slice(1) : "");

/** A text, with what stands in backticks as code. */
export const prose = (text) =>
  text.split("`").map((part, place) => (place % 2 ? h("code", null, part) : part));

/** Why a resource stands as it does: the reason's word, unless the message begins with it, and the message. */
export function why({ reason, message }) {
  const said = message.toLowerCase().startsWith(reason.toLowerCase());
  return said || !message ? prose(sentence(message || reason)) : [`${reason}: `, prose(message)];
}

/** One of several, as links: filters and tabs. */
export function choices(label, options) {
  return h(
    "div",
    { class: "choices", role: "group", "aria-label": label },
    options.map(({ href, on, content, title, zero }) =>
      h("a", { class: `choice ${zero ? "zero" : ""}`, href, "aria-current": on ? "true" : null, title: title ?? null }, content)),
  );
}

/** Parts of a whole, as a bar: it is described in words as well. */
export function bar(parts, label) {
  const total = parts.reduce((sum, part) => sum + part.count, 0);
  if (!total) return h("div", { class: "bar", role: "img", "aria-label": `${label}: none` });
  const words = parts.filter((part) => part.count).map((part) => `${part.count} ${part.word}`).join(", ");
  return h(
    "div",
    { class: "bar", role: "img", "aria-label": `${label}: ${words}` },
    parts.filter((part) => part.count).map((part) =>
      h("span", { class: `fill ${look(part.word).tone}`, style: { "flex-grow": `${part.count}` }, title: `${part.count} ${part.word}` })),
  );
}

/** Labels, each of which narrows the list to those that bear it. */
export function labels(of, page = "workflows") {
  return Object.entries(of ?? {}).map(([name, value]) =>
    h("a", { class: "label", href: link(page, "", { label: `${name}=${value}` }), title: `${name}=${value}` }, h("span", { class: "muted" }, `${name}=`), value));
}
