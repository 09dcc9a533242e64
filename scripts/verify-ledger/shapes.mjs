/**
 * Owns what events look like: every member of each, in order, and what may stand in it. A member whose name ends in `?`
 * may be left out; nothing else may, and nothing else may be there.
 */

export const one = (...values) => ({ one: values })
export const nullable = (shape) => ({ nullable: shape })
export const list = (shape, most = Infinity) => ({ list: shape, most })
const byName = (shape) => ({ byName: shape })
const from = (least, most) => ({ least, most })

export const RUN = "[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
const PATTERNS = {
  digest: /^[0-9a-f]{64}$/,
  signature: /^[0-9a-f]{128}$/,
  run: new RegExp(`^${RUN}$`),
  name: /^[A-Za-z0-9._:/-]{1,128}$/,
  content: /^[a-z]{1,32}(\.[0-9]{1,6})?$/,
  line: /^[ -~]*$/
}
export const isCount = (value) => Number.isSafeInteger(value) && value >= 0
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value)

/** Turns a shape into a test of values. */
export const fits = (shape) => {
  if (shape === "count") return isCount
  if (shape === "boolean") return (value) => typeof value === "boolean"
  if (typeof shape === "string") {
    const pattern = PATTERNS[shape]
    return (value) => typeof value === "string" && pattern.test(value)
  }
  if (shape.one) return (value) => shape.one.includes(value)
  if (shape.least !== undefined)
    return (value) => isCount(value) && value >= shape.least && value <= shape.most
  if (shape.nullable) {
    const inner = fits(shape.nullable)
    return (value) => value === null || inner(value)
  }
  if (shape.list) {
    const inner = fits(shape.list)
    return (value) => Array.isArray(value) && value.length <= shape.most && value.every(inner)
  }
  if (shape.byName) {
    const inner = fits(shape.byName)
    return (value) =>
      isObject(value) &&
      Object.entries(value).every(([name, item]) => PATTERNS.name.test(name) && inner(item))
  }
  const members = Object.entries(shape).map(([key, inner]) => [
    key.replace("?", ""),
    key.endsWith("?"),
    fits(inner)
  ])
  return (value) => {
    if (!isObject(value)) return false
    const names = Object.keys(value)
    let seen = 0
    for (const [name, optional, inner] of members) {
      if (names[seen] === name) {
        if (!inner(value[name])) return false
        seen++
      } else if (!optional) return false
    }
    return seen === names.length
  }
}

// ---- Events

// oxfmt-ignore
const code = one(
  "ROUTE_MODE_UNKNOWN", "ROUTE_MODE_INTERNAL", "ROUTE_TARGET_INVALID", "ROUTE_TABLE_INVALID", "PROVIDER_UNAVAILABLE",
  "PROVIDER_MODEL_NOT_FOUND", "PROVIDER_TIMEOUT", "PROVIDER_BAD_RESPONSE", "PROVIDER_OUTCOME_UNKNOWN",
  "PROVIDER_REJECTED", "AUDIT_REJECTED", "AUDIT_UNAVAILABLE", "BOUNDS_EXCEEDED", "BUDGET_EXCEEDED",
  "CONTEXT_LIMIT_EXCEEDED", "CONTEXT_TRUNCATED", "CONSTELLATION_DRIFT", "PORTABILITY_CHECK_FAILED",
  "USAGE_INVALID", "CONFIG_INVALID", "CONFIG_NOT_FOUND", "CONFIG_UNREADABLE", "CONFIG_UNWRITABLE", "TRUST_UNWRITABLE", "CONFIG_TOO_LARGE",
  "PROMPT_REQUIRED", "PROMPT_TOO_LARGE", "FILE_NOT_FOUND", "FILE_UNREADABLE", "FILE_EXISTS",
  "FILE_NOT_TEXT", "FILE_TOO_LARGE", "FILE_UNWRITABLE", "RUN_NOT_FOUND", "RUN_AMBIGUOUS", "RUN_INTERRUPTED", "RUN_CANCELLED",
  "RUN_TRANSITION_INVALID", "RUN_OPEN", "RUN_ERASED", "RECEIPT_NOT_FOUND", "RECEIPT_MISMATCH", "RECORD_EMPTY",
  "LEDGER_BROKEN", "LEDGER_EXPORT_INVALID", "OUTPUT_FAILED", "METADATA_LOG_UNWRITABLE", "JOURNAL_CONFLICT",
  "JOURNAL_BUSY", "JOURNAL_FULL", "JOURNAL_UNAVAILABLE", "JOURNAL_CORRUPT", "JOURNAL_NEWER", "JOURNAL_OLDER",
  "VAULT_KEY_INVALID", "SIGNING_KEY_INVALID", "SIGNING_KEY_FOREIGN", "VAULT_CONTENT_UNREADABLE", "INTERNAL_ERROR"
)
// oxfmt-ignore
export const RETRYABLE = [
  "PROVIDER_UNAVAILABLE", "PROVIDER_TIMEOUT", "PROVIDER_OUTCOME_UNKNOWN", "BUDGET_EXCEEDED",
  "RUN_INTERRUPTED", "RUN_CANCELLED", "JOURNAL_CONFLICT", "JOURNAL_BUSY"
]
// oxfmt-ignore
const phase = one("setup", "route", "context", "bounds", "draft", "audit", "revision", "gate", "release", "recovery")
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
  })
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
  provenance: one("model", "stand_in"),
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
  }
}
const ending = { code, phase, retryable: "boolean", receipt: nullable(receipt) }

/** Shapes that have a name in the documentation. */
export const NAMED = { code, phase, reason, destination, reservation, certificate, policy, verdict, receipt }

export const EVENTS = {
  ConfigLoaded: {
    configDigest: "digest",
    policy,
    digests: { persona: "digest", profile: "digest", rest: "digest" }
  },
  RunAccepted: {
    run: "run",
    mode: "name",
    audit: "boolean",
    onUnavailable,
    principal: "name",
    surface: one("cli", "program"),
    checks: { constellation: "boolean", health: "boolean" },
    configDigest: "digest",
    promptDigest: "digest",
    promptChars: "count"
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
      name: one("system", "persona", "profile", "boundaries", "envelope", "file", "prompt"),
      chars: "count",
      estimatedTokens: "count",
      digest: "digest",
      dropped: "count"
    }),
    promptHash: "digest",
    messages: "count",
    chars: "count",
    bytes: "count"
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
  Released: { receipt },
  RunRefused: ending,
  RunFailed: ending,
  RunCancelled: { phase, receipt: nullable(receipt) },
  RunResumed: { attempt: "count" },
  RunErased: { principal: "name" }
}
const eventTests = new Map(
  Object.entries(EVENTS).map(([kind, members]) => [kind, fits({ _tag: one(kind), ...members })])
)

/** Whether a value is an event of this version. */
export const isEvent = (value) => eventTests.get(value?._tag)?.(value) ?? false
