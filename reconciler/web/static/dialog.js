// Questions to the person: a dialog at a time, closed by Escape, its focus given back.

import { h } from "./dom.js";

/** Opens a dialog; `body` is given the function that closes it. Resolves to what that is called with. */
export function ask(title, body) {
  return new Promise((resolve) => {
    let answer = null;
    const close = (given = null) => ((answer = given), dialog.close());
    const dialog = h("dialog", { class: "dialog", "aria-labelledby": "dialog-title" },
      h("h2", { id: "dialog-title" }, title), body(close));
    dialog.addEventListener("close", () => (dialog.remove(), resolve(answer)));
    dialog.addEventListener("click", (event) => event.target === dialog && close());
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** A form in a dialog: its fields, a word for what submitting does, and what was filled in. */
export function form(title, words, fields, does, tone = "primary") {
  return ask(title, (close) =>
    h("form", { method: "dialog", onsubmit: (event) => (event.preventDefault(), close(Object.fromEntries(new FormData(event.target)))) },
      words, fields,
      h("p", { class: "buttons end" },
        h("button", { type: "button", class: "button", onclick: () => close() }, "Cancel"),
        h("button", { type: "submit", class: `button ${tone}` }, does))));
}

/** Says something for a while, at the foot of the page and to screen readers. */
export function tell(text, tone = "good") {
  const place = document.getElementById("notices");
  for (const same of place.children) if (same.textContent === text) same.remove();
  const notice = h("p", { class: `notice ${tone}` }, text);
  place.append(notice);
  setTimeout(() => notice.remove(), tone === "bad" ? 12_000 : 6_000);
}
