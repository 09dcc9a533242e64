/** Owns what somebody with the signing key may write of runbooks and their steps that is not true. */
import {
  all,
  also,
  bare,
  between,
  both,
  type Change,
  DIGEST,
  type Event,
  first,
  governed,
  instead,
  type Json,
  lacking,
  set,
  twice,
  without
} from "./changes.ts"
import { each, type Lie, lie } from "./falsehoods.ts"
import type { Entry } from "./exports.ts"

const OTHER = "01900000-0000-7000-8000-00000000dead"

const skipped = "work: a runbook of which a step is skipped"
const stopped = "work: a runbook that stops, and is gone on with"
const approved = "work: a runbook, held and approved"
const redirected = "work: a runbook, held and redirected"
const closed = "work: a runbook, held and closed"

/** The step of a runbook at a place, declared otherwise. */
const declared = (index: number, some: Json): Change =>
  first("RunbookStarted", ({ steps }) => ({
    steps: (steps as ReadonlyArray<Json>).map((step, at) => (at === index ? { ...step, ...some } : step))
  }))
const when = (op: string, value: string) => ({ when: { key: "session_mode", op, value } })

const runbook: ReadonlyArray<Lie> = [
  ...each("runbook", skipped, "RunbookStarted", {
    run: OTHER,
    "thresholds.always": true,
    expirySeconds: 3,
    steps: [],
    "certificate.calls": 99,
    "after.attempt": 2,
    "after.next": 1,
    "after.left.calls": 99,
    "after.status": "paused",
    "after.open": { run: OTHER, index: 0, threshold: null },
    "after.failed": { index: 0, code: "RUN_CANCELLED" },
    "after.erased": true
  }),
  ...[
    ["two steps of one name", declared(1, { task: "a" })],
    ["an auditor's mode", declared(1, { mode: "challenger" })],
    ["a mode of no model", declared(1, { mode: "capability" })],
    [
      "too many steps",
      first("RunbookStarted", ({ steps }) => ({
        steps: Array.from({ length: 21 }, (_, at) => ({ ...(steps as [Json])[0], task: `t${at}` }))
      }))
    ],
    ["no terms are configured", governed((whole) => lacking(whole, "sessions"))]
  ].map(([what, change]) => lie("runbook", skipped, "RunbookStarted", what as string, change as Change)),
  ...each("config_unknown", skipped, "RunbookStarted", { configDigest: DIGEST }),
  ...each("config_unknown", stopped, "RunbookResumed", { configDigest: DIGEST }),
  lie("unknown_event", skipped, "RunbookStarted", "no such session", declared(1, when("eq", "executor"))),
  ...each("runbook", skipped, "StepStarted", {
    "after.tries": 0,
    "after.open": null,
    "after.status": "paused"
  }),
  ...each("runbook", skipped, "StepEnded", {
    tokens: 9,
    certified: null,
    "after.completed": 0,
    "after.steps": 0,
    "after.next": 0,
    "after.left.calls": 0
  }),
  ...each("runbook", skipped, "StepSkipped", { "after.skipped": 0, "after.next": 1 }),
  ...each("runbook", skipped, "RunbookCompleted", { "after.status": "active" }),
  ...each("runbook", stopped, "RunbookTerminated", { "after.status": "active", "after.failed": null }),
  ...each("runbook", stopped, "RunbookResumed", {
    "after.attempt": 1,
    "after.failed": { index: 1, code: "PROVIDER_REJECTED" },
    "after.left.calls": 0,
    "certificate.calls": 0
  }),
  lie("runbook", stopped, "RunbookResumed", "gone on with twice, and counted once", twice("RunbookResumed")),
  ...each("runbook", approved, "StepHeld", { "after.status": "active", "after.open.threshold": null }),
  ...each("runbook", "erased runbook", "RunbookErased", { "after.erased": false })
]

/** Right before the second step: a steward has closed the runbook, and nobody has decided so. */
const closedByNobody: Change = (entries) => {
  const at = entries.findIndex(({ event }) => event._tag === "StepEnded")
  const { stream, event } = entries[at] ?? { stream: "", event: { _tag: "" } }
  const failed = { index: 0, code: "STEWARD_REJECTED" }
  const after = { ...(event["after"] as Json), status: "terminated", failed }
  return [...entries.slice(0, at + 1), { stream, event: { _tag: "RunbookTerminated", ...failed, after } }]
}

/** Everything up to the last event of a kind, without that; and a row that is nobody's other. */
const untold =
  (kind: string): Change =>
  (entries) => [
    ...entries.slice(
      0,
      entries.findLastIndex(({ event }) => event._tag === kind)
    ),
    ...entries.slice(0, 1)
  ]

const unpaired: ReadonlyArray<Lie> = [
  lie("unpaired", skipped, "RunAccepted", "another number", first("RunAccepted", set("step.tokens", 1))),
  lie("unpaired", skipped, "RunAccepted", "no step", bare("RunAccepted", "step")),
  lie("unpaired", skipped, "RunAccepted", "the runbook says nothing", without("StepStarted")),
  lie("unpaired", skipped, "RunAccepted", "it is audited", first("StepStarted", set("audit", true))),
  lie("unpaired", stopped, "ConfigLoaded", "something between", between("RunAccepted")),
  lie("unpaired", stopped, "ConfigLoaded", "something before the end's other", between("StepEnded")),
  lie("unpaired", stopped, "ConfigLoaded", "something before what follows", between("RunbookTerminated")),
  lie("unpaired", stopped, "RunbookResumed", "it goes on at once", without("RunbookTerminated")),
  lie("unpaired", stopped, "RunbookTerminated", "closed by nobody", closedByNobody),
  ...each("unpaired", skipped, "StepEnded", { latencyMillis: 9 }),
  lie("unpaired", skipped, "StepEnded", "other tokens", all("StepEnded", { tokens: 18, "after.tokens": 18 })),
  lie("unpaired", approved, "StepHeld", "another digest", first("StepHeld", set("digest", DIGEST))),
  lie(
    "unpaired",
    approved,
    "StepHeld",
    "another threshold",
    all("StepHeld", { threshold: "audit", "after.open.threshold": "audit" })
  ),
  lie("unpaired", approved, "HeldViewed", "nobody was told of the hold", without("StepHeld")),
  lie("unpaired", redirected, "ConfigLoaded", "no next run", (entries) => {
    const at = entries.findIndex(({ event }) => event["status"] === "redirected")
    return [...entries.slice(0, at + 1), ...entries.slice(0, 1)]
  }),
  lie("unpaired", closed, "ConfigLoaded", "it stays open", untold("RunbookTerminated"))
]

const isOf = (kind: string, event: Event) => event._tag === kind
/** The runbook's first run is to be within nothing. */
const nothingLeft: Change = (entries) =>
  both(
    all("RunbookStarted", { "certificate.calls": 0, "after.left.calls": 0 }),
    all("StepStarted", { "step.left.calls": 0, "after.left.calls": 0 }),
    all("RunAccepted", { "step.left.calls": 0 })
  )(entries)

/** The event of a kind once more, right after the run of a step has begun. */
const meanwhile =
  (kind: string): Change =>
  (entries) => {
    const at = entries.findLastIndex(({ event }) => isOf("RunAccepted", event))
    const again = entries.filter(({ event }) => isOf(kind, event)).slice(0, 1)
    return entries.toSpliced(at + 1, 0, ...again)
  }

const transition: ReadonlyArray<Lie> = [
  lie("transition", skipped, "StepStarted", "no beginning", without("RunbookStarted")),
  lie("transition", skipped, "RunbookStarted", "begun twice", twice("RunbookStarted")),
  lie("transition", skipped, "StepSkipped", "skipped twice", twice("StepSkipped")),
  lie("transition", skipped, "StepSkipped", "it was to be run", declared(1, when("neq", "steward"))),
  lie("transition", skipped, "StepStarted", "it was to be skipped", declared(0, when("neq", "work"))),
  lie("transition", skipped, "RunbookCompleted", "completed twice", twice("RunbookCompleted")),
  lie("transition", stopped, "RunbookCompleted", "completed early", (entries) =>
    instead("RunbookTerminated", { ...(entries.at(-1)?.event ?? { _tag: "" }) })(entries)
  ),
  ...each("transition", skipped, "StepSkipped", { index: 0 }),
  ...each("transition", skipped, "StepStarted", {
    mode: "explorer",
    capability: "cap.counts",
    promptChars: 9,
    "step.runbook": OTHER,
    "step.index": 1,
    "step.attempt": 2,
    "step.redirected": true,
    "step.step": 2,
    "step.mode": "steward",
    "step.tokens": 1,
    "step.left.calls": 1,
    "step.thresholds.always": true,
    "step.expirySeconds": 3
  }),
  ...each("transition", "work: an audited runbook that is refused", "StepStarted", { audit: false }),
  ...each("transition", skipped, "StepEnded", {
    run: OTHER,
    index: 1,
    status: "rejected",
    counts: false,
    code: "PROVIDER_TIMEOUT",
    "certified.calls": 99
  }),
  ...each("transition", approved, "StepEnded", { status: "failed", index: 7 }),
  ...each("transition", approved, "StepHeld", { run: OTHER, index: 1 }),
  lie("transition", approved, "StepHeld", "held twice", twice("StepHeld")),
  ...each("transition", stopped, "RunbookTerminated", { index: 0, code: "PROVIDER_TIMEOUT" }),
  lie("transition", stopped, "RunbookResumed", "gone on with meanwhile", meanwhile("RunbookResumed")),
  lie("transition", closed, "RunbookResumed", "gone on with, though closed", (entries) => {
    const { stream, event } = entries.at(-1) ?? { stream: "", event: { _tag: "" } }
    const started: Json = entries.find((one) => isOf("RunbookStarted", one.event))?.event ?? {}
    const { configDigest, certificate } = started
    const by = { principal: "local", surface: "program", configDigest, certificate }
    return [...entries, { stream, event: { _tag: "RunbookResumed", ...by, after: event["after"] } }]
  }),
  lie("transition", "erased runbook", "RunbookErased", "erased twice", twice("RunbookErased")),
  lie("transition", skipped, "BoundsCertified", "more than was left", nothingLeft),
  lie("transition", skipped, "RunAccepted", "a turn too", (entries) =>
    entries.map(({ stream, event }): Entry => {
      const { step, packs, ...rest } = event
      if (event._tag !== "RunAccepted" || !step) return { stream, event }
      const { mode, tokens, thresholds, expirySeconds } = step as Json
      const turn = { session: OTHER, index: 0, step: 1, mode, tokens, answers: 0, thresholds, expirySeconds }
      return { stream, event: { ...rest, turn, step, ...(packs ? { packs } : {}) } as Event }
    })
  ),
  lie("wrong_stream", skipped, "RunErased", "a run's event in a runbook", (entries) =>
    also({ _tag: "RunErased", principal: "local" })(entries)
  ),
  lie("wrong_stream", skipped, "RunbookCompleted", "a runbook's event in a run", (entries) => {
    const { event } = entries.at(-1) ?? { event: { _tag: "" } }
    const { stream } = entries.findLast((entry) => entry.stream.startsWith("run/")) ?? { stream: "" }
    return [...entries, { stream, event }]
  })
]

export const runbookLies: ReadonlyArray<Lie> = [...runbook, ...unpaired, ...transition]
