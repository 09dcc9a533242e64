import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Stream } from "effect"
import * as Handover from "../../../src/core/run/Handover.ts"

describe("a value passed hand to hand", () => {
  it.effect("is given when it was taken, in order, and the stream ends as the giver did", () =>
    Effect.gen(function* () {
      const hands = yield* Handover.make<number, string>()
      const giver = Effect.forEach([1, 2, 3], hands.give).pipe(
        Effect.andThen(Effect.fail("over")),
        Effect.onExit(hands.end)
      )
      const fiber = yield* Effect.forkChild(giver)
      const taken: Array<number> = []
      const exit = yield* Effect.exit(
        Stream.runForEach(hands.stream, (value) => Effect.sync(() => taken.push(value)))
      )
      assert.deepStrictEqual(taken, [1, 2, 3])
      assert.deepStrictEqual(exit, Exit.fail("over"))
      yield* Fiber.await(fiber)
    })
  )

  it.effect("that was withdrawn is never taken", () =>
    Effect.gen(function* () {
      const hands = yield* Handover.make<number, never>()
      const first = yield* Effect.forkChild(hands.give(1))
      yield* Effect.yieldNow
      yield* Fiber.interrupt(first)
      const second = yield* Effect.forkChild(Effect.andThen(hands.give(2), hands.end(Exit.void)))
      assert.deepStrictEqual(yield* Stream.runCollect(hands.stream), [2])
      yield* Fiber.join(second)
    })
  )
})
