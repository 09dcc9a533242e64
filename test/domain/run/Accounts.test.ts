import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { Accounts, type Charge } from "../../../src/domain/run/Accounts.ts"
import {
  type Amount,
  fits,
  nothing,
  SLICE_MILLIS,
  sliceOf,
  windowFrom
} from "../../../src/domain/run/Budget.ts"
import { Principal, Timestamp } from "../../../src/domain/Ids.ts"

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))
const Run = Schema.Struct({
  who: Schema.Literals(["a", "b"]),
  slice: between(0, 40),
  calls: between(1, 4),
  tokens: between(0, 100),
  spent: between(0, 4)
})
const Runs = Schema.Array(Run).check(Schema.isMaxLength(30))
const budget = { window_hours: 1, calls: 12, tokens: 600 }

describe("Accounts", () => {
  it.prop("say of each reservation what a sum over all that was charged says", [Runs], ([runs]) => {
    const accounts = new Accounts()
    const charged: Array<{ readonly who: string; readonly slice: number; readonly amount: Amount }> = []
    for (const { who, slice, calls, tokens, spent } of runs) {
      const principal = Principal.make(who)
      const at = slice * SLICE_MILLIS + 1
      const amount = { calls, tokens }
      const used = charged
        .filter((one) => one.who === who && one.slice >= windowFrom(at, budget))
        .reduce(
          (sum, one) => ({ calls: sum.calls + one.amount.calls, tokens: sum.tokens + one.amount.tokens }),
          nothing
        )
      const reserved: Charge = { _tag: "Reserved", principal, at, amount, budget }
      assert.strictEqual(accounts.take(reserved), fits(budget, used, amount))
      charged.push({ who, slice: sliceOf(at), amount })

      const unused = { calls: Math.max(0, calls - spent), tokens: 0 }
      assert.isTrue(accounts.take({ _tag: "Settled", principal, reservedAt: Timestamp.make(at), unused }))
      charged.push({ who, slice: sliceOf(at), amount: { calls: -unused.calls, tokens: 0 } })
    }
    const total = (amounts: ReadonlyArray<Amount>) => amounts.reduce((sum, { calls }) => sum + calls, 0)
    assert.strictEqual(total(accounts.spendings()), total(charged.map(({ amount }) => amount)))
    assert.strictEqual(
      accounts.spendings().length,
      new Set(charged.map(({ who, slice }) => `${who} ${slice}`)).size
    )
  })

  it("limit nobody without a budget", () => {
    const accounts = new Accounts()
    const amount = { calls: Number.MAX_SAFE_INTEGER, tokens: 0 }
    const principal = Principal.make("a")
    assert.isTrue(accounts.take({ _tag: "Reserved", principal, at: 0, amount, budget: null }))
    assert.isFalse(
      accounts.take({ _tag: "Reserved", principal, at: 0, amount: { calls: 1, tokens: 0 }, budget })
    )
  })
})
