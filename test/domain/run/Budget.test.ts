/** Holds the laws of budgets: a window leaves nothing out, nothing is given back twice, and no life costs more than its worst case. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import {
  Amount,
  compare,
  evidence,
  excess,
  fallsOutAt,
  fits,
  nothing,
  plus,
  settlement,
  SLICE_MILLIS,
  sliceOf,
  spent,
  total,
  unused,
  windowFrom,
  worst
} from "../../../src/domain/run/Budget.ts"
import { Principal, Timestamp } from "../../../src/domain/Ids.ts"
import { Budgets } from "../../../src/domain/config/Settings.ts"
import { lives, states } from "../../support/lives.ts"

const small = (most: number) => Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: most }))
const Small = Schema.Struct({ calls: small(50), tokens: small(5_000) })
const Moment = small(2_000_000_000_000)
const Shares = Schema.Array(
  Schema.Struct({
    principal: Schema.Literals(["one", "two"]),
    slice: small(3),
    calls: small(9),
    tokens: small(9)
  })
)
const HOUR = 3_600_000
const NO_LIMIT = { window_hours: 1 }

describe("the window", () => {
  it.prop(
    "leaves out nothing that was spent inside of it, and keeps nothing a slice longer",
    [Budgets, Moment, Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))],
    ([budget, now, share]) => {
      const from = windowFrom(now, budget)
      const begins = now - budget.window_hours * HOUR
      assert.isAtLeast(sliceOf(Math.ceil(begins + share * (now - begins))), from)
      assert.isBelow(sliceOf(begins - SLICE_MILLIS), from)
    }
  )

  it.prop("loses a slice at the moment that is told, and not before", [Budgets, Moment], ([budget, at]) => {
    const slice = sliceOf(at)
    const falls = fallsOutAt(slice, budget)
    assert.isAtLeast(slice, windowFrom(falls - 1, budget))
    assert.isBelow(slice, windowFrom(falls, budget))
    assert.isAtLeast(falls, at + budget.window_hours * HOUR)
  })
})

describe("a limit", () => {
  it.prop(
    "is broken by what does not fit beside what is used",
    [Budgets, Small, Small],
    ([limits, used, wanted]) => {
      const most = (limit: number | undefined) => limit ?? Infinity
      const fit =
        used.calls + wanted.calls <= most(limits.calls) && used.tokens + wanted.tokens <= most(limits.tokens)
      assert.strictEqual(fits(limits, used, wanted), fit)
      const broken = excess(limits, used, wanted)
      assert.strictEqual(broken === null, fit)
      if (broken) assert.isAbove(broken.actual, broken.allowed)
    }
  )

  it.prop("that is not set limits nothing", [Amount, Amount], ([used, wanted]) => {
    assert.isTrue(fits(NO_LIMIT, used, wanted))
  })
})

describe("a run", () => {
  it.prop("costs at most its worst case, and gives back exactly the rest", [lives], ([{ events }]) => {
    for (const state of states(events)) {
      if (state.bounds === null || state.calls.length === 0) {
        assert.deepStrictEqual(unused(state), nothing)
        continue
      }
      const most = worst(state.bounds.certificate)
      const cost = spent(state)
      assert.deepStrictEqual(plus(unused(state), cost), most)
      for (const each of ["calls", "tokens"] as const) {
        assert.isAtLeast(cost[each], 0)
        assert.isAtMost(cost[each], most[each])
      }
    }
  })

  it.prop("does not cost less for having called again", [lives], ([{ events }]) => {
    let calls = 0
    for (const state of states(events)) {
      assert.isAtLeast(spent(state).calls, calls)
      calls = spent(state).calls
    }
  })

  it.prop(
    "settles once it has ended, and what is left in the counter is what its events say",
    [lives, Moment],
    ([{ events }, at]) => {
      const reservedAt = Timestamp.make(at)
      for (const state of states(events)) {
        const reserved = state.calls.length > 0 ? reservedAt : null
        const settle = settlement(state, reserved)
        assert.strictEqual(settle !== undefined, state.ending !== null && reserved !== null)
        const proof = evidence(state, reserved)
        assert.strictEqual(proof !== null, reserved !== null)
        if (proof === null || state.bounds === null) continue
        const { calls, tokens } = settle?.unused ?? nothing
        const most = worst(state.bounds.certificate)
        assert.deepStrictEqual(proof, {
          principal: state.accepted?.principal,
          slice: sliceOf(at),
          calls: most.calls - calls,
          tokens: most.tokens - tokens
        })
        if (settle) assert.strictEqual(settle.reservedAt, reservedAt)
      }
    }
  )

  it.prop("whose call was lost stays charged for it as it was reserved", [lives], ([{ events }]) => {
    for (const { calls } of states(events)) {
      for (const { intended, settled } of calls) {
        if (settled && settled.outcome !== "indeterminate") continue
        const call = {
          intended,
          settled: settled && { ...settled, fallback: null, inputTokens: null, outputTokens: null }
        }
        const { inputTokens, outputTokens } = intended.reserved
        assert.deepStrictEqual(spent({ calls: [call] }), { calls: 1, tokens: inputTokens + outputTokens })
      }
    }
  })

  it.prop("pays no tokens for a call of which nothing can have come", [lives], ([{ events }]) => {
    for (const { calls } of states(events).slice(-1)) {
      for (const call of calls) {
        const settled = call.settled && { ...call.settled, fallback: "connection_refused" as const }
        assert.strictEqual(spent({ calls: [{ ...call, settled }] }).tokens === 0, settled !== null)
      }
    }
  })
})

describe("a recount", () => {
  const spending = (shares: typeof Shares.Type) =>
    shares.map(({ principal, ...share }) => ({ ...share, principal: Principal.make(principal) }))
  /** The counters that these shares make, one for each principal and slice. */
  const counters = (shares: ReturnType<typeof spending>) =>
    [...Map.groupBy(shares, ({ principal, slice }) => `${principal} ${slice}`).values()].map((group) => ({
      ...group[0]!,
      ...group.reduce<Amount>(plus, nothing)
    }))

  it.prop("finds nothing where the counters are the sums of what the runs say", [Shares], ([shares]) => {
    const runs = spending(shares)
    assert.deepStrictEqual(compare(counters(runs), runs), [])
    for (const principal of [Principal.make("one"), Principal.make("two")]) {
      const own = runs.filter((run) => run.principal === principal)
      assert.deepStrictEqual(total(runs, principal), own.reduce<Amount>(plus, nothing))
    }
  })

  it.prop("names exactly the counter that is wrong", [Shares, small(3)], ([shares, off]) => {
    const runs = spending([{ principal: "one", slice: 0, calls: 2, tokens: 2 }, ...shares])
    const [wrong, ...others] = counters(runs)
    const counted = { calls: wrong!.calls + off + 1, tokens: wrong!.tokens }
    const { principal, slice, calls, tokens } = wrong!
    const evidenced = { calls, tokens }
    assert.deepStrictEqual(compare([{ ...wrong!, ...counted }, ...others], runs), [
      { principal, slice, counted, evidenced }
    ])
    assert.deepStrictEqual(compare(others, runs), [{ principal, slice, counted: nothing, evidenced }])
    const own = runs.filter((run) => run.slice !== slice || run.principal !== principal)
    assert.deepStrictEqual(compare(counters(runs), own), [
      { principal, slice, counted: evidenced, evidenced: nothing }
    ])
  })
})
