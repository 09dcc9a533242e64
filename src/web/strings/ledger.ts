/** Owns the sentences of the ledger's part of the page. */
import { counted } from "./counted.ts"

export const ledger = {
  title: "Ledger",
  about: "Every run, as it was recorded: no text, only what happened.",
  runs: "Runs",
  back: "All runs",
  again: "Look again",
  find: "Find a run, session or runbook",
  findHint: "Its id, or how it begins",
  findAction: "Open",
  filter: { standing: "State", mode: "Mode", all: "All" },
  older: "Older runs",
  none: "No runs yet",
  noneHint: "Whatever is asked, in the chat or by the command line, is recorded here.",
  noneSuch: "No such runs",
  noneSuchHint: "No run is in this state and mode.",
  streams: "Sessions, runbooks, configuration",
  streamKinds: {
    run: "Run",
    session: "Session",
    runbook: "Runbook",
    memory: "Memory record",
    config: "Configuration",
    tokens: "Tokens"
  },
  missing: "Nothing on record has this id",
  missingHint: "It may be longer than this, or belong to another ledger.",
  columns: { run: "Run", state: "State", tokens: "Tokens" },
  turn: (index: number) => `turn ${index + 1}`,
  step: (index: number) => `step ${index + 1}`,
  insteadOf: (index: number) => `in place of turn ${index + 1}`,
  unknown: "not known",
  standings: {
    running: "running",
    indeterminate: "outcome unknown",
    abandoned: "abandoned",
    held: "held",
    released: "released",
    refused: "refused",
    failed: "failed",
    cancelled: "cancelled",
    broken: "broken"
  },
  standingHints: {
    indeterminate: "Its process died while a call was out: nobody knows what came of it.",
    abandoned: "Its process died between two calls.",
    held: "It waits for a steward.",
    broken: "Its rows are missing or unreadable. Verify the ledger to see where."
  } as Readonly<Record<string, string>>,
  links: {
    session: "Its session",
    record: "Its session's record",
    runbook: "Its runbook's record",
    inbox: "Decide in the inbox",
    source: "What it does again"
  },
  picture: {
    title: "What happened",
    summary: (what: string, time: string, calls: number) =>
      `A run that ${what}, in ${time}, with ${counted(calls, "call")} of a model. The table below says the same.`,
    /** Of what is said otherwise than that a run was it. */
    ended: {
      running: "is running",
      held: "is held",
      failed: "failed",
      indeterminate: "nobody knows the outcome of"
    } as Readonly<Record<string, string>>,
    table: "The same as a table",
    columns: { after: "After", took: "Took", what: "What", facts: "Facts" },
    start: "0",
    broken: (time: string) => `${time} of waiting, not drawn to scale`
  },
  steps: {
    call: {
      draft: "Draft",
      audit: "Audit",
      revision: "Revision",
      again: (attempt: number) => `attempt ${attempt}`,
      out: "no answer yet",
      outcomes: { ok: "", failed: "failed", cancelled: "cancelled", indeterminate: "outcome unknown" }
    },
    capability: "Capability",
    held: "Held",
    holding: "Held, still waiting",
    threshold: (name: string) => `threshold ${name}`,
    noGate: "Gate: nobody had to be asked",
    decided: {
      approve: "Approved",
      edit: "Edited",
      redirect: "Redirected",
      reject: "Rejected",
      close: "Rejected, session closed"
    },
    by: (who: string) => `by ${who}`,
    byDeadline: "by the deadline",
    reason: (reason: string) => `reason ${reason}`,
    accepted: "Accepted",
    audited: "to be audited",
    route: "Route",
    standIn: "the stand-in",
    fallback: (reason: string) => `fallback: ${reason}`,
    otherwise: (model: string) => `otherwise ${model}`,
    context: "Context",
    parts: (count: number) => counted(count, "part"),
    chars: (said: string) => `${said} characters`,
    turns: (count: number) => counted(count, "earlier answer"),
    dropped: (said: string) => `${said} left out`,
    records: (count: number) => counted(count, "memory record"),
    bounds: "Bounds certified",
    calls: (count: number) => counted(count, "call"),
    verdict: "Verdict",
    issues: (count: number) => counted(count, "issue"),
    independent: "independent",
    notIndependent: "not independent",
    noVerdict: (why: string) => `none: ${why}`,
    viewed: "Seen",
    released: "Released",
    refused: "Refused",
    failed: "Failed",
    cancelled: "Cancelled",
    phase: (phase: string) => `in ${phase}`,
    retryable: "may be tried again",
    resumed: "Gone on with",
    erased: "Erased",
    receipt: (digest: string) => `receipt ${digest}`,
    incomplete: "not all of it"
  },
  events: {
    ConfigLoaded: "Configuration in force",
    SessionStarted: "Session begun",
    SessionModeChanged: "Mode changed",
    SessionTitled: "Title given",
    TurnStarted: "Turn begun",
    TurnHeld: "Turn held",
    TurnEnded: "Turn ended",
    SessionClosed: "Session closed",
    SessionErased: "Session erased",
    RunbookStarted: "Runbook begun",
    RunbookResumed: "Runbook gone on with",
    StepSkipped: "Step skipped",
    StepStarted: "Step begun",
    StepHeld: "Step held",
    StepEnded: "Step ended",
    RunbookCompleted: "Runbook completed",
    RunbookTerminated: "Runbook ended early",
    RunbookErased: "Runbook erased",
    MemoryWritten: "Memory written",
    MemoryForgotten: "Memory forgotten",
    TokenIssued: "Token issued",
    TokenRevoked: "Token revoked",
    LoginOffered: "Link to log in printed",
    LoginTaken: "Logged in",
    LoginEnded: "Logged out"
  } as Readonly<Record<string, string>>,
  record: "What was recorded",
  bounds: {
    title: "Certified and spent",
    about: "The worst case that was certified before the first call, and what it came to.",
    names: {
      calls: "Calls",
      inputTokens: "Tokens in",
      outputTokens: "Tokens out",
      wallMillis: "Time of calls"
    },
    of: (spent: string | null, certified: string) =>
      spent === null ? `at most ${certified}` : `${spent} of ${certified}`
  },
  receipt: {
    title: "Receipt",
    none: "Nothing left this run.",
    names: {
      digest: "Digest",
      chars: "Characters",
      complete: "Complete",
      provenance: "Whose words",
      model: "Answered by",
      fallback: "Fallback used",
      finish: "Ended by",
      audit: "Audit",
      auditor: "Auditor",
      basis: "In place of",
      prompt: "What was sent",
      config: "Configuration"
    },
    provenances: {
      model: "the model's",
      stand_in: "the stand-in's",
      mixed: "edited by a steward",
      capability: "a capability's"
    },
    finishes: { stop: "itself", length: "the limit of its length" },
    audits: { none: "none", pass: "pass", revised: "revised", unaudited: "no verdict" },
    yes: "yes",
    no: "no"
  },
  verify: {
    title: "Does it hold?",
    about:
      "Your browser reads the whole ledger and recomputes every link, digest, decision and signature by itself. It need not believe the server.",
    action: "Verify the ledger",
    again: "Verify again",
    file: "Verify a file",
    fileHint: "or drop an export here",
    trust: "A checkpoint or public key that you kept",
    trustHint: "Paste it, or drop its file here: then the ledger has to contain it.",
    trustUnknown: "This is neither a checkpoint nor a public key of 64 hex digits.",
    working: (rows: string, total: string | null) =>
      total === null ? `${rows} rows hold so far` : `${rows} of ${total} rows hold so far`,
    cancelled: "Stopped. Nothing is known of the rest.",
    progress: "Verification",
    holds: "Everything holds",
    holdsNow: (rows: string) => `Everything holds: ${rows} rows recomputed.`,
    false: "It does not hold",
    falseNow: (sentence: string) => `It does not hold. ${sentence}`,
    where: "Where",
    place: (position: string, seq: string) => `position ${position}, row ${seq} of`,
    whole: "It is about the whole file.",
    facts: {
      rows: "Rows",
      streams: "Streams",
      runs: "Runs",
      configurations: "Configurations",
      root: "Root",
      key: "Key",
      took: "Took",
      checkpoint: "Contains your checkpoint"
    },
    atPosition: (position: string) => `yes, at position ${position}`,
    vouched: "The key is the one you gave.",
    unvouched:
      "Nobody vouches for the key that signed this: compare it with what “io3 ledger key” prints, or give the one you kept.",
    unchecked:
      "The signature itself was not checked: this browser has no Ed25519 here. “scripts/verify-ledger.mjs” checks it too.",
    ofFile: "your file",
    ofServer: "this server's ledger",
    broken: "It could not be read to its end.",
    refused:
      "The server would not export it: its own check found something that does not hold. “io3 ledger verify” says what."
  }
}
