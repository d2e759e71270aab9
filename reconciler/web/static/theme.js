// Light, dark, or as the system has it; remembered on this machine.

const KEY = "reconciler-theme";
const ORDER = ["system", "light", "dark"];
const PICTURES = { system: "system", light: "sun", dark: "moon" };

const known = () => (ORDER.includes(localStorage.getItem(KEY)) ? localStorage.getItem(KEY) : "system");

function wear() {
  const chosen = known();
  if (chosen === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
}

/** Goes on to the next, and names it. */
export function cycle() {
  localStorage.setItem(KEY, ORDER[(ORDER.indexOf(known()) + 1) % ORDER.length]);
  wear();
  return known();
}

/** Names the picture of what is worn. */
export const sign = () => PICTURES[known()];

wear();
