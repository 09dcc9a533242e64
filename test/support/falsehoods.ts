/** Owns what somebody with the signing key may write that is not true: every decision of a run falsified in turn. */
import {
  also,
  type Change,
  DIGEST,
  ended,
  type Event,
  first,
  governed,
  instead,
  type Json,
  policy,
  purpose,
  set,
  without
} from "./changes.ts"
import { type Life, unread } from "./chronicles.ts"

export interface Lie {
  /** What a verifier has to call it. */
  readonly falsehood: string
  readonly life: Life
  /** The kind of event that it shows at: the first one that was changed, unless said otherwise. */
  readonly shows: string
  readonly what: string
  readonly change: Change
}

export const lie = (falsehood: string, life: Life, shows: string, what: string, change: Change): Lie => ({
  falsehood,
  life,
  shows,
  what,
  change
})
/** Members of the first event of a kind, each changed alone. */
export const each = (
  falsehood: string,
  life: Life,
  kind: string,
  values: Json,
  matching?: (event: Event) => boolean
): ReadonlyArray<Lie> =>
  Object.entries(values).map(([path, value]) =>
    lie(falsehood, life, kind, `${path} ${JSON.stringify(value)}`, first(kind, set(path, value), matching))
  )

const sound = { decision: "pass", issues: [], highRiskClaims: 0, suggestedFixes: 0 }
const drafterOff = governed((whole) => ({
  ...whole,
  providers: (whole["providers"] as ReadonlyArray<Json>).map((facts) =>
    facts["name"] === "drafter" ? { ...facts, enabled: false } : facts
  )
}))

export const lies: ReadonlyArray<Lie> = [
  ...each("unknown_event", "plain", "CallSettled", {
    extra: 1,
    chars: "6",
    latencyMillis: -1,
    outcome: "okay"
  }),
  lie("unknown_event", "plain", "CallSettled", "members in another order", (entries) =>
    entries.map(({ stream, event }) => {
      const { _tag, ...members } = event
      const turned = Object.fromEntries(Object.entries(members).toReversed())
      return { stream, event: _tag === "CallSettled" ? { _tag, ...turned } : event }
    })
  ),
  lie(
    "unknown_event",
    "plain",
    "RunPondered",
    "a new kind of event",
    instead("Released", { _tag: "RunPondered" })
  ),
  lie("wrong_stream", "plain", "ConfigLoaded", "a configuration of its own", (entries) => {
    const { event } = entries[0] ?? { event: { _tag: "" } }
    return instead("Released", event)(entries)
  }),
  lie("wrong_stream", "plain", "RunErased", "an event among the configurations", (entries) => [
    ...entries,
    { stream: "config", event: { _tag: "RunErased", principal: "local" } }
  ]),
  ...each("config_misnamed", "plain", "ConfigLoaded", {
    configDigest: DIGEST,
    "policy.contextLimitChars": 1,
    "digests.rest": DIGEST
  }),
  lie(
    "config_misnamed",
    "plain",
    "ConfigLoaded",
    "providers in another order",
    governed((whole) => ({ ...whole, providers: (whole["providers"] as ReadonlyArray<Json>).toReversed() }))
  ),
  ...each("config_unknown", "plain", "RunAccepted", { configDigest: DIGEST }),

  ...each("accepted", "plain", "RunAccepted", {
    run: "01900000-0000-7000-8000-00000000beef",
    onUnavailable: "release"
  }),
  ...each("accepted", "unaudited", "RunAccepted", { audit: false }),

  ...each("route", "plain", "RouteResolved", {
    "route.mode": "challenger",
    "route.primary": "drafter:two",
    "route.secondary": "drafter:one",
    "route.selected.target": "drafter:two",
    "route.selected.provider": "reserve",
    "route.selected.model": "two",
    "route.selected": null,
    "route.provider": "reserve",
    "route.fallbackUsed": true,
    "route.fallbackReason": "model_unavailable",
    "route.alternate": null,
    "route.alternate.model": "one"
  }),
  lie("route", "plain", "RouteResolved", "its provider was off", drafterOff),
  lie("route", "plain", "RouteResolved", "there is no such mode", (entries) =>
    first("RunAccepted", () => ({ mode: "nobody" }))(
      first("RouteResolved", set("route.mode", "nobody"))(entries)
    )
  ),

  ...each("drift", "drifted", "RunFailed", { code: "PROVIDER_REJECTED" }),
  lie(
    "drift",
    "drifted, unchecked",
    "ContextAssembled",
    "it was checked",
    first("RunAccepted", set("checks.constellation", true))
  ),
  lie(
    "drift",
    "plain",
    "RunFailed",
    "there is none",
    instead("ContextAssembled", { _tag: "RunFailed", ...ended("CONSTELLATION_DRIFT", "route") })
  ),
  lie(
    "transition",
    "plain",
    "RunFailed",
    "it comes later",
    instead("Released", { _tag: "RunFailed", ...ended("CONSTELLATION_DRIFT", "route") })
  ),
  lie(
    "drift",
    "drifted",
    "RunRefused",
    "another reason is given",
    instead("RunFailed", { _tag: "RunRefused", ...ended("CONTEXT_LIMIT_EXCEEDED", "context") })
  ),

  ...each("context", "plain", "ContextAssembled", { chars: 32_001, segments: [] }),
  lie(
    "context",
    "plain",
    "ContextAssembled",
    "another prompt",
    first("RunAccepted", () => ({ promptDigest: DIGEST }))
  ),
  lie(
    "context",
    "plain",
    "ContextAssembled",
    "a longer prompt",
    first("RunAccepted", () => ({ promptChars: 9 }))
  ),
  lie("context", "plain", "ContextAssembled", "a smaller limit", policy({ contextLimitChars: 1 })),
  lie("context", "refused by the limit", "RunRefused", "there is none", policy({ contextLimitChars: 0 })),
  ...each("transition", "refused by the limit", "RunRefused", { code: "BOUNDS_EXCEEDED", phase: "bounds" }),

  ...each("bounds", "revised", "BoundsCertified", {
    "certificate.calls": 5,
    "certificate.inputTokens": 1,
    "certificate.outputTokens": 1,
    "certificate.wallMillis": 1,
    "certificate.capabilityCalls": 1,
    "certificate.gates": 1
  }),
  lie(
    "bounds",
    "plain",
    "BoundsCertified",
    "a larger context",
    first("ContextAssembled", () => ({ bytes: 1 }))
  ),
  lie("bounds", "plain", "BoundsCertified", "no place for it", policy({ maxOutputTokens: 8192 })),
  lie("bounds", "refused by the bounds", "RunRefused", "there was place", policy({ maxOutputTokens: 1 })),
  ...each("transition", "refused by the bounds", "RunRefused", { code: "CONTEXT_LIMIT_EXCEEDED" }),

  ...each("call", "fallback", "CallIntended", {
    purpose: "audit",
    attempt: 2,
    provider: "reserve",
    model: "two",
    "reserved.inputTokens": 1,
    "reserved.outputTokens": 1,
    "reserved.wallMillis": 1,
    fallbackReason: "server_error"
  }),
  ...each(
    "call",
    "fallback",
    "CallIntended",
    { provider: "drafter", model: "one", fallbackReason: "server_error", attempt: 3 },
    ({ attempt }) => attempt === 2
  ),
  ...each(
    "call",
    "passed",
    "CallIntended",
    { provider: "drafter", model: "one", attempt: 2 },
    purpose("audit")
  ),
  ...each("call", "revised", "CallIntended", { provider: "judge", model: "three" }, purpose("revision")),
  lie("call", "not independent, unchecked", "CallIntended", "it was checked", (entries) =>
    first("RunAccepted", set("checks.constellation", true))(entries)
  ),

  lie("budget", "plain", "CallIntended", "too few calls", policy({ budgets: { window_hours: 1, calls: 1 } })),
  lie(
    "budget",
    "plain",
    "CallIntended",
    "too few tokens",
    policy({ budgets: { window_hours: 1, tokens: 9 } })
  ),
  lie(
    "budget",
    "refused by the budget",
    "CallIntended",
    "the one before had left less",
    policy({ budgets: { window_hours: 1, calls: 2 } })
  ),
  lie("budget", "refused by the budget", "RunRefused", "there is none", policy({ budgets: null })),

  ...each("transition", "plain", "CallSettled", { purpose: "audit", attempt: 2 }),
  ...each("settlement", "plain", "CallSettled", {
    outcome: "failed",
    code: "PROVIDER_TIMEOUT",
    fallback: "server_error",
    inputTokens: 1_000_000,
    outputTokens: 1_000_000,
    latencyMillis: 600_001,
    firstTokenMillis: null,
    finish: null,
    digest: null,
    chars: 0
  }),
  ...each("settlement", "fallback", "CallSettled", {
    code: "PROVIDER_OUTCOME_UNKNOWN",
    outcome: "cancelled",
    firstTokenMillis: 0
  }),

  ...each("audit", "passed", "AuditConcluded", {
    verdict: null,
    unavailable: "unparsable",
    provider: "drafter",
    model: "one",
    independent: false,
    "verdict.issues": [{ code: "unsafe", severity: 3 }],
    "verdict.highRiskClaims": 5,
    "verdict.suggestedFixes": 5
  }),
  ...each("audit", "no challenger", "AuditConcluded", {
    unavailable: "not_independent",
    verdict: sound,
    provider: "judge",
    independent: true
  }),
  ...each("audit", "not independent", "AuditConcluded", { unavailable: "no_challenger", model: "one" }),
  lie("audit", "not independent", "AuditConcluded", "it may judge itself", policy({ allowSameModel: true })),
  ...(["cut short", "audit failed"] as const).map((life) =>
    lie(
      "audit",
      life,
      "AuditConcluded",
      "a verdict",
      first("AuditConcluded", () => ({ verdict: sound, unavailable: null }))
    )
  ),
  ...each("audit", "unparsable", "AuditConcluded", { unavailable: "cut_short" }),

  ...each("transition", "rejected", "RunRefused", {
    code: "AUDIT_UNAVAILABLE",
    phase: "draft",
    retryable: true
  }),
  lie(
    "transition",
    "failed after a piece",
    "RunFailed",
    "another reason",
    first("RunFailed", () => ({ code: "RUN_INTERRUPTED" }))
  ),
  ...(["RouteResolved", "ContextAssembled", "BoundsCertified", "CallIntended", "CallSettled"] as const).map(
    (kind) => lie("transition", "plain", "*", `no ${kind}`, without(kind))
  ),
  lie("transition", "passed", "Released", "no AuditConcluded", without("AuditConcluded")),
  lie(
    "transition",
    "unaudited",
    "Released",
    "nobody read it",
    first("AuditConcluded", () => unread)
  ),
  lie("transition", "unaudited", "Released", "it was to be refused", (entries) =>
    first("RunAccepted", () => ({ onUnavailable: "refuse" }))(
      governed((whole) => ({ ...whole, audit: { ...(whole["audit"] as Json), on_unavailable: "refuse" } }))(
        entries
      )
    )
  ),
  lie(
    "transition",
    "revised",
    "CallIntended",
    "it was let through",
    first("AuditConcluded", set("verdict.decision", "pass"))
  ),
  lie(
    "transition",
    "passed",
    "Released",
    "it was rejected",
    first("AuditConcluded", set("verdict.decision", "reject"))
  ),
  lie("transition", "plain", "RunErased", "erased twice", (entries) =>
    also({ _tag: "RunErased", principal: "local" })(also({ _tag: "RunErased", principal: "local" })(entries))
  ),
  lie(
    "transition",
    "plain",
    "RunCancelled",
    "ended twice",
    also({ _tag: "RunCancelled", phase: "draft", receipt: null })
  ),
  ...each("transition", "refused by the budget", "RunRefused", { retryable: false }),
  ...each("transition", "resumed", "RunResumed", { attempt: 3 }),
  lie(
    "transition",
    "plain",
    "RunResumed",
    "gone on with before a call",
    instead("CallIntended", { _tag: "RunResumed", attempt: 2 })
  ),

  ...each("receipt", "revised", "Released", {
    "receipt.digest": DIGEST,
    "receipt.chars": 1,
    "receipt.complete": false,
    "receipt.provenance": "stand_in",
    "receipt.finish": "length",
    "receipt.mode": "challenger",
    "receipt.provider": "reserve",
    "receipt.model": "two",
    "receipt.fallbackUsed": true,
    "receipt.configDigest": DIGEST,
    "receipt.promptHash": DIGEST,
    "receipt.audit": "pass",
    "receipt.auditor": null,
    "receipt.auditor.independent": false,
    "receipt.certificate.calls": 1,
    "receipt.usage.calls": 1,
    "receipt.usage.inputTokens": null,
    "receipt.usage.outputTokens": 1,
    "receipt.usage.latencyMillis": 1
  }),
  ...each("receipt", "cancelled after a piece", "RunCancelled", {
    "receipt.chars": 5,
    "receipt.complete": true,
    "receipt.audit": "pass",
    "receipt.usage.calls": 2
  }),
  lie("receipt", "rejected", "RunRefused", "there is one", (entries) => {
    const receipt = {
      digest: DIGEST,
      chars: 1,
      complete: false,
      provenance: "model",
      finish: "stop",
      mode: "executor",
      provider: "drafter",
      model: "one",
      fallbackUsed: false,
      configDigest: DIGEST,
      promptHash: DIGEST,
      audit: "none",
      auditor: null,
      certificate: { calls: 1, inputTokens: 1, outputTokens: 1, wallMillis: 1, capabilityCalls: 0, gates: 0 },
      usage: { calls: 1, inputTokens: 1, outputTokens: 1, latencyMillis: 1 }
    }
    return first("RunRefused", () => ({ receipt }))(entries)
  })
]
