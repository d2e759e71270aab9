// What statuses are called, how grave they are, and the picture that says the same without colour.

const SYNC = {
  Invalid: ["bad", "problems", "its manifest is not understood; the last good rows stay"],
  Conflict: ["bad", "conflict", "a row, or another instance, is in the way"],
  OutOfSync: ["bad", "differs", "rows and manifest differ, and that is not applied yet or not at all"],
  Orphaned: ["warn", "orphan", "managed, and no manifest declares it"],
  Deferred: ["warn", "queued", "waits for jobs in flight"],
  Suspended: ["warn", "pause", "left alone on request"],
  Synced: ["good", "check", "rows and manifest agree"],
};

const RUNS = {
  PENDING: ["idle", "circle"],
  QUEUED: ["info", "queued"],
  RUNNING: ["info", "play"],
  SUCCEEDED: ["good", "check"],
  COMPLETED: ["good", "check"],
  FAILED: ["bad", "cross"],
  CANCELLED: ["warn", "stop"],
};

const OUTCOMES = {
  Unchanged: ["idle", "circle"],
  Applied: ["good", "check"],
  HeldBack: ["warn", "pause"],
  Failed: ["bad", "cross"],
  Stalled: ["bad", "stop"],
};

const ACTIONS = {
  create: ["good", "plus"],
  adopt: ["info", "right"],
  update: ["info", "sync"],
  heal: ["warn", "heal"],
  recreate: ["warn", "heal"],
  prune: ["bad", "minus"],
};

const TELLS = { Gone: ["idle", "minus"], Rebuilt: ["idle", "sync"] };

export const SYNCS = Object.keys(SYNC);
export const JOB_STATUSES = ["PENDING", "QUEUED", "RUNNING", "SUCCEEDED", "FAILED", "CANCELLED"];
export const WORKFLOW_STATUSES = ["PENDING", "RUNNING", "COMPLETED", "FAILED", "CANCELLED"];

/** Gives the tone and the picture of a word; one that nobody here has heard of has them too. */
export function look(word) {
  const [tone, picture] = judgement(word) ?? SYNC[word] ?? RUNS[word] ?? OUTCOMES[word] ?? TELLS[word] ?? ACTIONS[verb(word)] ?? ["idle", "unknown"];
  return { tone, picture };
}

/** Says what a sync status means, as a sentence. */
export const meaning = (word) => SYNC[word]?.[2] ?? "";

// `Ready=True`, `Stalled=False`: how a condition turned.
function judgement(word = "") {
  const [, type, status] = /^(Ready|Reconciling|Stalled)=(True|False)$/.exec(word) ?? [];
  if (!type) return null;
  if (type === "Reconciling") return ["info", "sync"];
  return (type === "Ready") === (status === "True") ? ["good", "check"] : ["bad", "cross"];
}

// History says `created`, a plan `create`.
const verb = (word = "") => word.replace(/d$/, "").replace(/^(adopt|heal)e?$/, "$1");
