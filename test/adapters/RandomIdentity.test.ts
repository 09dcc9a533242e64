/** Holds fresh identifiers to their form, their order and their being fresh. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { TestClock } from "effect/testing"
import { layer, uuid7 } from "../../src/adapters/RandomIdentity.ts"
import { RunId, Timestamp } from "../../src/domain/Ids.ts"
import { Identity } from "../../src/ports/Identity.ts"

describe("identity", () => {
  it.prop(
    "a UUID of version 7 says when it was made",
    [Schema.Natural.check(Schema.isLessThan(2 ** 48))],
    ([millis]) => {
      const id = uuid7(millis)
      assert.isTrue(Schema.is(RunId)(id))
      assert.match(id, /^.{14}7.{4}[89ab]/)
      assert.strictEqual(Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16), millis)
      assert.notStrictEqual(uuid7(millis), id)
    }
  )

  it.effect("run ids sort by the time of the clock", () =>
    Effect.gen(function* () {
      const identity = yield* Identity
      yield* TestClock.setTime(Timestamp.make(1_000))
      const earlier = yield* identity.runId
      yield* TestClock.setTime(Timestamp.make(1_001))
      assert.isBelow([earlier, yield* identity.runId].toSorted().indexOf(earlier), 1)
    }).pipe(Effect.provide(layer))
  )

  it.effect("a boundary is one line with 128 random bits", () =>
    Effect.gen(function* () {
      const identity = yield* Identity
      const boundaries = yield* Effect.all(Array.from({ length: 100 }, () => identity.boundary))
      assert.strictEqual(new Set(boundaries).size, 100)
      for (const boundary of boundaries) assert.match(boundary, /^-----[0-9a-f]{32}-----$/)
    }).pipe(Effect.provide(layer))
  )
})
