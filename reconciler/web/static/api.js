// Asks the server. A token is kept for this tab alone, and travels in a header: never in an address or a cookie.

const KEY = "reconciler-token";

export class Refused extends Error {
  /** What the server said, with what to do about it; `status` 0 means that it said nothing. */
  constructor(status, said) {
    super(said.title ?? said.detail ?? `the server answered ${status}`);
    Object.assign(this, { status, why: said.why ?? "", where: said.where ?? "", fix: said.fix ?? "", said });
  }

  /** Whether a token, or a better one, would help. */
  get wantsToken() {
    return this.status === 401 || this.status === 403;
  }
}

export const token = {
  get: () => sessionStorage.getItem(KEY) ?? "",
  set: (value) => (value ? sessionStorage.setItem(KEY, value) : sessionStorage.removeItem(KEY)),
};

const bearing = () => (token.get() ? { Authorization: `Bearer ${token.get()}` } : {});

// On the daemon's own machine reading takes no token, and one that allows only to act would not let us read.
let open = true;

/** Gives what reading takes: a token where one was asked for. */
export const headers = () => (open ? {} : bearing());

/** Reads a document beneath /api/v1. */
export async function read(path, query, signal) {
  const address = `/api/v1/${path}${search(query)}`;
  try {
    return await ask(address, { signal, cache: "no-cache", headers: headers() });
  } catch (error) {
    if (!open || error.status !== 401) throw error;
    open = false;
    if (!token.get()) throw error;
    return ask(address, { signal, cache: "no-cache", headers: headers() });
  }
}

/** Asks for an action beneath /api/v1. */
export const act = (path, body) =>
  ask(`/api/v1/${path}`, { method: "POST", body: JSON.stringify(body ?? {}), headers: { ...bearing(), "Content-Type": "application/json" } });

/** Gives a name as one part of a path. */
export const part = (name) => encodeURIComponent(name);

async function ask(address, request) {
  let answer;
  try {
    answer = await fetch(address, { ...request, credentials: "omit" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused(0, { title: "the daemon does not answer", fix: "look whether it runs; this page tries again by itself" });
  }
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(answer.status, told);
  return told;
}

function search(query) {
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries(query ?? {})) {
    for (const one of [value].flat()) if (one !== "" && one !== null && one !== undefined) parameters.append(key, one);
  }
  return parameters.size ? `?${parameters}` : "";
}
