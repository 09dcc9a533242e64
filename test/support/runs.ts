/** Owns runtimes for tests of the core: three models that follow a script, and what they left in the ledger. */
import { assert } from "@effect/vitest"
import { Effect, Exit, Option } from "effect"
import { Ledgers } from "../../src/core/Ledgers.ts"
import { Runs } from "../../src/core/Runs.ts"
import type { RuntimeFailure } from "../../src/domain/Failure.ts"
import { type Reply, ScriptedProvider, TestRuntime } from "../../src/testing.ts"

export const verdict = (decision: string, issues: ReadonlyArray<object> = []): Reply => ({
  say: JSON.stringify({ decision, issues, high_risk_claims: [], suggested_fixes: [] })
})

/** A runtime whose three models follow a script. */
export const scene = (script: {
  readonly drafter?: ReadonlyArray<Reply>
  readonly reserve?: ReadonlyArray<Reply>
  readonly judge?: ReadonlyArray<Reply>
  readonly settings?: typeof TestRuntime.settings
}) => {
  const drafter = ScriptedProvider.make("drafter", script.drafter ?? [])
  const reserve = ScriptedProvider.make("reserve", script.reserve ?? [])
  const judge = ScriptedProvider.make("judge", script.judge ?? [])
  const providers = [drafter, reserve, judge].map(({ provider }) => provider)
  const layer = TestRuntime.layer({ providers, ...(script.settings && { settings: script.settings }) })
  return { drafter, reserve, judge, layer }
}

export const lastRun = Effect.gen(function* () {
  const [record] = yield* (yield* Ledgers).recent(1)
  return record ?? assert.fail("no run was recorded")
})

export const tags = Effect.map(lastRun, ({ entries }) => entries.map(({ event }) => event._tag))

export const codeOf = <A>(exit: Exit.Exit<A, RuntimeFailure>) =>
  Option.getOrUndefined(Exit.findErrorOption(exit))?.code

export const audited = Runs.request("executor", "question", { audit: true })
