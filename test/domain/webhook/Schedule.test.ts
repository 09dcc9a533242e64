import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { Timestamp } from "../../../src/domain/Ids.ts"
import type { Attempt } from "../../../src/domain/webhook/Delivery.ts"
import { follow, isLast, pauses } from "../../../src/domain/webhook/Schedule.ts"

const HOUR = 3_600_000
const at = Timestamp.make(1_000_000)
const answered = (status: number, retryAfterSeconds: number | null = null): Attempt => ({
  status,
  failure: null,
  retryAfterSeconds
})
const broken = (failure: Attempt["failure"]): Attempt => ({ status: null, failure, retryAfterSeconds: null })

const circumstances = fc.record({
  now: fc.integer({ min: 1_000_000, max: 2 ** 45 }),
  chance: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  delivered: fc.option(fc.integer({ min: 0, max: 2 ** 45 }))
})
/** Anything that is neither taken nor gone. */
const refusals = fc.oneof(
  fc
    .integer({ min: 100, max: 599 })
    .filter((status) => (status < 200 || status > 299) && status !== 410)
    .chain((status) =>
      fc.option(fc.nat(10 ** 9)).map((retryAfterSeconds) => answered(status, retryAfterSeconds))
    ),
  fc
    .constantFrom("unreachable", "address_forbidden", "tls", "timeout", "bad_response")
    .map((failure) => broken(failure as Attempt["failure"]))
)

describe("what follows from an attempt", () => {
  it("is nothing more once it was taken, whatever else was said", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 200, max: 299 }),
        fc.nat(20),
        circumstances,
        (status, attempts, where) => {
          assert.deepStrictEqual(follow({ attempts, at }, answered(status, 60), where), { _tag: "Delivered" })
        }
      )
    )
  })

  it("is another one after a pause that grows, is jittered upwards and never longer than a day and a fifth", () => {
    fc.assert(
      fc.property(refusals, fc.nat(pauses.length - 1), circumstances, (attempt, attempts, where) => {
        const following = follow({ attempts, at }, attempt, where)
        if (following._tag !== "Again") return assert.fail(following._tag)
        const waited = following.next - where.now
        const pause = pauses[attempts] ?? assert.fail()
        assert.isTrue(Number.isSafeInteger(following.next))
        assert.isAtLeast(waited, pause)
        assert.isAtMost(waited, 103_680_000)
        const asked = (attempt.retryAfterSeconds ?? 0) * 1000
        if (asked <= 24 * HOUR) assert.isAtLeast(waited, asked)
        if (asked <= pause) assert.isAtMost(waited, Math.round(pause * 1.2))
      })
    )
    assert.deepStrictEqual(
      pauses.toSorted((a, b) => a - b),
      pauses
    )
  })

  it("ends after ten attempts in three to four days, and disables what took nothing in all that time", () => {
    fc.assert(
      fc.property(refusals, circumstances, (attempt, { chance, delivered }) => {
        const patient = { ...attempt, retryAfterSeconds: null }
        let now: number = at
        for (let attempts = 0; attempts < 9; attempts++) {
          assert.isFalse(isLast({ attempts }))
          const following = follow({ attempts, at }, patient, { now, chance, delivered: null })
          if (following._tag !== "Again") return assert.fail(following._tag)
          now = following.next
        }
        assert.isTrue(isLast({ attempts: 9 }))
        assert.isAtLeast(now - at, 72 * HOUR)
        assert.isAtMost(now - at, 96 * HOUR)
        assert.deepStrictEqual(follow({ attempts: 9, at }, patient, { now, chance, delivered }), {
          _tag: "Over",
          disables: delivered === null || delivered < at
        })
      })
    )
  })

  it("ends at once where the receiver is gone, which disables it, or where nothing can be told", () => {
    fc.assert(
      fc.property(fc.nat(20), circumstances, (attempts, where) => {
        assert.deepStrictEqual(follow({ attempts, at }, answered(410, 5), where), {
          _tag: "Over",
          disables: true
        })
        assert.deepStrictEqual(follow({ attempts, at }, broken("record_unreadable"), where), {
          _tag: "Over",
          disables: false
        })
      })
    )
  })
})
