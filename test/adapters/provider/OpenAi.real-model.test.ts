/** Runs the adapter of OpenAI's chat API against a real small model: what was sent and counted is checked, never cleverness. */
import { assert, describe, layer } from "@effect/vitest"
import { Context, Effect, Layer, Option } from "effect"
import { Content } from "../../../src/domain/Content.ts"
import { ModelName } from "../../../src/domain/Ids.ts"
import type { BaseUrl } from "../../../src/domain/config/Settings.ts"
import { exact } from "../../../src/domain/run/Generation.ts"
import { parse, wireFormat } from "../../../src/domain/run/Verdict.ts"
import type { Call } from "../../../src/ports/Provider.ts"
import { outcome, wordsOf } from "../../support/deltas.ts"
import { intentFor } from "../../support/intent.ts"
import { announceSkip, faulty, locate, start } from "../../support/ollamaLite.ts"
import { call } from "../../support/ollamaTalk.ts"
import { openAi } from "../../support/openAiTalk.ts"

const lite = locate()

class RealModel extends Context.Service<RealModel, { readonly url: BaseUrl }>()(
  "io-iii/test/adapters/provider/OpenAi.real-model.test/RealModel"
) {
  static readonly layer = Layer.effect(
    RealModel,
    lite ? Effect.map(start(lite), (url) => ({ url })) : Effect.die(new Error("no model"))
  )
}

const ask = Effect.fnUntraced(function* (baseUrl: BaseUrl, outputTokens: number, fields: Partial<Call> = {}) {
  const provider = yield* openAi.make({ baseUrl })
  const intent = yield* intentFor({ outputTokens, wallMillis: 60_000 })
  const asked = call({ firstByteMillis: 30_000, idleMillis: 30_000, ...fields })
  const { deltas, failure } = yield* outcome(provider.generate(intent, asked))
  return { failure, text: wordsOf(deltas), end: deltas.find((delta) => delta._tag === "End") ?? null }
}, Effect.scoped)

if (lite === null) announceSkip("the real-model suite of the OpenAI adapter")

describe.skipIf(lite === null)("a real model behind OpenAI's API", () => {
  layer(RealModel.layer, { timeout: "3 minutes", excludeTestServices: true })((test) => {
    test.effect("answers the same twice, stops where it is told, and counts", () =>
      Effect.gen(function* () {
        const { url } = yield* RealModel
        const [first, second] = [yield* ask(url, 12), yield* ask(url, 12)]
        assert.isNull(first.failure)
        assert.deepStrictEqual(second, first)
        assert.deepInclude(first.end, { finish: "length", outputTokens: 12 })
        assert.isAbove(first.end?.inputTokens ?? 0, 0)
        const word = first.text.trim().split(" ")[2] ?? ""
        const stopped = yield* ask(url, 12, { sampling: { ...exact, stop: [Content.of(word)] } })
        assert.isTrue(first.text.startsWith(stopped.text) && !stopped.text.includes(word))
      })
    )

    test.effect("gives a verdict that parses, under its schema", () =>
      Effect.gen(function* () {
        const { url } = yield* RealModel
        const { text, end } = yield* ask(url, 700, { format: wireFormat })
        assert.strictEqual(end?.finish, "stop")
        assert.isTrue(Option.isSome(parse(Content.of(text))))
      })
    )

    test.effect("is missing when it is not installed, and listed when it is", () =>
      Effect.gen(function* () {
        const { url } = yield* RealModel
        const { failure } = yield* ask(url, 5, { model: ModelName.make("no-such-model:1b") })
        assert.strictEqual(failure?.code, "PROVIDER_MODEL_NOT_FOUND")
        const provider = yield* openAi.make({ baseUrl: url })
        assert.deepStrictEqual<ReadonlyArray<string>>(yield* provider.models, ["smollm2:135m"])
      })
    )

    test.effect.each([
      ["stall-after=2", "PROVIDER_TIMEOUT", null, "piece 0 piece 1 "],
      ["close-after=2", "PROVIDER_OUTCOME_UNKNOWN", null, "piece 0 piece 1 "],
      ["end-after=2", "PROVIDER_OUTCOME_UNKNOWN", null, "piece 0 piece 1 "],
      ["error-after=2", "PROVIDER_OUTCOME_UNKNOWN", null, "piece 0 piece 1 "],
      ["garbage-after=2", "PROVIDER_BAD_RESPONSE", null, "piece 0 piece 1 "],
      ["half-line=2", "PROVIDER_OUTCOME_UNKNOWN", null, "piece 0 piece 1 "],
      ["invalid-utf8=2", "PROVIDER_BAD_RESPONSE", null, "piece 0 piece 1 "],
      ["huge-line=2", "PROVIDER_BAD_RESPONSE", null, "piece 0 piece 1 "],
      ["status=500", "PROVIDER_UNAVAILABLE", "server_error", ""],
      ["status=429", "PROVIDER_RATE_LIMITED", null, ""]
    ] as const)("fails as it should under %s", ([fault, code, fallback, text]) =>
      Effect.gen(function* () {
        const { url } = yield* RealModel
        const patience = fault.startsWith("stall") ? { idleMillis: 1000 } : {}
        const seen = yield* ask(yield* faulty(url, fault), 24, patience)
        assert.deepStrictEqual(
          [seen.failure?.code, seen.failure?.fallback, seen.text],
          [code, fallback, text]
        )
      }).pipe(Effect.scoped)
    )

    test.effect("does not know what it did not count", () =>
      Effect.gen(function* () {
        const { url } = yield* RealModel
        const { end } = yield* ask(yield* faulty(url, "lie-eval"), 5)
        assert.deepInclude(end, { inputTokens: null, outputTokens: null })
      }).pipe(Effect.scoped)
    )
  })
})
