/** Holds the two verifiers to one law: whatever stands at whatever place of a run, both believe it or both name the same. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { checkExport } from "../src/core/ledger/ExportCheck.ts"
import { type Code, codes, Phase } from "../src/domain/Failure.ts"
import { receiptOf } from "../src/domain/run/Leaving.ts"
import type { Receipt } from "../src/domain/run/Receipt.ts"
import { isLong, quota } from "./support/campaign.ts"
import { DIGEST, type Event } from "./support/changes.ts"
import { chronicles } from "./support/chronicles.ts"
import { type Entry, hand, rowsOf } from "./support/exports.ts"
import { type Dice, dice } from "./support/mutations.ts"
import { abandoned, type Place, places, stepName } from "./support/places.ts"
import { verifyExport } from "./support/verifier.ts"

const SEED = Number(process.env["IO3_SEED"] ?? 20_261_128)
/** Events that are tried at each place. */
const EACH = quota(24, 300)

const scene = Effect.gen(function* () {
  const known = yield* chronicles
  const { key, tools, exportOf } = yield* hand("11".repeat(32))
  const ask = Effect.fnUntraced(function* (entries: ReadonlyArray<Entry>) {
    const bytes = Buffer.from(yield* exportOf(rowsOf(entries)))
    const theirs = verifyExport([bytes], { key })
    const ours = checkExport(tools, bytes, { checkpoint: null, publicKey: key })
    const at = (position: number | null, stream: string | null, seq: number | null) =>
      `at ${position} ${stream} ${seq}`
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

describe("at every place of a run", { timeout: isLong ? 3_600_000 : 120_000 }, () => {
  it.effect("that the law knows of", () =>
    Effect.gen(function* () {
      const { all } = yield* scene
      const found = new Set(all.map(stepName))
      assert.includeMembers(
        [...found],
        ["Accept", "Route", "Assemble", "Certify", "Audit", "Conclude", "Done", "Done erased"].concat(
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
          "Fail code RUN_INTERRUPTED phase recovery",
          ...["draft", "audit", "revision"].map((phase) => `Cancel phase ${phase}`)
        )
      )
    })
  )

  it.effect("both believe what the recovery law writes there", () =>
    Effect.gen(function* () {
      const { all, ask } = yield* scene
      for (const place of all)
        assert.deepStrictEqual(yield* ask(abandoned(place)), { ours: "holds", theirs: "holds" }, place.name)
    })
  )

  it.effect(`both say the same of ${EACH} events, of seed ${SEED}`, () =>
    Effect.gen(function* () {
      const { known, all, ask } = yield* scene
      const events = [...known.values()].flat().map(({ event }) => event)
      const kinds = Map.groupBy(events, ({ _tag }) => _tag)
      const some = events.flatMap((event) => (event._tag === "RunFailed" ? (event["receipt"] ?? []) : []))
      const rolled = dice(SEED)
      const apart: Array<unknown> = []
      for (const place of all) {
        const receipts = receiptsAt(place, some as unknown as ReadonlyArray<Receipt>)
        const other = (): Event =>
          rolled.one([
            () => rolled.one(kinds.get(rolled.one([...kinds.keys()])) ?? []),
            () => ({ _tag: "Released", receipt: rolled.one(receipts) }),
            () => ({ _tag: "RunResumed", attempt: 2 + rolled.below(3) })
          ])()
        for (let number = 0; number < EACH; number++) {
          const event = number % 4 < 3 ? ending(place, receipts, rolled) : other()
          const { ours, theirs } = yield* ask([...place.before, { stream: place.stream, event }])
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
      for (const { before, stream, step } of asked) {
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
          const { ours, theirs } = yield* ask([...before, { stream, event }])
          assert.match(ours, /^transition /)
          assert.strictEqual(ours, theirs)
        }
      }
      assert.isNotEmpty(asked)
    })
  )
})
