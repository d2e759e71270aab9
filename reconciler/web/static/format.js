// Numbers, times and places as people read them.

const NUMBER = new Intl.NumberFormat("en");
const UNITS = [[86400, "d"], [3600, "h"], [60, "min"]];

export const number = (value) => NUMBER.format(value);

export const many = (value, noun) => `${number(value)} ${noun}${value === 1 ? "" : "s"}`;

/** Says how long ago, by the server's clock, as the terminal does: `42 s`, `5 min`, `3 h`, `2 d`. */
export function age(time, now) {
  return time ? span((now - Date.parse(time)) / 1000) : "";
}

/** Says a length of time given in seconds. */
export function span(seconds) {
  const whole = Math.max(0, Math.trunc(seconds));
  for (const [size, unit] of UNITS) if (whole >= 2 * size) return `${Math.trunc(whole / size)} ${unit}`;
  return `${whole} s`;
}

/** Says a short length of time given in seconds: `0.8 ms`, `12 ms`, `1.4 s`. */
export function took(seconds) {
  const milliseconds = seconds * 1000;
  if (milliseconds >= 120_000) return span(seconds);
  if (milliseconds >= 1000) return `${(milliseconds / 1000).toFixed(1)} s`;
  return `${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms`;
}

/** Gives the time of day where the reader is, and the date when it is another. */
export function clock(time) {
  const moment = new Date(time);
  const today = moment.toDateString() === new Date().toDateString();
  const parts = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
  return moment.toLocaleString("en-GB", today ? parts : { ...parts, day: "numeric", month: "short" });
}

export function place(where) {
  if (!where?.path) return "";
  return where.line ? `${where.path}:${where.line}${where.column ? `:${where.column}` : ""}` : where.path;
}

/** Shortens a revision to what tells it apart; the whole stands in the title. */
export const short = (revision) => (revision ?? "").replace(/^(\w+:)?([0-9a-f]{12})[0-9a-f]+$/, "$1$2");

/** Gives a value of JSON on one line. */
export const json = (value) => (value === undefined || value === null ? "—" : JSON.stringify(value));

/** Says what a pass did: `3 created, 1 held back`. */
export function counts(told) {
  const done = Object.entries(told ?? {}).filter(([, count]) => count);
  return done.map(([what, count]) => `${number(count)} ${what.replaceAll("_", " ")}`).join(", ") || "nothing to do";
}
