import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { elsewhere, Waited } from "../../../src/core/observability/Elsewhere.ts"

const MILLI = 1_000_000n

describe("time elsewhere", () => {
  it.effect("is that of waiting, without what was done here meanwhile", () =>
    Effect.gen(function* () {
      const waited = { nanos: 0n }
      const work = elsewhere((here) =>
        Effect.andThen(
          Effect.andThen(Effect.sleep(100), here(Effect.sleep(30))),
          Effect.andThen(here(Effect.sleep(5)), Effect.sleep(200))
        )
      )
      const request = Effect.sleep(7).pipe(Effect.andThen(work), Effect.andThen(Effect.sleep(9)))
      const fiber = yield* Effect.forkChild(Effect.provideService(request, Waited, waited))
      for (let step = 0; step < 6; step++) yield* TestClock.adjust(200)
      yield* Fiber.join(fiber)
      assert.strictEqual(waited.nanos, 300n * MILLI)
    })
  )

  it.effect("ends with what is interrupted or fails, and is nobody's where nobody asks", () =>
    Effect.gen(function* () {
      const waited = { nanos: 0n }
      const asked = <A, E>(work: Effect.Effect<A, E>) => Effect.provideService(work, Waited, waited)
      const fiber = yield* Effect.forkChild(asked(elsewhere(() => Effect.never)))
      yield* TestClock.adjust(40)
      yield* Fiber.interrupt(fiber)
      yield* TestClock.adjust(40)
      const failing = asked(elsewhere(() => Effect.andThen(Effect.sleep(2), Effect.fail("no"))))
      const failed = yield* Effect.forkChild(Effect.exit(failing))
      yield* TestClock.adjust(50)
      yield* Fiber.join(failed)
      assert.strictEqual(waited.nanos, 42n * MILLI)
      assert.strictEqual(yield* elsewhere((here) => here(Effect.succeed("done"))), "done")
    })
  )
})
