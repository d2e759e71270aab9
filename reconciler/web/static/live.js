// Hears what happens, as server-sent events; read with fetch, because EventSource can't carry a token.

import { headers } from "./api.js";

const SILENCE = 25_000; // the server speaks every ten seconds, if only to say that it is there
const LONGEST = 15_000;

/** Listens until `signal` ends it. Tells `heard` each event, and `changed` whether it is connected. */
export async function listen({ heard, changed, signal }) {
  const memory = { last: "", wait: 1000 };
  let failures = 0;
  while (!signal.aborted) {
    const begun = Date.now();
    try {
      await connect(memory, (event) => {
        failures = 0;
        event ? heard(event) : changed({ live: true });
      }, signal);
    } catch (error) {
      if (signal.aborted) return;
      changed({ live: false, error });
    }
    failures = Date.now() - begun > LONGEST ? 0 : failures + 1;
    if (!signal.aborted) changed({ live: false });
    await pause(Math.min(memory.wait * 2 ** Math.min(failures, 4), LONGEST), signal);
  }
}

async function connect(memory, tell, signal) {
  const dial = new AbortController();
  const ended = () => dial.abort();
  signal.addEventListener("abort", ended);
  let silence = setTimeout(ended, SILENCE);
  try {
    const resume = memory.last ? { "Last-Event-ID": memory.last } : {};
    const answer = await fetch("/api/v1/events/stream", {
      headers: { Accept: "text/event-stream", ...headers(), ...resume },
      cache: "no-store",
      credentials: "omit",
      signal: dial.signal,
    });
    if (!answer.ok) throw new Error(`events: ${answer.status}`);
    tell(null);
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (let { value, done } = await reader.read(); !done; { value, done } = await reader.read()) {
      clearTimeout(silence);
      silence = setTimeout(ended, SILENCE);
      const blocks = (rest + value).split(/\r?\n\r?\n/);
      rest = blocks.pop();
      for (const block of blocks) take(block, memory, tell);
      tell(null);
    }
  } finally {
    clearTimeout(silence);
    signal.removeEventListener("abort", ended);
    dial.abort();
  }
}

function take(block, memory, tell) {
  const fields = {};
  for (const line of block.split(/\r?\n/)) {
    const [, name, value] = /^([^:]*):? ?(.*)$/.exec(line);
    if (name) fields[name] = name === "data" && fields.data !== undefined ? `${fields.data}\n${value}` : value;
  }
  if (fields.id !== undefined) memory.last = fields.id;
  if (fields.retry) memory.wait = Number(fields.retry) || memory.wait;
  if (fields.data) tell({ id: fields.id ?? "", type: fields.event ?? "message", ...JSON.parse(fields.data) });
}

function pause(milliseconds, signal) {
  return new Promise((resume) => {
    const timer = setTimeout(resume, milliseconds);
    signal.addEventListener("abort", () => (clearTimeout(timer), resume()), { once: true });
  });
}
