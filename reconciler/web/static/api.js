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

export function headers() {
  const known = token.get();
  return known ? { Authorization: `Bearer ${known}` } : {};
}

/** Reads a document beneath /api/v1. */
export const read = (path, query, signal) => ask(`/api/v1/${path}${search(query)}`, { signal, cache: "no-cache" });

/** Asks for an action beneath /api/v1. */
export const act = (path, body) =>
  ask(`/api/v1/${path}`, { method: "POST", body: JSON.stringify(body ?? {}), json: true });

/** Gives a name as one part of a path. */
export const part = (name) => encodeURIComponent(name);

async function ask(address, { json, ...request }) {
  const sent = { ...headers(), ...(json ? { "Content-Type": "application/json" } : {}) };
  let answer;
  try {
    answer = await fetch(address, { ...request, headers: sent, credentials: "omit" });
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
