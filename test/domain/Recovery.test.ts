import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { abandon } from "../../src/domain/Recovery.ts"
import { next, replay } from "../../src/domain/Run.ts"
import { lives, states } from "../support/lives.ts"

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
