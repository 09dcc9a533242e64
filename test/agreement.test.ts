/** Holds the two verifiers to one law: whatever stands at whatever place of a run, both believe it or both name the same. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { checkExport } from "../src/core/ledger/ExportCheck.ts"
import { type Code, codes, Phase } from "../src/domain/Failure.ts"
import { receiptOf } from "../src/domain/run/Leaving.ts"
import type { Receipt } from "../src/domain/run/Receipt.ts"
import { seatOf } from "../src/domain/run/Seat.ts"
import { Action as TurnAction, Threshold } from "../src/domain/session/Turn.ts"
import { isLong, quota, SEED } from "./support/campaign.ts"
import { DIGEST, type Event } from "./support/changes.ts"
import { chronicles } from "./support/chronicles.ts"
import { type Entry, hand, rowsOf } from "./support/exports.ts"
import { type Dice, dice } from "./support/mutations.ts"
import { abandoned, goneOn, type Place, places, stepName } from "./support/places.ts"
import { verifyExport } from "./support/verifier.ts"

/** Events that are tried at each place. */
const EACH = quota(10, 300)

const scene = Effect.gen(function* () {
  const known = yield* chronicles
  const { key, tools, exportOf } = yield* hand("11".repeat(32))
  const ask = Effect.fnUntraced(function* (entries: ReadonlyArray<Entry>) {
    const bytes = Buffer.from(yield* exportOf(rowsOf(entries)))
    const theirs = verifyExport([bytes], { key })
    const ours = checkExport(tools, bytes, { checkpoint: null, publicKey: key })
    // What is false of the whole has no row.
    const at = (position: number | null, stream: string | null, seq: number | null) =>
      stream === null ? "at its end" : `at ${position} ${stream} ${seq}`
    return {
      theirs: theirs.ok ? "holds" : `${theirs.falsehood} ${at(theirs.position, theirs.stream, theirs.seq)}`,
      ours: ours === null ? "holds" : `${ours.fault} ${at(ours.position, ours.stream, ours.seq)}`
    }
  })
  return { known, all: places(known), ask }
})

/** Codes that a rule of the law is about; the others are alike. */
const RULED: ReadonlyArray<Code> = [
  "AUDIT_REJECTED",
  "AUDIT_UNAVAILABLE",
  "BOUNDS_EXCEEDED",
  "BUDGET_EXCEEDED",
  "CONSTELLATION_DRIFT",
  "CONTEXT_LIMIT_EXCEEDED",
  "PROVIDER_OUTCOME_UNKNOWN",
  "RUN_INTERRUPTED"
]
const CODES = Object.keys(codes) as ReadonlyArray<Code>
const PHASES: ReadonlyArray<Phase> = [...Phase.literals, "recovery"]

/** Receipts over the draft, each true but for what it says of itself; over nothing where there is no draft. */
const receiptsAt = ({ state }: Place, some: ReadonlyArray<Receipt>): ReadonlyArray<Receipt> => {
  const draft = state.calls.findLast(({ intended }) => intended.purpose === "draft")?.settled
  const { digest, chars } = { digest: draft?.digest ?? DIGEST, chars: draft?.chars ?? 0 }
  const own = (["none", "pass", "revised", "unaudited"] as const).flatMap((audit) =>
    [true, false].flatMap(
      (complete) => receiptOf(state, { digest: digest as Receipt["digest"], chars, complete, audit }) ?? []
    )
  )
  return own.length > 0 ? own : some
}

/** What a gate may be said to have come to, and what a steward to have decided: nearly what is due there. */
const gating = ({ before, stream, state }: Place, { one }: Dice): Event => {
  const answer = state.calls.at(-1)?.settled
  const seat = state.accepted && seatOf(state.accepted)
  const spentSo = state.calls.reduce(
    (sum, { settled }) => sum + (settled?.inputTokens ?? 0) + (settled?.outputTokens ?? 0),
    seat?.tokens ?? 0
  )
  const digest = one([state.gate?.digest ?? answer?.digest ?? DIGEST, DIGEST])
  const own = before.filter((entry) => entry.stream === stream)
  const heldAt = own.findIndex(({ event }) => event._tag === "GateEvaluated") + 1
  const edited = { digest: DIGEST, chars: 3 }
  return one<() => Event>([
    () => ({
      _tag: "GateEvaluated",
      threshold: one([null, ...Threshold.literals]),
      step: one([seat?.step ?? 1, 2]),
      tokens: one([spentSo, 9]),
      digest,
      chars: one([answer?.chars ?? 1, 1])
    }),
    () => ({ _tag: "HeldViewed", principal: "local", digest }),
    ...Array.from({ length: 3 }, () => () => ({
      _tag: "StewardDecided",
      action: one(TurnAction.literals),
      reason: one(["acceptable", "expired", "other"]),
      principal: "local",
      by: one(["person", "service", "deadline"]),
      digest,
      sequence: one([heldAt, heldAt, own.length]),
      edited: one([null, null, edited])
    }))
  ])()
}

/** What a capability may be said to have come to: nearly what it may. */
const invoking = ({ state }: Place, { one }: Dice): Event => ({
  _tag: "CapabilityInvoked",
  id: one([state.accepted?.capability?.id ?? "cap.counts", "cap.doubts"]),
  version: one(["1.0", "1.0", "1.0", "2.0"]),
  category: one(["computation", "computation", "validation"]),
  ok: one([true, false]),
  errorCode: one([null, null, "NOT_SO"]),
  code: one([null, null, "CAPABILITY_TIMEOUT", "PROVIDER_TIMEOUT"]),
  durationMillis: 1,
  outputChars: one([0, 9, 60, 61]),
  digest: one([null, DIGEST])
})

/** What may be said to have been assembled: what was, or nothing, or something else of what is remembered. */
const assembling = (contexts: ReadonlyArray<Event>, { one }: Dice): Event => {
  const { memory, ...rest } = one(contexts)
  const other = one(contexts)["memory"]
  const some = one([{ memory }, { memory: other }]).memory
  return some === undefined ? rest : { ...rest, memory: some }
}

/** How a run may be said to have ended without an answer: what is due there is said often, and said of other kinds too. */
const ending = ({ step }: Place, receipts: ReadonlyArray<Receipt>, { one, below }: Dice): Event => {
  const due = "code" in step ? [step.code] : []
  const code = one([() => one(CODES), () => one(RULED), () => one([...due, "RUN_INTERRUPTED"] as const)])()
  const phase = one([() => one(PHASES), () => ("phase" in step ? step.phase : one(PHASES))])()
  const receipt = below(3) > 0 ? null : one(receipts.filter(({ complete }) => !complete))
  const retryable = codes[code].retryable === below(8) > 0
  return one<Event>([
    { _tag: "RunRefused", code, phase, retryable, receipt },
    { _tag: "RunRefused", code, phase, retryable, receipt },
    { _tag: "RunFailed", code, phase, retryable, receipt },
    { _tag: "RunFailed", code, phase, retryable, receipt },
    { _tag: "RunCancelled", phase, receipt }
  ])
}

describe("at every place of a run", { timeout: isLong ? 3_600_000 : 300_000 }, () => {
  it.effect("that the law knows of", () =>
    Effect.gen(function* () {
      const { all } = yield* scene
      const found = new Set(all.map(stepName))
      assert.includeMembers(
        [...found],
        [
          "Accept",
          "Route",
          "Invoke",
          "Assemble",
          "Certify",
          "Audit",
          "Conclude",
          "Done",
          "Done erased"
        ].concat(
          ...["none", "pass", "revised", "unaudited"].map((audit) => `Gate audit ${audit}`),
          ...["none", "revised", "unaudited"].map((audit) => `Decide audit ${audit}`),
          ...["REJECTED", "REDIRECTED", "EXPIRED"].map((code) => `Refuse code STEWARD_${code} phase gate`),
          "Call purpose draft attempt 1",
          "Call purpose draft attempt 2 fallbackReason connection_refused",
          "Call purpose revision attempt 1",
          ...["draft attempt 1", "draft attempt 2", "audit attempt 1", "revision attempt 1"].map(
            (call) => `Settle purpose ${call}`
          ),
          ...["none", "pass", "revised", "unaudited"].map((audit) => `Release audit ${audit}`),
          ...["AUDIT_REJECTED", "AUDIT_UNAVAILABLE"].map((code) => `Refuse code ${code} phase audit`),
          ...["draft", "revision"].map((phase) => `Fail code PROVIDER_OUTCOME_UNKNOWN phase ${phase}`),
          "Fail code PROVIDER_UNAVAILABLE phase draft",
          ...["EXCEPTION", "TIMEOUT"].map((code) => `Fail code CAPABILITY_${code} phase capability`),
          "Fail code RUN_INTERRUPTED phase recovery",
          ...["draft", "audit", "revision"].map((phase) => `Cancel phase ${phase}`)
        )
      )
    })
  )

  it.effect("both believe what the recovery law writes there", () =>
    Effect.gen(function* () {
      const { all, ask } = yield* scene
      // A decision is written together with what follows from it.
      for (const place of all.filter(({ state, step }) => !state.decision || step._tag === "Done"))
        assert.deepStrictEqual(yield* ask(abandoned(place)), { ours: "holds", theirs: "holds" }, place.name)
    })
  )

  it.effect(`both say the same of ${EACH} events, of seed ${SEED}`, () =>
    Effect.gen(function* () {
      const { known, all, ask } = yield* scene
      const events = [...known.values()].flat().map(({ event }) => event)
      const kinds = Map.groupBy(events, ({ _tag }) => _tag)
      const some = events.flatMap((event) => (event._tag === "RunFailed" ? (event["receipt"] ?? []) : []))
      const contexts = kinds.get("ContextAssembled") ?? []
      const rolled = dice(SEED)
      const apart: Array<unknown> = []
      for (const place of all) {
        const receipts = receiptsAt(place, some as unknown as ReadonlyArray<Receipt>)
        const other = (): Event =>
          rolled.one([
            () => rolled.one(kinds.get(rolled.one([...kinds.keys()])) ?? []),
            () => ({ _tag: "Released", receipt: rolled.one(receipts) }),
            () => ({ _tag: "RunResumed", attempt: 2 + rolled.below(3) }),
            () => gating(place, rolled)
          ])()
        const often = (): Event => {
          switch (place.step._tag) {
            case "Gate":
            case "Decide":
              return gating(place, rolled)
            case "Invoke":
              return rolled.below(3) > 0 ? invoking(place, rolled) : ending(place, receipts, rolled)
            case "Assemble":
              return rolled.below(3) > 0 ? assembling(contexts, rolled) : ending(place, receipts, rolled)
            default:
              return ending(place, receipts, rolled)
          }
        }
        for (let number = 0; number < EACH; number++) {
          const event = number % 4 < 3 ? often() : other()
          const { ours, theirs } = yield* ask(goneOn(place, [event]))
          if (ours !== theirs) apart.push({ place: place.name, step: stepName(place), event, ours, theirs })
        }
      }
      assert.deepStrictEqual(apart, [])
    })
  )

  it.effect("a run in which a rule said no, or a call broke, ends in no other way", () =>
    Effect.gen(function* () {
      const { all, ask } = yield* scene
      const asked = all.filter(({ step }) => step._tag === "Refuse" || step._tag === "Fail")
      for (const place of asked) {
        const { step } = place
        if (step._tag !== "Refuse" && step._tag !== "Fail") continue
        const { code, phase } = step
        const due = { code, phase, retryable: codes[code].retryable, receipt: null }
        const wrong: ReadonlyArray<Event> = [
          { _tag: step._tag === "Refuse" ? "RunFailed" : "RunRefused", ...due },
          { _tag: "RunFailed", code: "JOURNAL_FULL", phase, retryable: false, receipt: null },
          { _tag: "RunFailed", code: "RUN_INTERRUPTED", phase: "draft", retryable: true, receipt: null },
          { _tag: "RunCancelled", phase, receipt: null }
        ]
        for (const event of wrong) {
          const { ours, theirs } = yield* ask(goneOn(place, [event]))
          assert.match(ours, /^transition /)
          assert.strictEqual(ours, theirs)
        }
      }
      assert.isNotEmpty(asked)
    })
  )
})
