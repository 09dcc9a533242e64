/** Owns what events are made of: every member of each part, in order, and what may stand in it. */
import { code } from "./codes.mjs"
import { byName, from, list, nullable, one } from "./forms.mjs"

// oxfmt-ignore
export const phase = one("setup", "route", "capability", "context", "bounds", "draft", "audit", "revision", "gate", "release", "recovery")
// oxfmt-ignore
export const reason = one(
  "model_unavailable", "connection_refused", "server_error", "model_not_found", "context_overflow",
  "first_byte_timeout"
)
export const purpose = one("draft", "audit", "revision")
export const finish = one("stop", "length")
export const onUnavailable = one("refuse", "hold", "release")
export const destination = { target: "name", provider: "name", model: "name" }
export const reservation = { inputTokens: "count", outputTokens: "count", wallMillis: "count" }
export const certificate = { calls: "count", ...reservation, capabilityCalls: "count", gates: "count" }
export const surface = one("cli", "program", "http")
export const sessionMode = one("work", "steward")
export const threshold = one("step_count", "token_budget", "capability_classes", "audit", "always")
export const thresholds = {
  stepCount: nullable("count"),
  tokenBudget: nullable("count"),
  capabilityClasses: list("name"),
  audit: "boolean",
  always: "boolean"
}
export const expirySeconds = nullable("count")
export const terms = { thresholds, expirySeconds, maxTurns: "count" }
export const turn = {
  session: "id",
  index: "count",
  step: "count",
  mode: sessionMode,
  tokens: "count",
  answers: "count",
  thresholds,
  expirySeconds,
  "insteadOf?": "count"
}
/** Where a step's run stands in its runbook. */
export const step = {
  runbook: "id",
  index: "count",
  attempt: "count",
  redirected: "boolean",
  step: "count",
  mode: sessionMode,
  tokens: "count",
  left: certificate,
  thresholds,
  expirySeconds
}
export const source = { run: "id", kind: one("replay", "resume"), attempt: "count" }
/** A text that is sealed beside a record. */
export const kept = { digest: "digest", chars: "count" }
export const client = {
  instructions: nullable(kept),
  history: nullable({ digest: "digest", chars: "count", messages: "count" })
}
export const generation = {
  maxOutputTokens: nullable("count"),
  temperatureMicros: nullable("count"),
  topPMicros: nullable("count"),
  seed: nullable("count"),
  stop: list(kept, 4),
  format: nullable(one("json_object", "json_schema")),
  schema: nullable(kept)
}
export const invocation = { id: "name", payloadDigest: "digest", payloadChars: "count" }
const condition = { key: one("session_mode", "persona_mode"), op: one("eq", "neq"), value: "name" }
export const task = {
  task: "name",
  mode: "name",
  promptDigest: "digest",
  promptChars: "count",
  capability: nullable(invocation),
  packs: nullable(list("name")),
  when: nullable(condition)
}
export const open = nullable({ run: "id", index: "count", threshold: nullable(threshold) })
/** Where a runbook stands. */
export const progress = {
  status: one("active", "paused", "completed", "terminated"),
  attempt: "count",
  next: "count",
  completed: "count",
  skipped: "count",
  steps: "count",
  tokens: "count",
  left: certificate,
  tries: "count",
  redirected: "boolean",
  open,
  failed: nullable({ index: "count", code }),
  erased: "boolean"
}
export const category = one("computation", "validation", "transformation", "external_interaction")
const atLeastOne = from(1, Infinity)
const capability = {
  id: "name",
  version: "name",
  category,
  bounds: {
    maxCalls: one(1),
    timeoutMillis: atLeastOne,
    maxInputChars: atLeastOne,
    maxOutputChars: atLeastOne,
    sideEffectsAllowed: one(false)
  }
}
export const sensitivity = one("standard", "elevated", "restricted")
const pack = { id: "name", scope: "part", keys: list("part"), includes: list("name") }
const memory = {
  budgetChars: "count",
  packs: list(pack),
  defaults: byName(list("name")),
  sessionDefaults: list("name"),
  routes: list("name"),
  elevated: list("name"),
  restricted: list("name"),
  capabilities: list("name")
}
/** What became of a record that a run's packs name. */
export const recalled = {
  scope: "part",
  key: "part",
  version: "count",
  sensitivity: nullable(sensitivity),
  chars: "count",
  outcome: one("released", "denied", "dropped", "missing")
}
export const standing = {
  mode: sessionMode,
  status: one("active", "paused", "closed", "at_limit"),
  turns: "count",
  steps: "count",
  answers: "count",
  tokens: "count",
  maxTurns: "count",
  open,
  title: nullable("content"),
  erased: "boolean"
}
export const policy = {
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
  "sessions?": terms,
  "memory?": memory,
  "capabilities?": list(capability)
}
export const verdict = {
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
export const receipt = {
  digest: "digest",
  chars: "count",
  complete: "boolean",
  provenance: one("model", "stand_in", "mixed", "capability"),
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
  "basis?": "digest",
  "capability?": { id: "name", digest: "digest", chars: "count" }
}

/** Shapes that have a name in the documentation. */
// oxfmt-ignore
export const NAMED = {
  code, phase, reason, destination, reservation, certificate, policy, memory, pack, capability, verdict, receipt,
  threshold, thresholds, terms, turn, standing, step, source, kept, client, generation, invocation, task, condition, progress, sensitivity, category,
  recalled
}
