import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { abandon } from "../../../src/domain/run/Recovery.ts"
import { lastCall, MAX_ATTEMPTS, mayContinue, next } from "../../../src/domain/run/Run.ts"
import { evolve, replay } from "../../../src/domain/run/Evolution.ts"
import { lives, states } from "../../support/lives.ts"

describe("abandon", () => {
  it.prop(
    "ends every accepted run by events that can happen, and nothing that has ended",
    [lives],
    ([life]) => {
      for (const state of states(life.events)) {
        const events = abandon(state)
        const ended = Result.getOrThrow(replay(events, state))
        assert.strictEqual(ended.ending !== null, state.accepted !== null)
        if (state.ending) assert.deepStrictEqual(events, [])
        assert.deepStrictEqual(abandon(ended), [])
      }
    }
  )

  it.prop("makes no call, releases nothing and guesses no outcome", [lives], ([life]) => {
    for (const state of states(life.events)) {
      for (const event of abandon(state)) {
        assert.notInclude(["CallIntended", "Released"], event._tag)
        if (event._tag === "CallSettled") {
          assert.strictEqual(next(state)._tag, "Settle")
          assert.deepStrictEqual(
            [event.outcome, event.inputTokens, event.digest],
            ["indeterminate", null, null]
          )
        }
        if (event._tag === "AuditConcluded") assert.isNull(event.verdict)
      }
    }
  })
})

describe("mayContinue", () => {
  it.prop(
    "only where a draft was paid for, no call is out and the run was not tried too often",
    [lives],
    ([life]) => {
      for (const state of states(life.events)) {
        const paid = lastCall(state, "draft")?.settled?.outcome === "ok"
        const step = next(state)._tag
        const goesOn = step === "Call" || step === "Audit" || step === "Conclude" || step === "Release"
        assert.strictEqual(mayContinue(state), paid && goesOn)
        const again = evolve(state, { _tag: "RunResumed", attempt: state.attempt + 1 })
        assert.strictEqual(Result.isSuccess(again), mayContinue(state))
        if (!mayContinue(state)) continue
        assert.strictEqual(next(Result.getOrThrow(again))._tag, step)
        assert.isFalse(mayContinue({ ...state, attempt: MAX_ATTEMPTS }))
      }
    }
  )

  it.prop("what is not gone on with ends by the law without an answer", [lives], ([life]) => {
    for (const state of states(life.events)) {
      if (mayContinue(state) || state.ending || !state.accepted) continue
      assert.notStrictEqual(Result.getOrThrow(replay(abandon(state), state)).ending?._tag, "Released")
    }
  })
})
