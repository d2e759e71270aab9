// The pictures that stand beside words, drawn as strokes on a square of sixteen.

import { s } from "./dom.js";

const PATHS = {
  overview: "M2.5 9.5v4M6.2 5.5v8M9.8 7.5v6M13.5 2.5v11",
  workflows: "M2.5 3h4v4h-4zM9.5 9h4v4h-4zM6.5 5h2.5q1 0 1 1v3",
  jobs: "M5.5 4h8M5.5 8h8M5.5 12h8M2.3 4h.4M2.3 8h.4M2.3 12h.4",
  users: "M8 8a2.7 2.7 0 1 0 0-5.4 2.7 2.7 0 0 0 0 5.4zM2.8 13.5c.6-2.5 2.6-3.7 5.2-3.7s4.6 1.2 5.2 3.7",
  problems: "M8 2.3 14.3 13.3H1.7zM8 6.5v3.3M8 11.5v.2",
  approvals: "M8 1.8 13.5 4v4c0 3.2-2.3 5.3-5.5 6.3C4.8 13.3 2.5 11.2 2.5 8V4zM5.6 8l1.7 1.7 3.2-3.4",
  activity: "M1.5 8.5h3L6.5 3l3 10 2-4.5h3",
  check: "M3 8.5 6.3 11.8 13 4.7",
  cross: "M4 4l8 8M12 4l-8 8",
  circle: "M8 13.2A5.2 5.2 0 1 0 8 2.8a5.2 5.2 0 0 0 0 10.4z",
  queued: "M8 2.8a5.2 5.2 0 1 1 0 10.4A5.2 5.2 0 0 1 8 2.8M8 5.3V8l2 1.5",
  play: "M5 3.3 12.3 8 5 12.7z",
  stop: "M8 13.2A5.2 5.2 0 1 0 8 2.8a5.2 5.2 0 0 0 0 10.4zM4.5 11.5l7-7",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  differs: "M3 6h10M3 10h10M10.5 3l-5 10",
  orphan: "M6.5 9.5 4.8 11.2a2.3 2.3 0 0 1-3.2-3.2L3.5 6M9.5 6.5l1.7-1.7a2.3 2.3 0 0 1 3.2 3.2L12.5 10M6 3V1.5M10 13v1.5",
  conflict: "M2 4h4l4 8h4M2 12h4l1-2M9 6l1-2h4M12.5 2.5 14 4l-1.5 1.5M12.5 10.5 14 12l-1.5 1.5",
  unknown: "M5.8 6A2.2 2.2 0 1 1 8 8.3v1.4M8 11.9v.2",
  sync: "M13.3 6.5A5.5 5.5 0 0 0 3.5 5M2.7 9.5a5.5 5.5 0 0 0 9.8 1.5M3.5 2v3h3M12.5 14v-3h-3",
  search: "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.3 10.3l3.5 3.5",
  sun: "M8 10.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6zM8 1.3v1.4M8 13.3v1.4M1.3 8h1.4M13.3 8h1.4M3.3 3.3l1 1M11.7 11.7l1 1M12.7 3.3l-1 1M4.3 11.7l-1 1",
  moon: "M13.3 9.6A5.7 5.7 0 0 1 6.4 2.7a5.7 5.7 0 1 0 6.9 6.9z",
  system: "M8 13.2A5.2 5.2 0 1 0 8 2.8a5.2 5.2 0 0 0 0 10.4zM8 3v10M10.5 4v8M12.5 5.5v5",
  key: "M6 12.5a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6zM8 7.8l5.3-5.3M11 4.8l2 2",
  rows: "M2.5 3.5h11v9h-11zM2.5 6.5h11M2.5 9.5h11",
  tiles: "M2.5 2.5h4.5v4.5H2.5zM9 2.5h4.5v4.5H9zM2.5 9h4.5v4.5H2.5zM9 9h4.5v4.5H9z",
  file: "M4 1.8h5l3 3v9.4H4zM9 1.8v3h3",
  left: "M10 3.5 5.5 8l4.5 4.5",
  right: "M6 3.5 10.5 8 6 12.5",
  plus: "M8 3v10M3 8h10",
  minus: "M3 8h10",
  fit: "M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10",
  heal: "M8 13.3 2.9 8.2a3.1 3.1 0 0 1 4.4-4.4l.700.700.7-.7a3.1 3.1 0 0 1 4.4 4.4z",
  help: "M8 14a6 6 0 1 0 0-12 6 6 0 0 0 0 12zM6.3 6.3A1.8 1.8 0 1 1 8 8.4v1M8 11.3v.2",
};

/** Draws a picture; it says nothing to a screen reader, the word beside it does. */
export function icon(name, label) {
  const words = label ? { role: "img", "aria-label": label } : { "aria-hidden": "true" };
  return s("svg", { class: "icon", viewBox: "0 0 16 16", ...words }, s("path", { d: PATHS[name] ?? PATHS.unknown }));
}
