/** Spends a budget with the real program: what it may still do, what it says when it may not, and what is recorded then. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { FailureOutput } from "../../src/api/results/RunResults.ts"
import { Account } from "../../src/domain/run/Account.ts"
import { configure, home, io3, lastRun, parse, slowly } from "../support/io3.ts"

const ask = ["--offline", "run", "executor", "--prompt", "question"]

describe("io3 budgets", slowly, () => {
  it.live("counts where nothing is limited", () =>
    Effect.gen(function* () {
      const where = yield* home()
      const before = yield* io3(where, ["budgets"])
      assert.match(
        before.stdout,
        /^local · the last 24 hours, from \S+\n {2}calls {3}0 spent · no limit\n {2}tokens {2}0 spent · no limit\n$/u
      )
      yield* io3(where, ask)
      const { next, ...account } = parse(Account, (yield* io3(where, ["budgets", "-o", "json"])).stdout)
      assert.deepInclude(account, {
        limits: { calls: null, tokens: null },
        reserved: { calls: 0, tokens: 0 },
        left: { calls: null, tokens: null }
      })
      assert.strictEqual(account.spent.calls, 1)
      assert.deepInclude(next, account.spent)
    })
  )

  it.live("says what is left; the run that does not fit says by how much, calls nobody and is recorded", () =>
    Effect.gen(function* () {
      const where = yield* home()
      yield* configure(where.userConfig, { "runtime.yaml": "budgets: { window_hours: 2, calls: 1 }\n" })
      assert.strictEqual((yield* io3(where, ask)).code, 0)
      const spent = yield* io3(where, ["budgets"])
      assert.match(
        spent.stdout,
        /^local · the last 2 hours, from \S+\n {2}calls {3}1 spent · 0 of 1 left\n {2}tokens {2}\d+ spent · no limit\n {2}at \S+, 1 call and \d+ tokens fall out of the window\n$/u
      )
      const refused = yield* io3(where, ask)
      assert.deepStrictEqual([refused.code, refused.stdout], [1, ""])
      assert.match(refused.stderr, /^BUDGET_EXCEEDED: [^\n]+\n {2}2 calls, 1 allowed\n/u)
      const { error } = parse(FailureOutput, (yield* io3(where, [...ask, "-o", "json"])).stdout)
      assert.deepInclude(error, { code: "BUDGET_EXCEEDED", limit: { actual: 2, allowed: 1, unit: "calls" } })
      const { standing, entries } = yield* lastRun(where)
      assert.strictEqual(standing, "refused")
      assert.deepStrictEqual(
        entries.map(({ event }) => event._tag),
        ["RunAccepted", "RouteResolved", "ContextAssembled", "BoundsCertified", "RunRefused"]
      )
    })
  )
})
