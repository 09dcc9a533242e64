import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { type Bucket, full, type Rate, take } from "../../../src/domain/access/Rate.ts"

const rate = fc.record({
  perSecond: fc.integer({ min: 1, max: 20_000 }),
  burst: fc.integer({ min: 1, max: 40_000 })
})
const steps = fc.array(fc.integer({ min: -50, max: 3000 }), { maxLength: 60 })

/** When each of these requests may be: the times at which they were asked, and were let in. */
const asked = (rate: Rate, gaps: ReadonlyArray<number>) => {
  let now = 1_000_000
  let bucket: Bucket = full(rate, now)
  return gaps.map((gap) => {
    now += gap
    const taken = take(rate, bucket, now)
    bucket = taken.bucket
    return { now, bucket, waitMillis: taken.waitMillis }
  })
}

describe("a rate", () => {
  it("lets in no more than its burst and what has come in since, over any span", () => {
    fc.assert(
      fc.property(rate, steps, (rate, gaps) => {
        const all = asked(
          rate,
          gaps.map((gap) => Math.max(0, gap))
        )
        const let_in = all.filter(({ waitMillis }) => waitMillis === null)
        for (const [first, { now: from }] of let_in.entries()) {
          for (const [last, { now: to }] of let_in.entries()) {
            if (last < first) continue
            const most = rate.burst + ((to - from) * rate.perSecond) / 1000
            assert.isAtMost(last - first + 1, most + 1e-6)
          }
        }
      })
    )
  })

  it("lets in whoever waits as long as was said, and nobody a moment before", () => {
    fc.assert(
      fc.property(rate, steps, (rate, gaps) => {
        for (const { now, bucket, waitMillis } of asked(rate, gaps)) {
          assert.isAtLeast(bucket.level, 0)
          assert.isAtMost(bucket.level, rate.burst)
          if (waitMillis === null) continue
          assert.isAbove(waitMillis, 0)
          assert.isNull(take(rate, bucket, now + waitMillis).waitMillis)
          assert.isNotNull(take(rate, bucket, now + waitMillis - 1).waitMillis)
        }
      })
    )
  })

  it("lets in as many at once as its burst, and gains nothing by a clock that goes back", () => {
    fc.assert(
      fc.property(rate, fc.integer({ min: 0, max: 100_000 }), (rate, back) => {
        fc.pre(rate.burst <= 2000)
        let bucket = full(rate, 500_000)
        for (let at = 0; at < rate.burst; at++) {
          const taken = take(rate, bucket, 500_000 - back)
          assert.isNull(taken.waitMillis)
          bucket = taken.bucket
        }
        assert.isNotNull(take(rate, bucket, 500_000 - back).waitMillis)
      })
    )
  })
})
