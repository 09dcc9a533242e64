/** Runs the adapters against a real small model, in either protocol that its server speaks: what was sent and counted is checked, never cleverness. */
import { assert, describe, layer } from "@effect/vitest"
import { Context, Effect, Fiber, Layer, Option, Schema, Stream } from "effect"
import { Content } from "../../../src/domain/Content.ts"
import { ModelName } from "../../../src/domain/Ids.ts"
import type { BaseUrl } from "../../../src/domain/config/Settings.ts"
import { exact } from "../../../src/domain/run/Generation.ts"
import { parse, wireFormat } from "../../../src/domain/run/Verdict.ts"
import type { Call } from "../../../src/ports/Provider.ts"
import { outcome, wordsOf } from "../../support/deltas.ts"
import { intentFor } from "../../support/intent.ts"
import { announceSkip, faulty, locate, start } from "../../support/ollamaLite.ts"
import { call, ollama } from "../../support/ollamaTalk.ts"
import { openAi } from "../../support/openAiTalk.ts"
import type { Tongue } from "../../support/tongue.ts"

const lite = locate()

class RealModel extends Context.Service<RealModel, { readonly url: BaseUrl }>()(
  "io-iii/test/adapters/provider/real-model.test/RealModel"
) {
  static readonly layer = Layer.effect(
    RealModel,
    lite ? Effect.map(start(lite), (url) => ({ url })) : Effect.die(new Error("no model"))
  )
}

const asking = Effect.fnUntraced(function* (
  tongue: Tongue,
  baseUrl: BaseUrl,
  outputTokens: number,
  fields: Partial<Call> = {}
) {
  const provider = yield* tongue.make({ baseUrl })
  const intent = yield* intentFor({ outputTokens, wallMillis: 60_000 })
  const asked = call({ firstByteMillis: 30_000, idleMillis: 30_000, ...fields })
  const { deltas, failure } = yield* outcome(provider.generate(intent, asked))
  return { deltas, failure, text: wordsOf(deltas), end: deltas.find((delta) => delta._tag === "End") ?? null }
}, Effect.scoped)

const Whole = Schema.fromJsonString(
  Schema.Struct({
    message: Schema.Struct({ content: Schema.String }),
    done_reason: Schema.String,
    prompt_eval_count: Schema.Int,
    eval_count: Schema.Int
  })
)

/** The server's own account of the same request, asked for in its own protocol and without any code of ours. */
const own = (url: BaseUrl, outputTokens: number) =>
  Effect.promise(async () => {
    const reply = await fetch(`${url}/api/chat`, {
      method: "POST",
      body: JSON.stringify({
        model: "smollm2:135m",
        messages: [{ role: "user", content: "Why is the sky blue?" }],
        stream: false,
        options: { num_ctx: 2048, num_predict: outputTokens, temperature: 0 }
      })
    })
    return Schema.decodeUnknownSync(Whole)(await reply.text())
  })

if (lite === null) announceSkip("the real-model suite of the adapters")

describe.skipIf(lite === null)("a real model", () => {
  layer(RealModel.layer, { timeout: "3 minutes", excludeTestServices: true })((test) => {
    describe.each([
      { tongue: ollama, busy: "PROVIDER_REJECTED" },
      { tongue: openAi, busy: "PROVIDER_RATE_LIMITED" }
    ] as const)("in $tongue.name", ({ tongue, busy }) => {
      const ask = (url: BaseUrl, outputTokens: number, fields?: Partial<Call>) =>
        asking(tongue, url, outputTokens, fields)

      test.effect("streams what the server itself answers, with its own counts", () =>
        Effect.gen(function* () {
          const { url } = yield* RealModel
          const seen = yield* ask(url, 24)
          const truth = yield* own(url, 24)
          assert.isNull(seen.failure)
          assert.isAbove(seen.deltas.length, 2)
          assert.strictEqual(seen.text, truth.message.content)
          assert.deepStrictEqual<unknown>(seen.end, {
            _tag: "End",
            finish: truth.done_reason,
            inputTokens: truth.prompt_eval_count,
            outputTokens: truth.eval_count
          })
        })
      )

      test.effect("answers the same twice, and stops where it is told", () =>
        Effect.gen(function* () {
          const { url } = yield* RealModel
          const [first, second] = [yield* ask(url, 12), yield* ask(url, 12)]
          assert.isNull(first.failure)
          assert.deepStrictEqual(second, first)
          const word = first.text.trim().split(" ")[2] ?? ""
          const stopped = yield* ask(url, 12, { sampling: { ...exact, stop: [Content.of(word)] } })
          assert.isTrue(first.text.startsWith(stopped.text) && !stopped.text.includes(word))
        })
      )

      test.effect("stops at the permitted number of tokens", () =>
        Effect.gen(function* () {
          const { end } = yield* ask((yield* RealModel).url, 5)
          assert.deepInclude(end, { finish: "length", outputTokens: 5 })
          assert.isAbove(end?.inputTokens ?? 0, 0)
        })
      )

      test.effect("gives a verdict that parses, under its schema", () =>
        Effect.gen(function* () {
          const { text, end } = yield* ask((yield* RealModel).url, 700, { format: wireFormat })
          assert.strictEqual(end?.finish, "stop")
          assert.isTrue(Option.isSome(parse(Content.of(text))))
        })
      )

      test.effect("is missing when it is not installed, and listed when it is", () =>
        Effect.gen(function* () {
          const { url } = yield* RealModel
          const { failure } = yield* ask(url, 5, { model: ModelName.make("no-such-model:1b") })
          assert.strictEqual(failure?.code, "PROVIDER_MODEL_NOT_FOUND")
          const provider = yield* tongue.make({ baseUrl: url })
          assert.deepStrictEqual<ReadonlyArray<string>>(yield* provider.models, ["smollm2:135m"])
        })
      )

      test.effect("is free again at once when a call is left", () =>
        Effect.gen(function* () {
          const { url } = yield* RealModel
          const provider = yield* tongue.make({ baseUrl: url })
          const intent = yield* intentFor({ outputTokens: 1900, wallMillis: 60_000 })
          const long = call({
            sampling: { ...exact, temperature: 1 },
            firstByteMillis: 30_000,
            idleMillis: 30_000
          })
          const left = yield* provider
            .generate(intent, long)
            .pipe(Stream.take(3), Stream.runDrain, Effect.forkChild)
          yield* Fiber.join(left)
          // One request at a time: if the first were still being answered, this one would get no byte for long.
          const next = yield* ask(url, 3, { firstByteMillis: 6_000 })
          assert.isNull(next.failure)
        })
      )

      test.effect.each([
        ["stall-after=2", "PROVIDER_TIMEOUT", null, "piece 0 piece 1 "],
        ["close-after=2", "PROVIDER_OUTCOME_UNKNOWN", null, "piece 0 piece 1 "],
        ["end-after=2", "PROVIDER_OUTCOME_UNKNOWN", null, "piece 0 piece 1 "],
        ["error-after=2", "PROVIDER_OUTCOME_UNKNOWN", null, "piece 0 piece 1 "],
        ["garbage-after=2", "PROVIDER_BAD_RESPONSE", null, "piece 0 piece 1 "],
        ["half-line=2", tongue.half, null, "piece 0 piece 1 "],
        ["invalid-utf8=2", "PROVIDER_BAD_RESPONSE", null, "piece 0 piece 1 "],
        ["huge-line=2", "PROVIDER_BAD_RESPONSE", null, "piece 0 piece 1 "],
        ["status=404", "PROVIDER_MODEL_NOT_FOUND", "model_not_found", ""],
        ["status=429", busy, null, ""],
        ["status=500", "PROVIDER_UNAVAILABLE", "server_error", ""],
        ["status=503", "PROVIDER_UNAVAILABLE", "server_error", ""],
        ["status=418", "PROVIDER_REJECTED", null, ""]
      ] as const)("broken by %s is %s, fallback %s", ([fault, code, fallback, text]) =>
        Effect.gen(function* () {
          const url = yield* faulty((yield* RealModel).url, fault)
          const seen = yield* ask(url, 5000, fault.startsWith("stall") ? { idleMillis: 500 } : {})
          assert.deepStrictEqual(
            [seen.failure?.code, seen.failure?.fallback, seen.text],
            [code, fallback, text]
          )
          assert.isNull(seen.end)
        }).pipe(Effect.scoped)
      )

      test.effect("that does not count has unknown counts", () =>
        Effect.gen(function* () {
          const { end } = yield* ask(yield* faulty((yield* RealModel).url, "lie-eval"), 5)
          assert.deepInclude(end, { inputTokens: null, outputTokens: null })
        }).pipe(Effect.scoped)
      )
    })

    test.effect("in ollama refuses a prompt over the window instead of cutting it", () =>
      Effect.gen(function* () {
        const { url } = yield* RealModel
        const messages = [{ role: "user" as const, content: Content.of("alpha bravo charlie ".repeat(1500)) }]
        const { failure, deltas } = yield* asking(ollama, url, 5, { messages })
        assert.strictEqual(failure?.code, "CONTEXT_LIMIT_EXCEEDED")
        assert.strictEqual(failure?.fallback, "context_overflow")
        assert.isEmpty(deltas)
      })
    )
  })
})
