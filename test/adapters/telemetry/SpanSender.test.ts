import { assert, describe, it } from "@effect/vitest"
import { Deferred, type Duration, Effect, Exit, Fiber, Scope } from "effect"
import { TestClock } from "effect/testing"
import * as SpanSender from "../../../src/adapters/telemetry/SpanSender.ts"
import type { Span } from "../../../src/domain/observability/Span.ts"
import { SpanId, TraceId } from "../../../src/domain/observability/TraceContext.ts"

const span = (start: number): Span => ({
  trace: TraceId.make("1".repeat(32)),
  span: SpanId.make("2".repeat(16)),
  parent: null,
  name: "run",
  kind: "internal",
  start,
  end: start,
  status: "unset",
  attributes: {}
})
const few = { batch: 3, delayMillis: 1000, most: 7 }

/** A sender, what it has sent, and what became of spans. */
const scene = (send: (spans: ReadonlyArray<Span>) => Effect.Effect<boolean>) =>
  Effect.gen(function* () {
    const sent: Array<ReadonlyArray<number>> = []
    const fates = { sent: 0, dropped: 0 }
    const scope = yield* Scope.make()
    const sender = yield* SpanSender.make(
      few,
      (spans) =>
        Effect.suspend(() => {
          sent.push(spans.map(({ start }) => start))
          return send(spans)
        }),
      (fate, count) => {
        fates[fate] += count
      }
    ).pipe(Scope.provide(scope))
    return {
      take: (...all: ReadonlyArray<number>) => all.forEach((start) => sender.take(span(start))),
      sent,
      fates,
      close: Scope.close(scope, Exit.void)
    }
  })
/** Time goes by, and whoever waited for it has done what they do then. */
const passes = (time: Duration.Input) =>
  Effect.andThen(TestClock.adjust(time), Effect.repeat(Effect.yieldNow, { times: 20 }))
const taken = () => Effect.succeed(true)

describe("spans on their way", () => {
  it.effect("go together after a while, or as soon as they are enough, in their order", () =>
    Effect.gen(function* () {
      const { take, sent, fates } = yield* scene(taken)
      yield* Effect.yieldNow
      take(1, 2)
      yield* passes(999)
      assert.deepStrictEqual(sent, [])
      yield* passes(1)
      assert.deepStrictEqual(sent, [[1, 2]])
      take(3, 4, 5, 6)
      yield* passes(0)
      assert.deepStrictEqual(sent[1], [3, 4, 5])
      yield* passes(1000)
      assert.deepStrictEqual(sent.flat(), [1, 2, 3, 4, 5, 6])
      assert.deepStrictEqual(fates, { sent: 6, dropped: 0 })
    })
  )

  it.effect("are dropped where there is no room for them, and one transmission is under way at a time", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<boolean>()
      const { take, sent, fates } = yield* scene(() => Deferred.await(gate))
      yield* Effect.yieldNow
      take(1, 2, 3)
      yield* passes(0)
      take(...Array.from({ length: 100 }, (_, index) => index + 4))
      yield* passes("10 minutes")
      assert.deepStrictEqual(sent, [[1, 2, 3]])
      assert.deepStrictEqual(fates, { sent: 0, dropped: 93 })
      yield* Deferred.succeed(gate, true)
      yield* passes(0)
      assert.deepStrictEqual(sent.flat(), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
      assert.deepStrictEqual(fates, { sent: 10, dropped: 93 })
    })
  )

  it.effect("that could not be sent are let go of, and the next are sent later and later", () =>
    Effect.gen(function* () {
      const { take, sent, fates } = yield* scene(() => Effect.succeed(false))
      yield* Effect.yieldNow
      const moments: Array<number> = []
      for (let second = 0; second < 60; second++) {
        take(second)
        const before = sent.length
        yield* passes(1000)
        if (sent.length > before) moments.push(second)
      }
      assert.deepStrictEqual(moments.length, sent.length)
      assert.isBelow(sent.length, 8)
      assert.strictEqual(fates.sent, 0)
      assert.isAtLeast(fates.dropped, 60 - few.most)
    })
  )

  it.effect("are sent once more when the program ends, which waits for a second and no longer", () =>
    Effect.gen(function* () {
      const quick = yield* scene(taken)
      quick.take(1, 2)
      yield* quick.close
      assert.deepStrictEqual(quick.sent, [[1, 2]])
      const slow = yield* scene(() => Effect.never)
      slow.take(1)
      const closing = yield* Effect.forkChild(slow.close)
      yield* passes(SpanSender.LAST_MILLIS - 1)
      assert.isUndefined(closing.pollUnsafe())
      yield* passes(1)
      yield* Fiber.join(closing)
    })
  )
})
