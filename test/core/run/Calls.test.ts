import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Stream } from "effect"
import { Calls } from "../../../src/core/run/Calls.ts"
import { ModelName, ProviderName } from "../../../src/domain/Ids.ts"
import { exact } from "../../../src/domain/run/Generation.ts"
import { SpanId, type TraceContext, TraceId } from "../../../src/domain/observability/TraceContext.ts"
import { Passed, Within } from "../../../src/ports/Tracing.ts"
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
  it.effect("tells a local provider what it is part of, and one in the cloud nothing", () => {
    const within = {
      trace: TraceId.make("a".repeat(32)),
      span: SpanId.make("b".repeat(16)),
      sampled: true
    }
    const told: Array<TraceContext | null> = []
    const listening = (name: string, local: boolean) => {
      const { provider } = ScriptedProvider.make(name, [{ say: "once" }])
      return {
        ...provider,
        local,
        generate: (...args: Parameters<typeof provider.generate>) =>
          Stream.unwrap(
            Effect.map(Passed, (passed) => {
              told.push(passed)
              return provider.generate(...args)
            })
          )
      }
    }
    const providers = [listening("near", true), listening("cloud", false)]
    return Effect.gen(function* () {
      const calls = yield* Calls
      for (const { name: provider } of providers) {
        const intent = yield* intentFor({ outputTokens: 100, wallMillis: 10_000 })
        yield* calls.make(intent, { ...request, provider }, () => Effect.void)
      }
      assert.deepStrictEqual(told, [within, null])
    }).pipe(Effect.provideService(Within, within), Effect.provide(TestRuntime.layer({ providers })))
  })

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
