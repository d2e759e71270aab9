// Builds the page from data and brings it up to date in place; text is only ever set as text.

const SVG = "http://www.w3.org/2000/svg";

/** Makes an HTML element. `on…` props are listeners, `style` is an object, `key` tells siblings apart. */
export function h(tag, props, ...children) {
  return fill(document.createElement(tag), props, children);
}

/** Makes an SVG element. */
export function s(tag, props, ...children) {
  return fill(document.createElementNS(SVG, tag), props, children);
}

function fill(element, props, children) {
  for (const [name, value] of Object.entries(props ?? {})) set(element, name, value);
  element.append(...children.flat(Infinity).filter(shown));
  return element;
}

const shown = (child) => child !== null && child !== undefined && child !== false && child !== "";

function set(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name === "key") element.$key = value;
  else if (name === "style") Object.entries(value).forEach(([key, one]) => element.style.setProperty(key, one));
  else if (name.startsWith("on")) {
    element[name] = value;
    (element.$on ??= new Set()).add(name);
  } else if (name === "value") element.value = value;
  else element.setAttribute(name, value === true ? "" : value);
}

/** Stands in a fresh page for an element that lives on: to be built into one itself would cost it its focus. */
export function stay(element) {
  const slot = document.createElement("slot");
  slot.$element = element;
  element.$stays = true;
  return slot;
}

/** Puts `fresh` in the place of what `parent` holds, keeping every element that is still meant: its focus too. */
export function show(parent, ...fresh) {
  reconcile(parent, fresh.flat(Infinity).filter(shown).map(asNode));
}

const asNode = (child) => (child instanceof Node ? child : document.createTextNode(child));

function reconcile(parent, fresh) {
  const keyed = new Map();
  for (const child of parent.childNodes) if (child.$key !== undefined) keyed.set(child.$key, child);
  let cursor = parent.firstChild;
  for (const node of fresh) {
    if (node.$element) {
      if (node.$element === cursor) cursor = cursor.nextSibling;
      else parent.insertBefore(node.$element, cursor);
      continue;
    }
    const old = node.$key === undefined ? unkeyed(cursor) : keyed.get(node.$key);
    if (old && alike(old, node)) {
      if (old === cursor) cursor = cursor.nextSibling;
      else parent.insertBefore(old, cursor);
      update(old, node);
    } else parent.insertBefore(filled(node), cursor);
  }
  while (cursor) {
    const next = cursor.nextSibling;
    cursor.remove();
    cursor = next;
  }
}

function filled(node) {
  for (const slot of node.querySelectorAll?.("slot") ?? []) slot.replaceWith(slot.$element);
  return node;
}

const unkeyed = (node) => (node && node.$key === undefined ? node : null);
const alike = (old, node) => old.nodeName === node.nodeName && old.$key === node.$key && !old.$stays;

function update(old, node) {
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== node.data) old.data = node.data;
    return;
  }
  updateAttributes(old, node);
  for (const name of old.$on ?? []) if (!node.$on?.has(name)) old[name] = null;
  for (const name of node.$on ?? []) old[name] = node[name];
  old.$on = node.$on;
  if ("value" in node && old !== document.activeElement && old.value !== node.value) old.value = node.value;
  reconcile(old, [...node.childNodes]);
}

function updateAttributes(old, node) {
  for (const { name } of [...old.attributes]) {
    if (name !== "style" && name !== "open" && !node.hasAttribute(name)) old.removeAttribute(name);
  }
  for (const { name, value } of node.attributes) {
    if (name !== "style" && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  if (old.style && old.style.cssText !== node.style.cssText) old.style.cssText = node.style.cssText;
}
