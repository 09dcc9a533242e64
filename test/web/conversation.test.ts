/** Tells the page of conversations in every order there is, in pieces, twice and from the middle on. */
import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import {
  type Conversation,
  openTurn,
  textOf,
  type Transcript,
  unknown,
  withEvents,
  withHistory
} from "../../src/web/chat/conversation.ts"
import type { StreamEvent } from "../../src/web/server/contract.ts"
import { nothingSaid, saying } from "../../src/web/chat/said.ts"
import { told } from "../support/conversationTold.ts"

type Step = { readonly events: ReadonlyArray<StreamEvent> } | { readonly record: Transcript }

const fold = (steps: ReadonlyArray<Step>, from: Conversation = unknown): Conversation =>
  steps.reduce(
    (known, step) => ("record" in step ? withHistory(known, step.record) : withEvents(known, step.events)),
    from
  )

const one = (event: StreamEvent): Step => ({ events: [event] })

/** In the order of their turns, whichever was heard of first. */
const seen = ({ turns, ...rest }: Conversation) => ({
  ...rest,
  turns: [...turns.values()].toSorted((a, b) => (a.index ?? 0) - (b.index ?? 0))
})

/** Everything that was said, in any order and some of it again, among what was on record at some time. */
const scene = told.chain(({ events, records }) => {
  const last = records.at(-1)!
  const again = fc.subarray([...events])
  const before = fc.subarray([...records], { maxLength: Math.min(5, records.length) })
  return fc
    .tuple(again, before)
    .chain(([more, old]) => {
      const steps: Array<Step> = [
        ...events.map(one),
        ...more.map(one),
        ...old.map((record) => ({ record })),
        { record: last }
      ]
      return fc.shuffledSubarray(steps, { minLength: steps.length, maxLength: steps.length })
    })
    .map((steps) => ({ events, records, last, steps }))
})

describe("a conversation", () => {
  it("is known as the same, in whatever order and however often it is told of", () => {
    fc.assert(
      fc.property(scene, ({ events, last, steps }) => {
        const inOrder = fold([{ events }, { record: last }])
        assert.deepStrictEqual(seen(fold(steps)), seen(inOrder))
      }),
      { seed: 8, numRuns: 300 }
    )
  })

  it("is known as the same by whoever hears of it, whoever comes later, and whoever lost the connection", () => {
    const cuts = fc.array(fc.nat({ max: 80 }), { maxLength: 4 })
    fc.assert(
      fc.property(told, fc.nat({ max: 80 }), cuts, ({ events, records }, joined, lost) => {
        const last = { record: records.at(-1)! }
        const always = fold([{ events }, last])
        const at = joined % events.length
        const later = fold([{ record: records[at]! }, ...events.slice(at).map(one), last])
        // What a stream says again after it was resumed begins at any event before.
        const broken = lost.flatMap((cut) => events.slice(cut % events.length).map(one))
        assert.deepStrictEqual(seen(fold([...events.map(one), ...broken, last])), seen(always))
        assert.deepStrictEqual(
          seen(later).turns.map((turn) => [turn.run, textOf(turn), turn.standing, turn.error]),
          seen(always).turns.map((turn) => [turn.run, textOf(turn), turn.standing, turn.error])
        )
      }),
      { seed: 8, numRuns: 300 }
    )
  })

  it("reads in pieces what it reads whole", () => {
    fc.assert(
      fc.property(told, ({ events, records }) => {
        const pieces = events.filter(({ event }) => event !== "turn_output")
        const whole = events.filter(({ event }) => event !== "turn_delta")
        const heard = withEvents(unknown, pieces)
        for (const turn of records.at(-1)!.turns) {
          if (turn.threshold_key !== null) continue
          assert.strictEqual(textOf(heard.turns.get(turn.run_id)!), turn.message ?? "")
        }
        const both = seen(fold([{ events }, { record: records.at(-1)! }])).turns
        const one = seen(fold([{ events: whole }, { record: records.at(-1)! }])).turns
        assert.deepStrictEqual(both.map(textOf), one.map(textOf))
      }),
      { seed: 8, numRuns: 200 }
    )
  })

  it("never goes back: what was over is not open again", () => {
    fc.assert(
      fc.property(scene, ({ steps }) => {
        const over = new Set<string>()
        let known = unknown
        for (const step of steps) {
          known = fold([step], known)
          for (const { run, standing } of known.turns.values()) {
            const isOver = standing === "ok" || standing === "error"
            assert.isTrue(isOver || !over.has(run))
            if (isOver) over.add(run)
          }
        }
        assert.isNull(openTurn(known))
      }),
      { seed: 8, numRuns: 100 }
    )
  })
})

describe("a text in pieces", () => {
  it("has each of its bytes once, whatever overlaps and whatever comes first", () => {
    const texts = fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(texts, fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 12 }), (text, cuts) => {
        const letters = [...text]
        const until = (count: number) => letters.slice(0, count).join("")
        const spans = cuts.map(([a, b]) => {
          const start = a % letters.length
          return [start, start + 1 + (b % (letters.length - start))] as const
        })
        const each = letters.map((_, at) => [at, at + 1] as const)
        const said = [...spans, ...each.toReversed(), ...spans].reduce(
          (known, [start, end]) =>
            saying(known, letters.slice(start, end).join(""), Buffer.byteLength(until(end))),
          nothingSaid
        )
        assert.deepStrictEqual(said, { text, bytes: Buffer.byteLength(text), ahead: [] })
      }),
      { seed: 8, numRuns: 300 }
    )
  })
})
