import { assert, describe, it } from "@effect/vitest"
import { Digest } from "../../../src/domain/Ids.ts"
import { mayStream, receiptOf, usage } from "../../../src/domain/run/Leaving.ts"
import { lastCall } from "../../../src/domain/run/Run.ts"
import { lives, states } from "../../support/lives.ts"

const digest = Digest.make("0".repeat(64))

describe("what leaves a run", () => {
  it.prop("leaves early only where no audit was asked for", [lives], ([{ events }]) => {
    for (const state of states(events)) {
      assert.strictEqual(mayStream(state), state.accepted?.audit === false)
    }
  })

  it.prop("has no receipt before a call, and one about the last draft after it", [lives], ([{ events }]) => {
    for (const state of states(events)) {
      const receipt = receiptOf(state, { digest, chars: 1, complete: false, audit: "none" })
      const draft = lastCall(state, "draft")
      assert.strictEqual(receipt !== null, draft !== undefined)
      if (receipt === null || draft === undefined) continue
      assert.deepStrictEqual(
        [receipt.provider, receipt.model],
        [draft.intended.provider, draft.intended.model]
      )
      assert.strictEqual(
        receipt.auditor !== null,
        state.audit?.verdict != null && state.audit.provider !== null && state.audit.model !== null
      )
    }
  })

  it.prop("costs what its calls say, and is unknown where one of them does not", [lives], ([{ events }]) => {
    for (const state of states(events)) {
      const { calls, inputTokens, latencyMillis } = usage(state)
      const settled = state.calls.flatMap((call) => (call.settled ? [call.settled] : []))
      const paid = settled.filter(
        ({ fallback }) => fallback !== "connection_refused" && fallback !== "model_not_found"
      )
      assert.strictEqual(calls, state.calls.length)
      assert.strictEqual(
        latencyMillis,
        settled.reduce((sum, call) => sum + call.latencyMillis, 0)
      )
      assert.strictEqual(
        inputTokens === null,
        paid.some((call) => call.inputTokens === null)
      )
      if (inputTokens !== null) {
        assert.strictEqual(
          inputTokens,
          paid.reduce((sum, call) => sum + (call.inputTokens ?? 0), 0)
        )
      }
    }
  })
})
