import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit } from "effect"
import { Calls } from "../../../src/core/run/Calls.ts"
import { ModelName, ProviderName } from "../../../src/domain/Ids.ts"
import { exact } from "../../../src/domain/run/Generation.ts"
import { ScriptedProvider, TestRuntime } from "../../../src/testing.ts"
import { intentFor } from "../../support/intent.ts"

const request = {
  provider: ProviderName.make("drafter"),
  model: ModelName.make("one"),
  messages: [],
  sampling: exact,
  format: null
}

describe("an intent", () => {
  it.effect("is good for one call", () => {
    const drafter = ScriptedProvider.make("drafter", [{ say: "once" }, { say: "twice" }])
    return Effect.gen(function* () {
      const calls = yield* Calls
      const intent = yield* intentFor({ outputTokens: 100, wallMillis: 10_000 })
      const call = calls.make(intent, request, () => Effect.void)
      assert.strictEqual((yield* call).settled.outcome, "ok")
      const again = yield* Effect.exit(call)
      assert.isTrue(Exit.isFailure(again) && Cause.hasDies(again.cause))
      assert.strictEqual((yield* drafter.asked).length, 1)
    }).pipe(Effect.provide(TestRuntime.layer({ providers: [drafter.provider] })))
  })
})
