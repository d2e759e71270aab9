// The view is in the address: `#/workflows/cmu-1?tab=diff`. Back and forward, links and reloading just work.

/** Reads the address. */
export function current() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?", 2);
  const [page, ...rest] = path.split("/").map(decoded);
  return { page: page || "overview", name: rest.join("/"), query: new URLSearchParams(query ?? "") };
}

/** Gives the address of a view; query values that are empty are left out, a list stands for several. */
export function link(page, name = "", query = {}) {
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    for (const one of [value].flat()) if (one) parameters.append(key, one);
  }
  const path = [page === "overview" ? "" : page, ...(name ? [encodeURIComponent(name)] : [])].join("/");
  return `#/${path}${parameters.size ? `?${parameters}` : ""}`;
}

/** Gives the address of this view with some of its query values changed. */
export function amended(route, changes) {
  const query = {};
  for (const key of route.query.keys()) query[key] = route.query.getAll(key);
  return link(route.page, route.name, { ...query, ...changes });
}

/** Gives the page that shows a resource, or whatever an event speaks of. */
export function linkOf(subject) {
  const [kind, name] = [subject.split("/", 1)[0], subject.slice(subject.indexOf("/") + 1)];
  if (kind === "Workflow") return link("workflows", name);
  return kind === "User" ? link("users", name) : null;
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
