/** Owns what somebody with the signing key may write of capabilities, memory and tokens that is not true. */
import {
  also,
  bare,
  both,
  type Change,
  DIGEST,
  ended,
  type Event,
  first,
  governed,
  instead,
  type Json,
  lacking,
  policy,
  set,
  twice,
  without
} from "./changes.ts"
import { each, type Lie, lie } from "./falsehoods.ts"

const before = "work: a capability before the model"
const breaks = "work: a capability that breaks"
const alone = "work: a capability and no model"

const drifting = governed((whole) => {
  const routing = whole["routing"] as { readonly modes: Json }
  const challenger = routing.modes["executor"]
  return { ...whole, routing: { modes: { ...routing.modes, challenger } } }
})

const capability: ReadonlyArray<Lie> = [
  ...each("capability", before, "CapabilityInvoked", {
    version: "2.0",
    category: "validation",
    outputChars: 61
  }),
  lie("capability", before, "CapabilityInvoked", "there is none such", policy({ capabilities: [] })),
  lie(
    "capability",
    before,
    "CapabilityInvoked",
    "it was given too much",
    first("RunAccepted", set("capability.payloadChars", 41))
  ),
  lie(
    "config_misnamed",
    before,
    "ConfigLoaded",
    "capabilities in another order",
    governed((whole) => ({
      ...whole,
      capabilities: (whole["capabilities"] as ReadonlyArray<Json>).toReversed()
    }))
  ),
  ...each("transition", before, "CapabilityInvoked", {
    id: "cap.breaks",
    digest: null,
    errorCode: "NOT_SO",
    code: "CAPABILITY_TIMEOUT"
  }),
  ...each("transition", breaks, "CapabilityInvoked", {
    ok: true,
    errorCode: "NOT_SO",
    outputChars: 1,
    digest: DIGEST,
    code: "PROVIDER_TIMEOUT"
  }),
  ...each("transition", breaks, "RunFailed", {
    code: "CAPABILITY_TIMEOUT",
    phase: "context",
    retryable: true
  }),
  lie("transition", breaks, "RunCancelled", "cancelled", (entries) =>
    instead("RunFailed", { _tag: "RunCancelled", phase: "capability", receipt: null })(entries)
  ),
  lie("transition", before, "ContextAssembled", "not invoked", without("CapabilityInvoked")),
  lie("transition", before, "CapabilityInvoked", "invoked twice", twice("CapabilityInvoked")),
  lie("transition", before, "CapabilityInvoked", "not asked for", bare("RunAccepted", "capability")),
  lie("drift", before, "CapabilityInvoked", "the constellation drifts", drifting),
  lie(
    "drift",
    before,
    "RunRefused",
    "it does not drift",
    instead("CapabilityInvoked", { _tag: "RunRefused", ...ended("CONSTELLATION_DRIFT", "route") })
  ),
  lie(
    "transition",
    before,
    "RunRefused",
    "refused before its context",
    instead("CapabilityInvoked", { _tag: "RunRefused", ...ended("CONTEXT_LIMIT_EXCEEDED", "context") })
  ),
  ...each("bounds", before, "BoundsCertified", {
    "certificate.capabilityCalls": 0,
    "certificate.wallMillis": 1
  }),
  ...each("receipt", before, "Released", {
    "receipt.capability.id": "cap.doubts",
    "receipt.capability.digest": DIGEST,
    "receipt.capability.chars": 1
  }),
  lie(
    "receipt",
    before,
    "Released",
    "no output",
    first("Released", ({ receipt }) => ({ receipt: lacking(receipt as Json, "capability") }))
  ),
  ...each("gate", "work: a turn held for what it invoked", "GateEvaluated", { threshold: null }),
  lie(
    "gate",
    "work: a turn held for what it invoked",
    "GateEvaluated",
    "of another class",
    both(
      first("CapabilityInvoked", set("category", "validation")),
      governed((whole) => ({
        ...whole,
        capabilities: (whole["capabilities"] as ReadonlyArray<Json>).map((facts) => ({
          ...facts,
          category: "validation"
        }))
      }))
    )
  )
]

const nobodyAsked: ReadonlyArray<Lie> = [
  ...each("transition", alone, "RunAccepted", { audit: true, packs: ["pack.facts"] }),
  lie("transition", alone, "RunAccepted", "and no capability", bare("RunAccepted", "capability")),
  ...each("route", alone, "RouteResolved", { "route.selected": null, "route.fallbackUsed": true }),
  ...each("context", alone, "ContextAssembled", {
    bytes: 1,
    chars: 1,
    messages: 1,
    history: { turns: 0, dropped: 0 }
  }),
  ...each("bounds", alone, "BoundsCertified", { "certificate.calls": 1, "certificate.gates": 1 }),
  ...each("receipt", alone, "Released", {
    "receipt.digest": DIGEST,
    "receipt.chars": 1,
    "receipt.provenance": "stand_in",
    "receipt.finish": "stop",
    "receipt.provider": "drafter",
    "receipt.usage.calls": 1
  }),
  ...each("transition", alone, "Released", { "receipt.audit": "pass" }).map((told) => ({
    ...told,
    falsehood: "receipt"
  })),
  lie(
    "transition",
    alone,
    "RunRefused",
    "for a budget that it does not take",
    both(
      policy({ budgets: { window_hours: 1, calls: 1 } }),
      instead("Released", { _tag: "RunRefused", ...ended("BUDGET_EXCEEDED", "bounds", true) })
    )
  ),
  lie(
    "transition",
    alone,
    "RunResumed",
    "gone on with",
    instead("Released", { _tag: "RunResumed", attempt: 2 })
  ),
  lie("receipt", alone, "RunCancelled", "a part of it", (entries) => {
    const { event } = entries.at(-1) ?? { event: { _tag: "" } }
    const receipt = { ...((event as Event)["receipt"] as Json), complete: false }
    return instead("Released", { _tag: "RunCancelled", phase: "release", receipt })(entries)
  })
]

const remembered = "work: remembered, denied, left out and missed"
const audited = "work: remembered in an audited run"
const written = "work: written, overwritten, forgotten, and written again"

/** What is said of one of the records that a run's packs name. */
const recalled = (index: number, some: Json): Change =>
  first("ContextAssembled", ({ memory }) => ({
    memory: (memory as ReadonlyArray<Json>).map((one, at) => (at === index ? { ...one, ...some } : one))
  }))
const remembering = (edit: (memory: Json) => Json): Change =>
  governed((whole) => ({ ...whole, memory: edit(whole["memory"] as Json) }))
const packs = (edit: (packs: ReadonlyArray<Json>) => ReadonlyArray<Json>): Change =>
  remembering((memory) => ({ ...memory, packs: edit(memory["packs"] as ReadonlyArray<Json>) }))

const untrue: ReadonlyArray<readonly [what: string, change: Change]> = [
  ["one is said to be denied", recalled(0, { outcome: "denied" })],
  ["one is said to be left out", recalled(1, { outcome: "dropped" })],
  ["one that is denied is released", recalled(2, { outcome: "released" })],
  ["one that does not fit is released", recalled(3, { outcome: "released" })],
  ["one that is missing is denied", recalled(4, { outcome: "denied" })],
  ["one that is missing has a length", recalled(4, { chars: 1 })],
  ["one that is missing has a version", recalled(4, { version: 1 })],
  ["one that is there has none", recalled(0, { version: 0 })],
  ["one is longer", recalled(0, { chars: 41 })],
  ["one is more sensitive", recalled(0, { sensitivity: "restricted" })],
  ["another key", recalled(0, { key: "other" })],
  ["one is not told", first("ContextAssembled", ({ memory }) => ({ memory: (memory as []).slice(1) }))],
  ["another order", first("ContextAssembled", ({ memory }) => ({ memory: (memory as []).toReversed() }))],
  ["another pack", first("RunAccepted", set("packs", ["pack.facts"]))],
  ["a pack that there is not", first("RunAccepted", set("packs", ["pack.all", "pack.none"]))],
  ["no pack", bare("RunAccepted", "packs")],
  ["the mode may read nothing", remembering((memory) => ({ ...memory, routes: [] }))],
  ["the mode may read more", remembering((memory) => ({ ...memory, elevated: ["executor"] }))],
  ["there is less room", remembering((memory) => ({ ...memory, budgetChars: 17 }))],
  ["a pack is there twice", packs((all) => [...all, ...all.slice(0, 1)])],
  ["what is included is not there", packs((all) => all.slice(1))],
  [
    "what is included includes another",
    packs((all) => all.map((pack, at) => (at === 0 ? { ...pack, includes: ["pack.all"] } : pack)))
  ],
  [
    "a pack names too many",
    packs((all) =>
      all.map((pack, at) =>
        at === 0 ? { ...pack, keys: Array.from({ length: 257 }, (_, key) => `k${key}`) } : pack
      )
    )
  ],
  ["nothing is configured", governed((whole) => lacking(whole, "memory"))]
]

const memory: ReadonlyArray<Lie> = [
  ...untrue.map(([what, change]) => lie("memory", remembered, "ContextAssembled", what, change)),
  lie(
    "memory",
    audited,
    "ContextAssembled",
    "the auditor is elsewhere",
    governed((whole) => ({
      ...whole,
      providers: (whole["providers"] as ReadonlyArray<Json>).map((facts) =>
        facts["name"] === "judge" ? { ...facts, cloud: true } : facts
      )
    }))
  ),
  lie("transition", remembered, "ContextAssembled", "nothing is told", bare("ContextAssembled", "memory")),
  ...each("transition", remembered, "RunAccepted", { packs: [] }),
  ...each("wrong_stream", written, "MemoryWritten", { scope: "other", key: "other" }),
  lie(
    "wrong_stream",
    written,
    "RunErased",
    "a run's event in a record",
    also({ _tag: "RunErased", principal: "local" })
  ),
  ...each("unknown_event", written, "MemoryWritten", {
    provenance: "somebody",
    scope: "../a",
    key: "a b",
    sensitivity: "secret"
  }),
  ...each("transition", written, "MemoryWritten", { version: 2, content: "value.2" }),
  ...each("transition", written, "MemoryForgotten", { version: 1 }),
  lie("transition", written, "MemoryForgotten", "forgotten twice", twice("MemoryForgotten")),
  lie("transition", written, "MemoryWritten", "written twice", twice("MemoryWritten"))
]

const issued = "work: tokens that were issued, and revoked"
const tokens: ReadonlyArray<Lie> = [
  ...each("unknown_event", issued, "TokenIssued", {
    role: "owner",
    principal: "a b",
    digest: "abc",
    expiresAt: -1,
    token: "io3_x"
  }),
  ...each("transition", issued, "TokenIssued", { principal: "local" }),
  lie("transition", issued, "TokenIssued", "issued twice", twice("TokenIssued")),
  lie("transition", issued, "TokenRevoked", "revoked twice", twice("TokenRevoked")),
  ...each("transition", issued, "TokenRevoked", { token: "01900000-0000-7000-8000-ffffffffffff" }),
  lie("transition", issued, "TokenIssued", "two of one digest", (entries) => {
    const [one, other] = entries.filter(({ event }) => event._tag === "TokenIssued")
    return entries.map((entry) =>
      entry === other ? { ...entry, event: { ...entry.event, digest: one?.event["digest"] } } : entry
    )
  }),
  lie(
    "wrong_stream",
    issued,
    "RunErased",
    "a run's event among tokens",
    also({ _tag: "RunErased", principal: "local" })
  )
]

const NOBODY = "01900000-0000-7000-8000-ffffffffffff"
const logins: ReadonlyArray<Lie> = [
  ...each("unknown_event", issued, "LoginOffered", { login: "io3_x", token: "io3_x", digest: "abc" }),
  ...each("transition", issued, "LoginOffered", { token: NOBODY }),
  lie("transition", issued, "LoginTaken", "another was offered", first("LoginOffered", set("login", NOBODY))),
  ...each("transition", issued, "LoginTaken", { login: NOBODY }),
  ...each("transition", issued, "LoginEnded", { login: NOBODY }),
  ...(["LoginOffered", "LoginTaken", "LoginEnded"] as const).map((tag) =>
    lie("transition", issued, tag, "twice", twice(tag))
  ),
  lie("transition", issued, "LoginTaken", "not offered", without("LoginOffered")),
  lie("transition", issued, "LoginEnded", "not taken", without("LoginTaken")),
  lie("transition", issued, "LoginTaken", "what was offered is the cookie", (entries) => {
    const offered = entries.find(({ event }) => event._tag === "LoginOffered")
    return first("LoginTaken", set("digest", offered?.event["digest"]))(entries)
  }),
  lie("transition", issued, "LoginOffered", "with one that was revoked", (entries) => {
    const isFirst = ({ event }: (typeof entries)[number]) => event._tag === "TokenRevoked"
    const revoked = entries.find(isFirst)
    const at = entries.findIndex(({ event }) => event._tag === "LoginOffered")
    return revoked === undefined
      ? entries
      : [...entries.slice(0, at), revoked, ...entries.slice(at).filter((one) => !isFirst(one))]
  })
]

export const workLies: ReadonlyArray<Lie> = [...capability, ...nobodyAsked, ...memory, ...tokens, ...logins]
