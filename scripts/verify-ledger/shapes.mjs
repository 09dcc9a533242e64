/** Owns what events look like: every member of each, in order, and what may stand in it. */
import { byName, fits, from, list, nullable, one } from "./forms.mjs"

// oxfmt-ignore
const code = one(
  "ROUTE_MODE_UNKNOWN", "ROUTE_MODE_INTERNAL", "ROUTE_TARGET_INVALID", "ROUTE_TABLE_INVALID",
  "PROVIDER_UNAVAILABLE", "PROVIDER_MODEL_NOT_FOUND", "PROVIDER_TIMEOUT", "PROVIDER_BAD_RESPONSE",
  "PROVIDER_OUTCOME_UNKNOWN", "PROVIDER_REJECTED", "AUDIT_REJECTED", "AUDIT_UNAVAILABLE",
  "CAPABILITY_NOT_FOUND", "CAPABILITY_PAYLOAD_INVALID_JSON", "CAPABILITY_INVALID_PAYLOAD",
  "CAPABILITY_INPUT_TOO_LARGE", "CAPABILITY_OUTPUT_TOO_LARGE", "CAPABILITY_OUTPUT_INVALID",
  "CAPABILITY_TIMEOUT", "CAPABILITY_EXCEPTION", "BOUNDS_EXCEEDED", "BUDGET_EXCEEDED", "CONTEXT_LIMIT_EXCEEDED",
  "CONTEXT_TRUNCATED", "CONSTELLATION_DRIFT", "PORTABILITY_CHECK_FAILED", "USAGE_INVALID", "CONFIG_INVALID",
  "CONFIG_NOT_FOUND", "CONFIG_UNREADABLE", "CONFIG_UNWRITABLE", "TRUST_UNWRITABLE", "CONFIG_TOO_LARGE",
  "PROMPT_REQUIRED", "PROMPT_TOO_LARGE", "FILE_NOT_FOUND", "FILE_UNREADABLE", "FILE_EXISTS", "FILE_NOT_TEXT",
  "FILE_TOO_LARGE", "FILE_UNWRITABLE", "UNSUPPORTED_FILE_TYPE", "MEMORY_NAME_INVALID", "MEMORY_NOT_FOUND",
  "MEMORY_WRITE_FAILED", "MEMORY_VALUE_TOO_LARGE", "MEMORY_CONFLICT", "MEMORY_PACK_UNKNOWN",
  "MEMORY_PACK_INVALID", "RUNBOOK_FILE_NOT_FOUND", "RUNBOOK_INVALID_JSON", "RUNBOOK_INVALID_YAML",
  "RUNBOOK_SCHEMA_ERROR", "RUNBOOK_EMPTY", "RUNBOOK_MAX_STEPS_EXCEEDED", "RUNBOOK_CONFLICT", "RUNBOOK_PAUSED",
  "CHECKPOINT_NOT_FOUND", "CHECKPOINT_INTEGRITY_ERROR", "RESUME_INVALID_STATE", "RESUME_CONFIG_CHANGED",
  "REPLAY_CONTENT_REQUIRED", "RUN_NOT_FOUND", "RUN_AMBIGUOUS", "RUN_INTERRUPTED", "RUN_CANCELLED",
  "RUN_TRANSITION_INVALID", "RUN_OPEN", "RUN_ERASED", "SESSION_NOT_FOUND", "SESSION_AMBIGUOUS",
  "SESSION_CONFLICT", "SESSION_PAUSED", "SESSION_NOT_ACTIVE", "SESSION_AT_LIMIT", "SESSION_TITLE_INVALID",
  "SESSION_ERASED", "SNAPSHOT_SCHEMA_INVALID", "SNAPSHOT_UNTRUE", "STEWARD_REJECTED", "STEWARD_REDIRECTED",
  "STEWARD_EXPIRED", "STEWARD_NOT_PENDING", "STEWARD_DECIDED", "STEWARD_STALE", "STEWARD_TEXT_REQUIRED",
  "EDITOR_FAILED", "RECEIPT_NOT_FOUND", "RECEIPT_MISMATCH", "RECORD_EMPTY", "LEDGER_BROKEN",
  "LEDGER_EXPORT_INVALID", "OUTPUT_FAILED", "METADATA_LOG_UNWRITABLE", "JOURNAL_CONFLICT", "JOURNAL_BUSY",
  "JOURNAL_FULL", "JOURNAL_UNAVAILABLE", "JOURNAL_CORRUPT", "JOURNAL_NEWER", "JOURNAL_OLDER",
  "VAULT_KEY_INVALID", "SIGNING_KEY_INVALID", "SIGNING_KEY_FOREIGN", "VAULT_CONTENT_UNREADABLE",
  "INTERNAL_ERROR"
)
// oxfmt-ignore
export const RETRYABLE = [
  "PROVIDER_UNAVAILABLE", "PROVIDER_TIMEOUT", "PROVIDER_OUTCOME_UNKNOWN", "BUDGET_EXCEEDED",
  "RUNBOOK_CONFLICT", "RUN_INTERRUPTED", "RUN_CANCELLED", "SESSION_CONFLICT", "JOURNAL_CONFLICT", "JOURNAL_BUSY"
]
// oxfmt-ignore
const phase = one("setup", "route", "capability", "context", "bounds", "draft", "audit", "revision", "gate", "release", "recovery")
// oxfmt-ignore
const reason = one(
  "model_unavailable", "connection_refused", "server_error", "model_not_found", "context_overflow",
  "first_byte_timeout"
)
const purpose = one("draft", "audit", "revision")
const finish = one("stop", "length")
const onUnavailable = one("refuse", "hold", "release")
const destination = { target: "name", provider: "name", model: "name" }
const reservation = { inputTokens: "count", outputTokens: "count", wallMillis: "count" }
const certificate = { calls: "count", ...reservation, capabilityCalls: "count", gates: "count" }
const surface = one("cli", "program")
const sessionMode = one("work", "steward")
const threshold = one("step_count", "token_budget", "capability_classes", "audit", "always")
const thresholds = {
  stepCount: nullable("count"),
  tokenBudget: nullable("count"),
  capabilityClasses: list("name"),
  audit: "boolean",
  always: "boolean"
}
const expirySeconds = nullable("count")
const terms = { thresholds, expirySeconds, maxTurns: "count" }
const turn = {
  session: "id",
  index: "count",
  step: "count",
  mode: sessionMode,
  tokens: "count",
  answers: "count",
  thresholds,
  expirySeconds
}
const standing = {
  mode: sessionMode,
  status: one("active", "paused", "closed", "at_limit"),
  turns: "count",
  steps: "count",
  answers: "count",
  tokens: "count",
  maxTurns: "count",
  open: nullable({ run: "id", index: "count", threshold: nullable(threshold) }),
  title: nullable("content"),
  erased: "boolean"
}
const policy = {
  routing: { modes: byName({ primary: "name", secondary: "name", "max_steps?": "count" }) },
  providers: list({
    name: "name",
    enabled: "boolean",
    supported: "boolean",
    cloud: "boolean",
    canAudit: "boolean",
    window: "count"
  }),
  allowImplicitCloudFallback: "boolean",
  contextLimitChars: "count",
  fileContentLimitChars: "count",
  maxOutputTokens: "count",
  timeouts: {
    first_byte_seconds: from(1, 3600),
    idle_seconds: from(1, 86400),
    total_seconds: from(1, 86400)
  },
  audit: { default_modes: list("name"), on_unavailable: onUnavailable },
  allowSameModel: "boolean",
  budgets: nullable({
    window_hours: from(1, 744),
    "tokens?": from(1, 2147483647),
    "calls?": from(1, 2147483647)
  }),
  "sessions?": terms
}
const verdict = {
  decision: one("pass", "needs_work", "reject", "abstain"),
  issues: list(
    {
      // oxfmt-ignore
      code: one(
        "contradiction", "unsupported_claim", "factual_error", "off_task", "unsafe", "privacy", "format", "other"
      ),
      severity: one(0, 1, 2, 3)
    },
    8
  ),
  highRiskClaims: "count",
  suggestedFixes: "count"
}
const receipt = {
  digest: "digest",
  chars: "count",
  complete: "boolean",
  provenance: one("model", "stand_in", "mixed"),
  finish: nullable(finish),
  mode: "name",
  provider: "name",
  model: "name",
  fallbackUsed: "boolean",
  configDigest: "digest",
  promptHash: "digest",
  audit: one("none", "pass", "revised", "unaudited"),
  auditor: nullable({ provider: "name", model: "name", independent: "boolean" }),
  certificate,
  usage: {
    calls: "count",
    inputTokens: nullable("count"),
    outputTokens: nullable("count"),
    latencyMillis: "count"
  },
  "basis?": "digest"
}
const ending = { code, phase, retryable: "boolean", receipt: nullable(receipt) }

/** Shapes that have a name in the documentation. */
// oxfmt-ignore
export const NAMED = {
  code, phase, reason, destination, reservation, certificate, policy, verdict, receipt, threshold, thresholds, terms, turn,
  standing
}

export const EVENTS = {
  ConfigLoaded: {
    configDigest: "digest",
    policy,
    digests: { persona: "digest", profile: "digest", rest: "digest" }
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
    "turn?": turn
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
  ContextAssembled: {
    version: one("context/v1"),
    segments: list({
      name: one("system", "persona", "profile", "boundaries", "envelope", "history", "file", "prompt"),
      chars: "count",
      estimatedTokens: "count",
      digest: "digest",
      dropped: "count"
    }),
    promptHash: "digest",
    messages: "count",
    chars: "count",
    bytes: "count",
    "history?": { turns: "count", dropped: "count" }
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
    after: standing
  },
  SessionModeChanged: { mode: sessionMode, principal: "name", after: standing },
  SessionTitled: { content: "content", digest: "digest", chars: "count", principal: "name", after: standing },
  TurnStarted: { run: "id", persona: "name", audit: "boolean", turn, promptChars: "count", after: standing },
  TurnHeld: { run: "id", index: "count", threshold, digest: "digest", after: standing },
  TurnEnded: {
    run: "id",
    index: "count",
    status: one("released", "refused", "failed", "cancelled", "rejected", "redirected"),
    code: nullable(code),
    tokens: "count",
    latencyMillis: "count",
    counts: "boolean",
    answer: nullable({ content: "content", digest: "digest", chars: "count" }),
    after: standing
  },
  SessionClosed: { principal: "name", after: standing },
  SessionErased: { principal: "name", after: standing }
}
const eventTests = new Map(
  Object.entries(EVENTS).map(([kind, members]) => [kind, fits({ _tag: one(kind), ...members })])
)

const OF_SESSIONS = /^(Session|Turn)/

/** How the name of the stream begins that an event belongs to. */
export const kindOf = ({ _tag }) =>
  _tag === "ConfigLoaded" ? "config" : OF_SESSIONS.test(_tag) ? "session/" : "run/"

/** Whether a value is an event of this version. */
export const isEvent = (value) => eventTests.get(value?._tag)?.(value) ?? false
