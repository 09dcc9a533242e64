import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Option, Schema } from "effect"
import * as MemoryJournal from "../../../src/adapters/journal/Memory.ts"
import { counted } from "../../../src/core/observability/Counted.ts"
import { isRunEvent } from "../../../src/domain/Event.ts"
import { failure } from "../../../src/domain/Failure.ts"
import { StreamId } from "../../../src/domain/Ids.ts"
import { decode } from "../../../src/domain/ledger/Ledger.ts"
import { metrics, type Sample } from "../../../src/domain/observability/Metrics.ts"
import { nothingKnown, tally } from "../../../src/domain/observability/Tally.ts"
import { Journal } from "../../../src/ports/Journal.ts"
import { Meter } from "../../../src/ports/Meter.ts"
import { lives } from "../../support/lives.ts"

const isLabel = Object.fromEntries(
  Object.entries(metrics).map(([name, { labels }]) => [name, Schema.is(labels as Schema.Codec<unknown>)])
)

/** A meter that adds up, and what it came to. */
const adding = () => {
  const sums = new Map<string, number>()
  const add = ({ metric, labels, value }: Sample) => {
    assert.isTrue(isLabel[metric]?.(labels), `${metric} ${JSON.stringify(labels)}`)
    const key = `${metric} ${JSON.stringify(labels)}`
    sums.set(key, (sums.get(key) ?? 0) + value)
  }
  return { sums, add, layer: Layer.succeed(Meter, { add, set: add, text: () => "" }) }
}

/** What counts of runs there are in the sums of several processes, without those that say nothing. */
const together = (...all: ReadonlyArray<ReadonlyMap<string, number>>) => {
  const sums: Record<string, number> = {}
  for (const [key, value] of all.flatMap((one) => [...one]))
    if (!key.startsWith("commit") && !key.startsWith("underWay")) sums[key] = (sums[key] ?? 0) + value
  return sums
}

const Steps = Schema.Array(
  Schema.Struct({ run: Schema.Int, events: Schema.Literals([1, 2, 3]), second: Schema.Boolean })
).check(Schema.isMinLength(10), Schema.isMaxLength(30))

describe("the counted journal", () => {
  it.prop(
    "counts what is on record, whichever process wrote which part of it",
    [lives, lives, lives, Steps],
    async ([one, two, three, steps]) => {
      const runs = [one, two, three].map(({ events }, index) => ({
        stream: StreamId.make(`run/${index}`),
        events: [...events],
        written: 0
      }))
      const meters = [adding(), adding()] as const
      const whole = adding()
      await Effect.gen(function* () {
        const kept = Layer.succeed(Journal, yield* Journal)
        const [first, second] = yield* Effect.forEach(meters, ({ layer }) =>
          Effect.map(Layer.build(Layer.fresh(counted).pipe(Layer.provide([kept, layer]))), (built) =>
            Context.get(built, Journal)
          )
        )
        for (const step of steps) {
          const run = runs[Math.abs(step.run) % runs.length]
          const events = run?.events.splice(0, step.events) ?? []
          if (!run || events.length === 0) continue
          const append = { stream: run.stream, expected: run.written, events, sealed: [], key: null }
          yield* (step.second ? second : first)!.commit({ appends: [append] })
          run.written += events.length
        }
        const rows = yield* (yield* Journal).scan(0, 1000)
        const known = new Map(runs.map(({ stream }) => [stream, nothingKnown]))
        for (const { stream, payload, at } of rows) {
          const event = Option.getOrThrow(decode(payload))
          if (!isRunEvent(event)) continue
          const next = tally(known.get(stream) ?? nothingKnown, event, at)
          known.set(stream, next.known)
          next.samples.forEach(whole.add)
        }
      }).pipe(Effect.provide(MemoryJournal.layer), Effect.scoped, Effect.runPromise)
      assert.deepStrictEqual(together(meters[0].sums, meters[1].sums), together(whole.sums))
    },
    { arbitrary: { runs: 40 } }
  )

  it.prop("has under way what has begun and neither ended nor is held", [lives], ([{ events }]) => {
    let known = nothingKnown
    let underWay = 0
    for (const event of events) {
      const next = tally(known, event, 1)
      ;({ known } = next)
      for (const { metric, value } of next.samples) if (metric === "underWay") underWay += value
      assert.strictEqual(underWay, known.isUnderWay ? 1 : 0)
    }
  })

  it.effect("fails with what the journal fails with, and counts nothing of it", () =>
    Effect.gen(function* () {
      const { sums, layer } = adding()
      const broken = Layer.effect(
        Journal,
        Effect.map(Journal, (journal) => ({
          ...journal,
          commit: () => Effect.fail(failure("JOURNAL_FULL", "setup"))
        }))
      ).pipe(Layer.provide(MemoryJournal.layer))
      const journal = counted.pipe(Layer.provide([broken, layer]))
      const append = { stream: StreamId.make("run/a"), expected: 0, events: [], sealed: [], key: null }
      const code = yield* Journal.use(({ commit }) => commit({ appends: [append] })).pipe(
        Effect.match({ onSuccess: () => null, onFailure: ({ code }) => code }),
        Effect.provide(journal)
      )
      assert.strictEqual(code, "JOURNAL_FULL")
      assert.strictEqual(sums.size, 0)
    })
  )
})
