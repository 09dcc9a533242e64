/** Holds the door to letting nothing out of a run that another process has taken over. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Option } from "effect"
import { TestClock } from "effect/testing"
import * as MemoryJournal from "../../../src/adapters/journal/Memory.ts"
import { Runs } from "../../../src/core/run/Runs.ts"
import type { RunEvent } from "../../../src/domain/Event.ts"
import { OwnerId } from "../../../src/domain/Ids.ts"
import { Journal, type StreamInfo } from "../../../src/ports/Journal.ts"
import { folder } from "../../support/ledger.ts"
import { codeOf, lastRun, sceneOver } from "../../support/runs.ts"

const ended: RunEvent = {
  _tag: "RunFailed",
  code: "RUN_INTERRUPTED",
  phase: "draft",
  retryable: true,
  receipt: null
}

/** Streams three words. With each that leaves, `during` happens; the journal says of a run what `said` makes of it. */
const streamed = Effect.fnUntraced(function* (
  during: (word: number) => Effect.Effect<unknown, never, Journal>,
  said: (info: StreamInfo) => StreamInfo = (info) => info
) {
  let asked = 0
  const journal = Layer.effect(
    Journal,
    Effect.map(Journal, (inner) =>
      Journal.of({
        ...inner,
        info: (stream) =>
          Effect.tap(Effect.map(inner.info(stream), Option.map(said)), () => Effect.sync(() => asked++))
      })
    )
  ).pipe(Layer.provide(MemoryJournal.layer))
  const { layer } = sceneOver({ drafter: [{ say: ["one ", "two ", "three"] }] }, journal, yield* folder)
  return yield* Effect.gen(function* () {
    const shared = yield* Journal
    let words = 0
    const outlet = () => Effect.asVoid(Effect.provideService(during(++words), Journal, shared))
    const watcher = { accepted: () => Effect.void, outlet }
    const exit = yield* Effect.exit((yield* Runs).run(Runs.request("executor", "question"), watcher))
    return { code: codeOf(exit), isReleased: Exit.isSuccess(exit), words, asked, record: yield* lastRun }
  }).pipe(Effect.provide(layer))
})

const silence = TestClock.adjust("11 seconds")

const endedElsewhere = Effect.gen(function* () {
  const journal = yield* Journal
  const [info] = yield* journal.streams({ prefix: "run/", openOnly: true, before: null, limit: 1 })
  if (!info) return assert.fail("no run is open")
  const { stream, seq: expected } = info
  yield* journal.commit({ appends: [{ stream, expected, events: [ended], sealed: [], key: null }] })
}).pipe(Effect.orDie)

describe("release: a process that was silent for long", () => {
  it.effect("lets no word out of a run that was ended elsewhere", () =>
    Effect.gen(function* () {
      const { code, words, record } = yield* streamed((word) =>
        word === 1 ? Effect.andThen(silence, endedElsewhere) : Effect.void
      )
      assert.deepStrictEqual([code, words], ["JOURNAL_CONFLICT", 1])
      assert.deepStrictEqual(record.entries.at(-1)?.event, ended)
    })
  )

  it.effect("lets no word out of a run that was taken over, and writes nothing more to it", () =>
    Effect.gen(function* () {
      const other = OwnerId.make("00000000-0000-7000-8000-000000000000")
      const { code, words, record } = yield* streamed(
        (word) => (word === 1 ? silence : Effect.void),
        (info) => ({ ...info, owner: other })
      )
      assert.deepStrictEqual([code, words], ["JOURNAL_CONFLICT", 1])
      assert.strictEqual(record.entries.at(-1)?.event._tag, "CallIntended")
    })
  )

  it.effect("goes on with a run that is still its own", () =>
    Effect.gen(function* () {
      const { isReleased, words, asked } = yield* streamed((word) => (word === 2 ? silence : Effect.void))
      assert.deepStrictEqual({ isReleased, words, asked }, { isReleased: true, words: 3, asked: 1 })
    })
  )

  it.effect("that was not asks nobody", () =>
    Effect.gen(function* () {
      const { isReleased, words, asked } = yield* streamed(() => TestClock.adjust("9 seconds"))
      assert.deepStrictEqual({ isReleased, words, asked }, { isReleased: true, words: 3, asked: 0 })
    })
  )
})
