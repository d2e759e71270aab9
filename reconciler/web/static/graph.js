// A workflow's picture, as the server laid it out: status on its nodes, pan and zoom, and the ways through it.

import { h, s } from "./dom.js";
import { icon } from "./icons.js";
import { look } from "./words.js";

const LANES = 8;
const SIDE = 16;
const ROOM = 48; // above and beneath the picture, so that it can be pushed about
const UNDER = 40; // beneath the picture, for the buttons
const NEAREST = 2.5;
const LARGEST = 1.25; // to which a small picture grows by itself
const READABLE = 0.7;

/** Draws pictures into one element, which it keeps: a later one with other statuses only changes those. */
export class Graph {
  constructor(opened) {
    this.opened = opened;
    this.scene = s("g", { class: "scene" });
    this.canvas = s("svg", { class: "canvas", tabindex: "-1" }, this.scene);
    this.element = h("div", { class: "graph" }, this.canvas, this.buttons());
    this.pointers = new Map();
    this.listen();
    new ResizeObserver(() => this.told && !this.moved && this.fit(this.whole)).observe(this.element);
  }

  /** Shows what the server told, and which job is chosen. */
  show(told, chosen) {
    const form = JSON.stringify([told.width, told.height, told.nodes.map((one) => [one.name, one.x, one.y]), told.edges.length]);
    if (form !== this.form) this.draw(told, form);
    else for (const node of told.nodes) this.dress(node);
    this.told = told;
    for (const [name, { group }] of this.nodes) group.classList.toggle("chosen", name === chosen);
    if (chosen && chosen !== this.chosen) this.reveal(chosen);
    this.chosen = chosen;
  }

  // --- drawing ---------------------------------------------------------------------------------------------

  draw(told, form) {
    Object.assign(this, { told, form, nodes: new Map(), edges: [], parents: new Map(), children: new Map(), moved: false });
    const lanes = told.lanes.map((lane, number) => s("g", { class: `lane lane-${number % LANES}` },
      s("rect", { x: 0, y: lane.y, width: told.width, height: lane.height }),
      s("text", { x: 12, y: lane.y + lane.height / 2 + 4 }, s("title", null, lane.branch), lane.label)));
    for (const { parent, child, path, lane } of told.edges) {
      const line = s("path", { class: `edge lane-${lane % LANES}`, d: path, "marker-end": "url(#arrow)" });
      this.edges.push({ parent, child, line });
      append(this.children, parent, child);
      append(this.parents, child, parent);
    }
    const nodes = told.nodes.map((node) => this.node(node));
    const arrow = s("marker", { id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto" }, s("path", { d: "M0 0L8 4L0 8z" }));
    this.scene.replaceChildren(s("defs", null, arrow), ...lanes, s("g", { class: "edges" }, this.edges.map(({ line }) => line)), s("g", { class: "nodes" }, nodes));
    this.canvas.setAttribute("aria-label", `${told.workflow}: ${told.nodes.length} jobs in ${told.lanes.length} branches`);
    this.canvas.setAttribute("role", "group");
    this.fit(false);
  }

  node(node) {
    const group = s("g", {
      class: "node", role: "button", tabindex: this.nodes.size ? -1 : 0, transform: `translate(${node.x} ${node.y})`,
      onfocus: () => (this.light(node.name), this.rove(group)), onblur: () => this.light(null),
      onpointerenter: () => this.light(node.name), onpointerleave: () => this.light(null),
      onclick: () => this.dragged || this.opened(node.name),
    });
    const words = s("text", { class: "below", x: 30, y: 34 });
    const picture = s("g", { transform: "translate(8 7)" });
    group.append(s("rect", { class: "box", width: node.width, height: node.height, rx: 6 }), s("rect", { class: "stripe", width: 4, height: node.height, rx: 2 }),
      picture, s("text", { class: "name", x: 30, y: 18 }, node.label), words, s("title", null, node.name));
    this.nodes.set(node.name, { group, words, picture, title: group.lastChild });
    this.dress(node);
    return group;
  }

  dress(node) {
    const { group, words, picture, title } = this.nodes.get(node.name);
    if (group.dataset.status === node.status) return;
    const { tone, picture: sign } = look(node.status);
    for (const one of ["good", "bad", "warn", "info", "idle"]) group.classList.toggle(one, one === tone);
    group.classList.toggle("running", node.status === "RUNNING");
    group.dataset.status = node.status;
    group.setAttribute("aria-label", `${node.name}, ${node.job_type}, branch ${node.branch}, ${node.status || "declared"}`);
    const drawn = icon(sign);
    drawn.setAttribute("width", 15);
    drawn.setAttribute("height", 15);
    picture.replaceChildren(drawn);
    title.textContent = `${node.name}\n${node.job_type}, ${node.status}`;
    words.textContent = node.caption;
  }

  // --- the ways through a job ------------------------------------------------------------------------------

  light(name) {
    if (!name) {
      this.canvas.classList.remove("lit");
      return;
    }
    const on = new Set([name, ...reach(name, this.parents), ...reach(name, this.children)]);
    const up = new Set([name, ...reach(name, this.parents)]);
    const down = new Set([name, ...reach(name, this.children)]);
    this.canvas.classList.add("lit");
    for (const [key, { group }] of this.nodes) group.classList.toggle("on", on.has(key));
    for (const { parent, child, line } of this.edges) {
      line.classList.toggle("on", (up.has(parent) && up.has(child)) || (down.has(parent) && down.has(child)));
    }
  }

  rove(group) {
    for (const other of this.nodes.values()) other.group.setAttribute("tabindex", other.group === group ? 0 : -1);
  }

  // --- moving about ----------------------------------------------------------------------------------------

  /** Shows it from its beginning: the whole of it or, where nobody could read that, as much as can be read. */
  fit(whole = true) {
    const { width, height } = this.element.getBoundingClientRect();
    if (!width || !this.told) return;
    const [wide, high] = [(width - 2 * SIDE) / this.told.width, (height - 2 * SIDE - UNDER) / this.told.height];
    const all = Math.min(LARGEST, wide, high);
    const scale = whole || all > 0.55 ? all : Math.max(all, Math.min(READABLE, Math.max(wide, high, 0.5)));
    this.place(scale, SIDE, SIDE);
    Object.assign(this, { whole, farthest: Math.min(0.05, all), moved: false });
  }

  place(scale, x, y) {
    const { width, height } = this.element.getBoundingClientRect();
    const [wide, high] = [this.told.width * scale, this.told.height * scale];
    Object.assign(this, {
      scale,
      x: Math.min(Math.max(x, Math.min(ROOM, width - ROOM) - wide), width - ROOM),
      y: Math.min(Math.max(y, Math.min(ROOM, height - ROOM) - high), height - ROOM),
    });
    this.scene.setAttribute("transform", `translate(${this.x.toFixed(1)} ${this.y.toFixed(1)}) scale(${scale.toFixed(4)})`);
    this.canvas.classList.toggle("far", scale < 0.45);
    this.canvas.classList.toggle("map", scale < 0.3);
    this.moved = true;
  }

  zoom(by, at) {
    const box = this.element.getBoundingClientRect();
    const [x, y] = at ?? [box.width / 2, box.height / 2];
    const scale = Math.min(NEAREST, Math.max(this.farthest, this.scale * by));
    const ratio = scale / this.scale;
    this.place(scale, x - (x - this.x) * ratio, y - (y - this.y) * ratio);
  }

  reveal(name) {
    const node = this.told.nodes.find((one) => one.name === name);
    const { width, height } = this.element.getBoundingClientRect();
    if (!node || !width) return;
    const [left, top] = [this.x + node.x * this.scale, this.y + node.y * this.scale];
    const inside = left > 0 && top > 0 && left + node.width * this.scale < width && top + node.height * this.scale < height;
    if (inside && this.scale > 0.45) return;
    const scale = Math.max(this.scale, 0.8);
    this.place(scale, width / 2 - (node.x + node.width / 2) * scale, height / 2 - (node.y + node.height / 2) * scale);
  }

  listen() {
    const at = (event) => {
      const box = this.element.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    this.canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      if (event.ctrlKey || event.metaKey || !event.shiftKey) this.zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0016)), at(event));
      else this.place(this.scale, this.x - event.deltaY, this.y);
    }, { passive: false });
    this.canvas.addEventListener("pointerdown", (event) => {
      this.pointers.set(event.pointerId, at(event));
      this.dragged = false;
    });
    this.canvas.addEventListener("pointermove", (event) => this.drag(event, at(event)));
    for (const end of ["pointerup", "pointercancel", "pointerleave"]) this.canvas.addEventListener(end, (event) => this.pointers.delete(event.pointerId));
    this.canvas.addEventListener("keydown", (event) => this.press(event));
  }

  drag(event, here) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    if (this.pointers.size > 1) {
      const [, other] = [...this.pointers].find(([id]) => id !== event.pointerId);
      this.zoom(Math.hypot(here[0] - other[0], here[1] - other[1]) / Math.max(1, Math.hypot(before[0] - other[0], before[1] - other[1])), [(here[0] + other[0]) / 2, (here[1] + other[1]) / 2]);
    } else if (this.dragged || Math.hypot(here[0] - before[0], here[1] - before[1]) > 4) {
      this.canvas.setPointerCapture(event.pointerId);
      this.place(this.scale, this.x + here[0] - before[0], this.y + here[1] - before[1]);
    } else return;
    this.dragged = true;
    this.pointers.set(event.pointerId, here);
  }

  press(event) {
    const moves = { "+": () => this.zoom(1.25), "=": () => this.zoom(1.25), "-": () => this.zoom(0.8), 0: () => this.zoom(1 / this.scale), f: () => this.fit() };
    const steps = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down" };
    const here = [...this.nodes].find(([, { group }]) => group === document.activeElement)?.[0];
    if (event.key in moves) moves[event.key]();
    else if (event.key in steps && here) this.step(here, steps[event.key]);
    else if ((event.key === "Enter" || event.key === " ") && here) this.opened(here);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  step(name, way) {
    const place = new Map(this.told.nodes.map((node) => [node.name, node]));
    const here = place.get(name);
    const near = (names) => [...(names ?? [])].sort((a, b) => Math.abs(place.get(a).y - here.y) - Math.abs(place.get(b).y - here.y))[0];
    const column = this.told.nodes.filter((node) => node.layer === here.layer).sort((a, b) => a.y - b.y).map((node) => node.name);
    const beside = column[column.indexOf(name) + (way === "up" ? -1 : 1)];
    const next = way === "left" ? near(this.parents.get(name)) : way === "right" ? near(this.children.get(name)) : beside;
    if (!next) return;
    this.nodes.get(next).group.focus();
    this.reveal(next);
  }

  buttons() {
    const button = (label, picture, does) => h("button", { type: "button", class: "button round", "aria-label": label, title: label, onclick: does }, icon(picture));
    return h("div", { class: "zoom" }, button("Zoom in", "plus", () => this.zoom(1.25)), button("Zoom out", "minus", () => this.zoom(0.8)), button("Fit the picture", "fit", () => this.fit()));
  }
}

/** How high a picture wants to be, and whether it had better have the whole width of the page. */
export function proportions({ width, height }) {
  const high = Math.ceil(height * LARGEST) + 2 * SIDE + UNDER;
  return { high, wide: width > height * 1.2 || high < 400 };
}

function append(map, key, value) {
  if (map.has(key)) map.get(key).push(value);
  else map.set(key, [value]);
}

/** Gives everything that can be reached from a job along these lines. */
function reach(name, along) {
  const found = new Set();
  const open = [name];
  while (open.length) {
    for (const next of along.get(open.pop()) ?? []) {
      if (!found.has(next)) found.add(next), open.push(next);
    }
  }
  return found;
}
