/** Owns what events look like: every member of each, in order, and what may stand in it. */
import { code } from "./codes.mjs"
import { fits, list, nullable, one } from "./forms.mjs"
import {
  category,
  certificate,
  client,
  destination,
  finish,
  generation,
  invocation,
  onUnavailable,
  phase,
  policy,
  progress,
  purpose,
  reason,
  recalled,
  receipt,
  reservation,
  sensitivity,
  sessionMode,
  source,
  standing,
  step,
  surface,
  task,
  terms,
  threshold,
  thresholds,
  expirySeconds,
  turn,
  verdict
} from "./records.mjs"

const ending = { code, phase, retryable: "boolean", receipt: nullable(receipt) }
const status = one("released", "refused", "failed", "cancelled", "rejected", "redirected")

export const EVENTS = {
  ConfigLoaded: {
    configDigest: "digest",
    policy,
    digests: {
      persona: "digest",
      profile: "digest",
      rest: "digest",
      "values?": list({ key: "name", digest: "digest" })
    }
  },
  RunAccepted: {
    run: "id",
    mode: "name",
    audit: "boolean",
    onUnavailable,
    principal: "name",
    surface,
    checks: { constellation: "boolean", health: "boolean" },
    configDigest: "digest",
    promptDigest: "digest",
    promptChars: "count",
    "turn?": turn,
    "step?": step,
    "capability?": invocation,
    "packs?": list("name"),
    "source?": source,
    "client?": client,
    "generation?": generation
  },
  RouteResolved: {
    route: {
      mode: "name",
      primary: "name",
      secondary: "name",
      selected: nullable(destination),
      provider: "name",
      fallbackUsed: "boolean",
      fallbackReason: nullable(reason),
      alternate: nullable(destination)
    }
  },
  CapabilityInvoked: {
    id: "name",
    version: "name",
    category,
    ok: "boolean",
    errorCode: nullable("name"),
    code: nullable(code),
    durationMillis: "count",
    outputChars: "count",
    digest: nullable("digest")
  },
  ContextAssembled: {
    version: one("context/v1"),
    segments: list({
      // oxfmt-ignore
      name: one(
        "system", "persona", "instructions", "profile", "boundaries", "envelope", "memory", "history", "file", "prompt"
      ),
      chars: "count",
      estimatedTokens: "count",
      digest: "digest",
      dropped: "count"
    }),
    promptHash: "digest",
    messages: "count",
    chars: "count",
    bytes: "count",
    "history?": { turns: "count", dropped: "count" },
    "memory?": list(recalled),
    "clientHistory?": { messages: "count", dropped: "count" }
  },
  BoundsCertified: { certificate },
  CallIntended: {
    purpose,
    attempt: "count",
    provider: "name",
    model: "name",
    reserved: reservation,
    fallbackReason: nullable(reason)
  },
  CallSettled: {
    purpose,
    attempt: "count",
    outcome: one("ok", "failed", "cancelled", "indeterminate"),
    code: nullable(code),
    fallback: nullable(reason),
    inputTokens: nullable("count"),
    outputTokens: nullable("count"),
    latencyMillis: "count",
    firstTokenMillis: nullable("count"),
    finish: nullable(finish),
    digest: nullable("digest"),
    chars: "count",
    thinkingChars: "count"
  },
  AuditConcluded: {
    verdict: nullable(verdict),
    unavailable: nullable(one("no_challenger", "not_independent", "call_failed", "cut_short", "unparsable")),
    provider: nullable("name"),
    model: nullable("name"),
    independent: "boolean",
    version: one("verdict/v1")
  },
  GateEvaluated: {
    threshold: nullable(threshold),
    step: "count",
    tokens: "count",
    digest: "digest",
    chars: "count"
  },
  HeldViewed: { principal: "name", digest: "digest" },
  StewardDecided: {
    action: one("approve", "edit", "redirect", "reject", "close"),
    // oxfmt-ignore
    reason: one(
      "acceptable", "incorrect", "incomplete", "off_task", "unsafe", "privacy", "tone", "policy", "expired", "other"
    ),
    principal: "name",
    by: one("person", "service", "deadline"),
    digest: "digest",
    sequence: "count",
    edited: nullable({ digest: "digest", chars: "count" })
  },
  Released: { receipt },
  RunRefused: ending,
  RunFailed: ending,
  RunCancelled: { phase, receipt: nullable(receipt) },
  RunResumed: { attempt: "count" },
  RunErased: { principal: "name" },
  SessionStarted: {
    session: "id",
    principal: "name",
    surface,
    configDigest: "digest",
    persona: "name",
    audit: "boolean",
    terms,
    origin: nullable({ session: "id", sequence: "count", head: "digest" }),
    "packs?": list("name"),
    after: standing
  },
  SessionModeChanged: { mode: sessionMode, principal: "name", after: standing },
  SessionTitled: { content: "content", digest: "digest", chars: "count", principal: "name", after: standing },
  TurnStarted: { run: "id", persona: "name", audit: "boolean", turn, promptChars: "count", after: standing },
  TurnHeld: { run: "id", index: "count", threshold, digest: "digest", after: standing },
  TurnEnded: {
    run: "id",
    index: "count",
    status,
    code: nullable(code),
    tokens: "count",
    latencyMillis: "count",
    counts: "boolean",
    answer: nullable({ content: "content", digest: "digest", chars: "count" }),
    after: standing
  },
  SessionClosed: { principal: "name", after: standing },
  SessionErased: { principal: "name", after: standing },
  RunbookStarted: {
    run: "id",
    runbook: "name",
    principal: "name",
    surface,
    configDigest: "digest",
    mode: sessionMode,
    persona: "name",
    audit: "boolean",
    thresholds,
    expirySeconds,
    steps: list(task),
    certificate,
    source: nullable(source),
    after: progress
  },
  RunbookResumed: { principal: "name", surface, configDigest: "digest", certificate, after: progress },
  StepSkipped: { index: "count", after: progress },
  StepStarted: {
    run: "id",
    mode: "name",
    audit: "boolean",
    step,
    promptChars: "count",
    capability: nullable("name"),
    after: progress
  },
  StepHeld: { run: "id", index: "count", threshold, digest: "digest", after: progress },
  StepEnded: {
    run: "id",
    index: "count",
    status,
    code: nullable(code),
    tokens: "count",
    latencyMillis: "count",
    counts: "boolean",
    certified: nullable(certificate),
    after: progress
  },
  RunbookCompleted: { after: progress },
  RunbookTerminated: { index: "count", code, after: progress },
  RunbookErased: { principal: "name", after: progress },
  MemoryWritten: {
    scope: "part",
    key: "part",
    version: "count",
    sensitivity,
    provenance: "provenance",
    content: "content",
    digest: "digest",
    chars: "count",
    principal: "name",
    surface
  },
  MemoryForgotten: { scope: "part", key: "part", version: "count", principal: "name" },
  TokenIssued: {
    token: "id",
    principal: "name",
    role: one("operator", "steward", "viewer"),
    digest: "digest",
    expiresAt: nullable("count")
  },
  TokenRevoked: { token: "id" },
  LoginOffered: { login: "id", token: "id", digest: "digest" },
  LoginTaken: { login: "id", digest: "digest" },
  LoginEnded: { login: "id" }
}
const eventTests = new Map(
  Object.entries(EVENTS).map(([kind, members]) => [kind, fits({ _tag: one(kind), ...members })])
)

const KINDS = [
  [/^ConfigLoaded$/, "config"],
  [/^(Session|Turn)/, "session/"],
  [/^(Runbook|Step)/, "runbook/"],
  [/^Memory/, "memory/"],
  [/^(Token|Login)/, "tokens"]
]

/** How the name of the stream begins that an event belongs to. */
export const kindOf = ({ _tag }) => KINDS.find(([tags]) => tags.test(_tag))?.[1] ?? "run/"

/** A session can only be in one of its modes: a condition on any other is none. */
const isCondition = ({ when }) =>
  when === null || when.key === "persona_mode" || when.value === "work" || when.value === "steward"

/** Whether a value is an event of this version. */
export const isEvent = (value) =>
  (eventTests.get(value?._tag)?.(value) ?? false) &&
  (value._tag !== "RunbookStarted" || value.steps.every(isCondition))
