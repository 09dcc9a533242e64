/** Owns what somebody with the signing key may write of sessions, their turns and their stewards that is not true. */
import {
  all,
  also,
  between,
  both,
  type Change,
  DIGEST,
  ended,
  type Event,
  everywhere,
  first,
  governed,
  instead,
  type Json,
  lacking,
  policy,
  purpose,
  set,
  twice,
  without
} from "./changes.ts"
import { each, type Lie, lie } from "./falsehoods.ts"
import type { Entry } from "./exports.ts"

const OTHER = "01900000-0000-7000-8000-00000000dead"
const approved = "session: held, looked at and approved"
const edited = "session: held and edited"
const expired = "session: held and expired"
const titled = "session: at work, two turns, titled and closed"
const elsewhere = "session: from elsewhere"
const alternatives = "session: at work, with others in place of earlier turns"
/** The turn in place of the second one, and everything that is said of whose place it takes. */
const isInstead = ({ turn }: Event) => (turn as Json | undefined)?.["index"] === 2
const lineage = (some: Json): Change =>
  both(
    first("TurnStarted", (event) => ({ turn: { ...(event["turn"] as Json), ...some } }), isInstead),
    first("RunAccepted", (event) => ({ turn: { ...(event["turn"] as Json), ...some } }), isInstead)
  )
const newest = ({ stream, event }: Entry) =>
  ({ stream, event: { ...event, turn: lacking(event["turn"] as Json, "insteadOf") } }) as Entry
/** The same, and the session would have as many answers. */
const reading = (answers: number, some: Json = {}): Change =>
  both(lineage({ answers, ...some }), first("TurnStarted", set("after.answers", answers), isInstead))

const policyOf = (entries: ReadonlyArray<Entry>) => entries[0]?.event["policy"] as Json
/** The configuration has other terms for sessions, and none of them has. */
const terms =
  (some: Json): Change =>
  (entries) =>
    policy({ sessions: { ...(policyOf(entries)["sessions"] as Json), ...some } })(entries)

/** The terms of all, of the configuration too, are others. */
const underTerms = (from: string, to: string): Change =>
  both(everywhere(from, to), (entries) => policy({ sessions: policyOf(entries)["sessions"] })(entries))

const isSecond = ({ content }: Event) => content === "title.2"
const turnless = ({ stream, event }: Entry) => ({ stream, event: lacking(event, "turn") }) as Entry

const gate: ReadonlyArray<Lie> = [
  ...each("gate", approved, "GateEvaluated", {
    threshold: null,
    "threshold ": "audit",
    step: 2,
    tokens: 1,
    digest: DIGEST,
    chars: 1
  }).map((told) =>
    told.what.startsWith("threshold ")
      ? { ...told, change: first("GateEvaluated", () => ({ threshold: "audit" })) }
      : told
  ),
  ...each("gate", "session: held at every second step", "GateEvaluated", { threshold: "step_count" }),
  ...each("gate", "session: held over its tokens", "GateEvaluated", { threshold: "token_budget" }),
  ...each("gate", "session: held as revised", "GateEvaluated", { threshold: null, chars: 17 }),
  ...each("gate", "session: held without a verdict", "GateEvaluated", { threshold: null }),
  ...each("gate", "session: passed, and not held", "GateEvaluated", { threshold: "audit" })
]

const steward: ReadonlyArray<Lie> = [
  ...each("steward", approved, "StewardDecided", {
    sequence: 1,
    reason: "expired",
    by: "deadline",
    action: "edit",
    edited: { digest: DIGEST, chars: 3 }
  }),
  ...each("steward", edited, "StewardDecided", { edited: null, action: "approve" }),
  ...each("steward", expired, "StewardDecided", { by: "person", reason: "other", action: "close" }),
  ...["3", "null"].map((seconds) =>
    lie(
      "steward",
      expired,
      "StewardDecided",
      `the deadline is ${seconds}`,
      underTerms('"expirySeconds":1', `"expirySeconds":${seconds}`)
    )
  )
]

const session: ReadonlyArray<Lie> = [
  ...each("session", titled, "SessionStarted", {
    session: OTHER,
    persona: "challenger",
    "terms.maxTurns": 3,
    "terms.thresholds.always": true,
    "after.turns": 1,
    "after.steps": 1,
    "after.tokens": 1,
    "after.answers": 1,
    "after.maxTurns": 3,
    "after.status": "at_limit",
    "after.open": { run: OTHER, index: 0, threshold: null },
    "after.title": "title.1",
    "after.erased": true
  }),
  lie("session", titled, "SessionStarted", "other terms are configured", terms({ maxTurns: 3 })),
  lie(
    "session",
    titled,
    "SessionStarted",
    "no terms are configured",
    governed((whole) => lacking(whole, "sessions"))
  ),
  lie(
    "session",
    elsewhere,
    "SessionStarted",
    "it begins here",
    first("SessionStarted", () => ({ origin: null }))
  ),
  ...each("session", elsewhere, "SessionStarted", { "after.status": "paused", "after.answers": 2 }),
  ...each("session", titled, "SessionTitled", { "after.title": null, "after.erased": true }),
  ...each("session", titled, "TurnStarted", {
    "after.turns": 2,
    "after.status": "paused",
    "after.open": null,
    "after.open.threshold": "audit"
  }),
  ...each("session", titled, "TurnEnded", {
    tokens: 9,
    "after.tokens": 9,
    "after.steps": 0,
    "after.answers": 0,
    "after.status": "at_limit"
  }),
  ...each("session", approved, "TurnHeld", { "after.status": "active", "after.open.threshold": null }),
  ...each("session", "session: held and rejected, to its limit", "TurnEnded", { "after.status": "active" }),
  ...each("session", "session: cancelled, its mode changed meanwhile", "SessionModeChanged", {
    "after.mode": "steward",
    "after.status": "closed"
  }),
  ...each("session", titled, "SessionClosed", { "after.status": "active" }),
  ...each("session", "session: erased with its turns", "SessionErased", {
    "after.title": "title.1",
    "after.erased": false
  })
]

const unpaired: ReadonlyArray<Lie> = [
  lie("unpaired", titled, "RunAccepted", "other characters", first("TurnStarted", set("promptChars", 9))),
  lie("unpaired", titled, "RunAccepted", "another persona", first("TurnStarted", set("persona", "explorer"))),
  lie(
    "unpaired",
    titled,
    "RunAccepted",
    "another run",
    all("TurnStarted", { run: OTHER, "after.open.run": OTHER })
  ),
  lie("unpaired", titled, "RunAccepted", "another turn", first("RunAccepted", set("turn.step", 2))),
  lie("unpaired", titled, "RunAccepted", "no turn", (entries) =>
    entries.map((entry) => (entry.event._tag === "RunAccepted" ? turnless(entry) : entry))
  ),
  lie("unpaired", titled, "RunAccepted", "the session says nothing", without("TurnStarted")),
  lie("unpaired", titled, "ConfigLoaded", "something between", between("RunAccepted")),
  lie("unpaired", titled, "ConfigLoaded", "something before the end's other", between("TurnEnded")),
  lie("unpaired", approved, "ConfigLoaded", "something before the hold's other", between("TurnHeld")),
  lie("unpaired", approved, "TurnHeld", "another digest", first("TurnHeld", set("digest", DIGEST))),
  lie(
    "unpaired",
    approved,
    "TurnHeld",
    "another threshold",
    all("TurnHeld", { threshold: "audit", "after.open.threshold": "audit" })
  ),
  lie("unpaired", approved, "HeldViewed", "nobody was told of the hold", without("TurnHeld")),
  lie("unpaired", titled, "TurnEnded", "other tokens", all("TurnEnded", { tokens: 18, "after.tokens": 18 })),
  ...each("unpaired", titled, "TurnEnded", {
    latencyMillis: 9,
    "answer.content": "draft.2",
    "answer.digest": DIGEST,
    "answer.chars": 1
  }),
  ...each("unpaired", edited, "TurnEnded", { "answer.content": "draft.1" }),
  ...each("unpaired", "session: held and expired", "TurnEnded", {
    code: "STEWARD_REJECTED",
    status: "redirected"
  }),
  ...each("unpaired", "session: failed, and gone on with", "TurnEnded", {
    status: "refused",
    code: "PROVIDER_TIMEOUT"
  })
]

/** Nothing after the first turn that has ended so, but what a session says next, and a row that is nobody's other. */
const afterTurn =
  (status: string, ...next: ReadonlyArray<readonly [kind: string, some: Json, changed: Json]>): Change =>
  (entries) => {
    const at = entries.findIndex(({ event }) => event["status"] === status)
    const { stream, event } = entries[at] ?? { stream: "", event: { _tag: "" } }
    const said = next.map(([_tag, some, changed]) => {
      const after = { ...(event["after"] as Json), ...changed }
      return { stream, event: { _tag, ...some, principal: "local", after } }
    })
    return [...entries.slice(0, at + 1), ...said, ...entries.slice(0, 1)]
  }
const redirected = "session: held and redirected"
const closedBy = "session: held and closed"

/** What a steward has done to a session stands right after the turn it ended. */
const following: ReadonlyArray<Lie> = [
  lie("unpaired", redirected, "ConfigLoaded", "no next turn", afterTurn("redirected")),
  lie(
    "unpaired",
    redirected,
    "SessionClosed",
    "closed, and no next turn",
    afterTurn("redirected", ["SessionClosed", {}, { status: "closed" }])
  ),
  lie(
    "unpaired",
    redirected,
    "SessionModeChanged",
    "another mode first",
    afterTurn("redirected", ["SessionModeChanged", { mode: "work" }, { mode: "work" }])
  ),
  lie("unpaired", redirected, "ConfigLoaded", "at its limit", (entries) =>
    both(
      afterTurn("redirected"),
      underTerms('"maxTurns":50', '"maxTurns":1'),
      first("TurnEnded", set("after.status", "at_limit"))
    )(entries)
  ),
  lie("unpaired", closedBy, "ConfigLoaded", "it stays open", afterTurn("rejected")),
  ...each("unpaired", closedBy, "SessionClosed", { principal: "other" })
]

const transition: ReadonlyArray<Lie> = [
  lie("transition", titled, "SessionTitled", "no beginning", without("SessionStarted")),
  lie("transition", titled, "SessionStarted", "begun twice", twice("SessionStarted")),
  lie("transition", titled, "SessionClosed", "closed twice", twice("SessionClosed")),
  lie("transition", titled, "TurnStarted", "two turns at once", twice("TurnStarted")),
  lie("transition", approved, "TurnHeld", "held twice", twice("TurnHeld")),
  lie("transition", titled, "TurnEnded", "ended twice", twice("TurnEnded")),
  lie("transition", titled, "SessionTitled", "another title", (entries) =>
    first("SessionTitled", () => ({ content: "title.3" }), isSecond)(entries)
  ),
  lie("transition", titled, "TurnStarted", "its ceiling was lower", (entries) =>
    both(
      underTerms('"maxTurns":50', '"maxTurns":1'),
      first("TurnEnded", set("after.status", "at_limit"))
    )(entries)
  ),
  ...each("transition", titled, "TurnStarted", {
    "turn.index": 1,
    "turn.step": 2,
    "turn.tokens": 1,
    "turn.mode": "steward",
    "turn.thresholds.always": true,
    "turn.expirySeconds": 3,
    "turn.session": OTHER
  }),
  lie("transition", alternatives, "TurnStarted", "in place of the first", lineage({ insteadOf: 0 })),
  lie("transition", alternatives, "TurnStarted", "in place of itself", lineage({ insteadOf: 2 })),
  lie(
    "transition",
    alternatives,
    "TurnStarted",
    "in place of one that is not there",
    lineage({ insteadOf: 9 })
  ),
  lie("transition", alternatives, "TurnStarted", "it reads what it stands in place of", reading(2)),
  lie("transition", alternatives, "TurnStarted", "it reads nothing", reading(0)),
  lie("transition", alternatives, "TurnStarted", "it follows the newest", (entries) =>
    entries.map((entry) => (isInstead(entry.event) ? newest(entry) : entry))
  ),
  lie(
    "context",
    alternatives,
    "ContextAssembled",
    "in place of the first, with what that one had to read",
    reading(0, { insteadOf: 0 })
  ),
  ...each("transition", titled, "TurnEnded", {
    run: OTHER,
    index: 1,
    status: "rejected",
    counts: false,
    code: "PROVIDER_TIMEOUT",
    answer: null
  }),
  ...each("transition", approved, "TurnEnded", { status: "failed", index: 7 }),
  ...each("transition", approved, "TurnHeld", { run: OTHER, index: 1 }),
  ...each("transition", "session: cancelled, its mode changed meanwhile", "SessionModeChanged", {
    mode: "steward"
  }),
  lie(
    "transition",
    redirected,
    "SessionErased",
    "not closed",
    afterTurn("rejected", ["SessionErased", {}, { erased: true }])
  ),
  lie(
    "transition",
    "session: erased with its turns",
    "SessionErased",
    "erased twice",
    twice("SessionErased")
  ),
  lie("transition", approved, "Released", "nobody has decided", without("StewardDecided")),
  lie("transition", approved, "Released", "without a gate", (entries) =>
    entries.filter(({ event }) => !/^(GateEvaluated|TurnHeld|HeldViewed|StewardDecided)$/.test(event._tag))
  ),
  lie("transition", titled, "GateEvaluated", "a gate at work", (entries) => {
    const at = entries.findIndex(({ event }) => event._tag === "Released")
    const { stream } = entries[at] ?? { stream: "" }
    const asked = { _tag: "GateEvaluated", threshold: null, step: 1, tokens: 17, digest: DIGEST, chars: 17 }
    return entries.toSpliced(at, 0, { stream, event: asked })
  }),
  lie("transition", approved, "StewardDecided", "decided twice", twice("StewardDecided")),
  ...each("transition", approved, "HeldViewed", { digest: DIGEST }),
  ...each("transition", approved, "StewardDecided", { digest: DIGEST, action: "reject" }).map((told) =>
    told.what.startsWith("action") ? { ...told, shows: "Released" } : told
  ),
  ...[
    { _tag: "RunCancelled", phase: "gate", receipt: null },
    { _tag: "RunFailed", ...ended("RUN_INTERRUPTED", "recovery", true) },
    { _tag: "RunRefused", ...ended("STEWARD_EXPIRED", "gate") },
    { _tag: "RunResumed", attempt: 2 }
  ].map((event) =>
    lie("transition", approved, event._tag, "while it is held", instead("StewardDecided", event))
  ),
  ...each("transition", expired, "RunRefused", { code: "STEWARD_REJECTED", phase: "audit", retryable: true }),
  lie("transition", "session: held without a verdict", "GateEvaluated", "it was to be refused", (entries) =>
    both(
      everywhere('"on_unavailable":"hold"', '"on_unavailable":"refuse"'),
      everywhere('"onUnavailable":"hold"', '"onUnavailable":"refuse"'),
      policy({}),
      first("BoundsCertified", set("certificate.gates", 0))
    )(entries)
  )
]

export const sessionLies: ReadonlyArray<Lie> = [
  ...gate,
  ...steward,
  ...session,
  ...unpaired,
  ...following,
  ...transition,
  ...each("config_unknown", titled, "SessionStarted", { configDigest: DIGEST }),
  ...each("config_unknown", elsewhere, "SessionStarted", { configDigest: DIGEST }),
  ...each("unknown_event", titled, "TurnEnded", { after: null, status: "held" }),
  lie("wrong_stream", titled, "RunErased", "a run's event in a session", (entries) =>
    also({ _tag: "RunErased", principal: "local" })(entries)
  ),
  lie("wrong_stream", titled, "SessionClosed", "a session's event in a run", (entries) => {
    const { event } = entries.at(-1) ?? { event: { _tag: "" } }
    const { stream } = entries.findLast((entry) => entry.stream.startsWith("run/")) ?? { stream: "" }
    return [...entries, { stream, event }]
  }),
  ...each("bounds", approved, "BoundsCertified", { "certificate.gates": 0 }),
  ...each("bounds", titled, "BoundsCertified", { "certificate.gates": 1 }),
  ...each("receipt", edited, "Released", {
    "receipt.digest": DIGEST,
    "receipt.chars": 17,
    "receipt.provenance": "model",
    "receipt.basis": DIGEST
  }),
  ...each("receipt", approved, "Released", { "receipt.provenance": "mixed", "receipt.basis": DIGEST }),
  ...each("receipt", "session: held and approved, without a letter", "Released", {
    "receipt.digest": DIGEST
  }),
  lie(
    "receipt",
    "session: left after a piece, with nothing to hold it",
    "RunCancelled",
    "it might have been held",
    (entries) =>
      both(
        underTerms('"always":false', '"always":true'),
        first("BoundsCertified", set("certificate.gates", 1))
      )(entries)
  ),
  ...each("call", "session: held as revised", "CallIntended", { provider: "judge" }, purpose("revision"))
]
