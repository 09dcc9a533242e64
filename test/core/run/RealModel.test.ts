/** Runs the whole core against a real small model with a small window: what it has not read, it does not answer. */
import { assert, describe, layer } from "@effect/vitest"
import { Context, Effect, Layer, Schema, Stream } from "effect"
import * as Ollama from "../../../src/adapters/provider/Ollama.ts"
import { Rehearsal } from "../../../src/core/run/Rehearsal.ts"
import { Runs } from "../../../src/core/run/Runs.ts"
import { Mode, Target } from "../../../src/domain/Ids.ts"
import { type BaseUrl, type Settings, RuntimeFile } from "../../../src/domain/config/Settings.ts"
import { TestRuntime } from "../../../src/testing.ts"
import { announceSkip, forgetful, locate, start } from "../../support/ollamaLite.ts"
import { codeOf, lastRun } from "../../support/runs.ts"

const WINDOW = 512
const lite = locate()

class RealModel extends Context.Service<RealModel, { readonly url: BaseUrl; readonly cuts: BaseUrl }>()(
  "io-iii/test/core/run/RealModel.test/RealModel"
) {
  static readonly layer = Layer.effect(
    RealModel,
    lite
      ? Effect.gen(function* () {
          const url = yield* start(lite)
          return { url, cuts: yield* forgetful(url) }
        })
      : Effect.die(new Error("no model"))
  )
}

const target = Target.make("local:smollm2:135m")
const { settings } = TestRuntime
const small: Settings = {
  ...settings,
  providers: { ...settings.providers, providers: Object.fromEntries([["ollama", { enabled: true }]]) },
  routing: {
    ...settings.routing,
    modes: { [Mode.make("executor")]: { primary: target, secondary: target } }
  },
  runtime: {
    ...settings.runtime,
    max_output_tokens: Schema.decodeUnknownSync(RuntimeFile.fields.max_output_tokens)(16)
  }
}

/** A whole runtime whose only model is behind an address. */
const runtime = (url: BaseUrl, window: number) =>
  Layer.unwrap(
    Effect.map(Ollama.make({ baseUrl: url, window, keepAliveSeconds: undefined }), (provider) =>
      TestRuntime.layer({ providers: [provider], settings: small })
    )
  )

/** Words that no tokenizer packs: more of them than the window has room for. */
const long = Array.from({ length: 1200 }, (_, index) => `word${(index * 7919) % 1000}`).join(" ")

if (lite === null) announceSkip("the real-model suite of the core")

// A real model on a busy machine reads some hundred tokens a second.
describe.skipIf(lite === null)("a real model with a small window", { timeout: 90_000 }, () => {
  layer(RealModel.layer, { timeout: "3 minutes", excludeTestServices: true })((test) => {
    test.effect("that says no to a prompt over its window answers nothing", () =>
      Effect.gen(function* () {
        const { url } = yield* RealModel
        yield* Effect.gen(function* () {
          const exit = yield* Effect.exit((yield* Runs).run(Runs.request("executor", long)))
          assert.strictEqual(codeOf(exit), "CONTEXT_LIMIT_EXCEEDED")
        }).pipe(Effect.provide(runtime(url, WINDOW)))
      })
    )

    test.effect("that cuts a prompt in silence is found out, and nothing of its answer is released", () =>
      Effect.gen(function* () {
        const { cuts } = yield* RealModel
        yield* Effect.gen(function* () {
          const exit = yield* Effect.exit((yield* Runs).run(Runs.request("executor", long)))
          assert.strictEqual(codeOf(exit), "CONTEXT_TRUNCATED")
          const [settled, ending] = (yield* lastRun).entries.slice(-2).map(({ event }) => event)
          assert.isTrue(settled?._tag === "CallSettled" && (settled.inputTokens ?? WINDOW + 1) <= WINDOW)
          assert.deepInclude(ending, { _tag: "RunFailed", code: "CONTEXT_TRUNCATED", receipt: null })
        }).pipe(Effect.provide(runtime(cuts, WINDOW)))
      })
    )

    test.effect(
      "that does so while its answer streams is found out at its end, and what had left is on record",
      () =>
        Effect.gen(function* () {
          const { cuts } = yield* RealModel
          yield* Effect.gen(function* () {
            const left: Array<string> = []
            const frames = (yield* Runs).stream(Runs.request("executor", long))
            const exit = yield* Effect.exit(
              Stream.runForEach(frames, (frame) =>
                Effect.sync(() => frame._tag === "Chunk" && left.push(frame.chunk.text))
              )
            )
            assert.strictEqual(codeOf(exit), "CONTEXT_TRUNCATED")
            const ending = (yield* lastRun).entries.at(-1)?.event
            if (ending?._tag !== "RunFailed") return assert.fail("the run did not fail")
            assert.strictEqual(ending.receipt?.chars ?? 0, [...left.join("")].length)
            assert.notStrictEqual(ending.receipt?.complete, true)
          }).pipe(Effect.provide(runtime(cuts, WINDOW)))
        })
    )

    test.effect("counts what it will be guessed to count", () =>
      Effect.gen(function* () {
        const { url } = yield* RealModel
        yield* Effect.gen(function* () {
          const runs = yield* Runs
          const ask = (words: number) => Runs.request("executor", long.split(" ").slice(0, words).join(" "))
          const guess = (request: ReturnType<typeof ask>) =>
            Effect.flatMap(Rehearsal, (rehearsal) => rehearsal.rehearse(request))
          const before = yield* guess(ask(80))
          yield* runs.run(ask(40))
          const after = yield* guess(ask(80))
          const { usage } = (yield* runs.run(ask(80))).released.receipt
          const counted = usage.inputTokens ?? assert.fail("it did not count")
          assert.deepStrictEqual([before.calibration.calls, after.calibration.calls], [0, 1])
          const off = (estimate: number) => Math.abs(estimate - counted) / counted
          assert.isBelow(off(after.estimatedTokens), 0.15)
          assert.isBelow(off(after.estimatedTokens), off(before.estimatedTokens))
        }).pipe(Effect.provide(runtime(url, 2048)))
      })
    )
  })
})
