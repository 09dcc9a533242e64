/** Plays every recorded exchange to its adapter and checks that it means what the table of its protocol says. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { modelNames } from "../../../src/adapters/provider/OpenAiWire.ts"
import { outcome, shape, wordsOf } from "../../support/deltas.ts"
import { intentFor } from "../../support/intent.ts"
import { ollamaExchanges } from "../../support/ollamaReplay.ts"
import { call, ollama } from "../../support/ollamaTalk.ts"
import { openAi, openAiExchanges } from "../../support/openAiTalk.ts"
import { play, type Recording } from "../../support/replay.ts"
import type { Tongue } from "../../support/tongue.ts"
import { serve } from "../../support/upstream.ts"
import { ollamaMeanings } from "./ollamaRecordings.ts"
import { openAiMeanings } from "./openAiRecordings.ts"

const replay = Effect.fnUntraced(function* (
  tongue: Tongue,
  recording: Recording,
  cuts?: ReadonlyArray<number>
) {
  const { baseUrl } = yield* serve(play(recording, cuts))
  const provider = yield* tongue.make({ baseUrl })
  const intent = yield* intentFor({ outputTokens: 200, wallMillis: 15_000 })
  const patience = recording.ending === "silence" ? { firstByteMillis: 300, idleMillis: 300 } : {}
  return yield* outcome(provider.generate(intent, call(patience)))
}, Effect.scoped)

const Cuts = Schema.Array(Schema.Natural).check(Schema.isMaxLength(20))

describe.each([
  {
    tongue: ollama,
    recordings: ollamaExchanges,
    meanings: ollamaMeanings,
    some: ["chat_stream_chunked_raw", "chat_nostream", "err_unknown_model_chat"]
  },
  {
    tongue: openAi,
    recordings: openAiExchanges,
    meanings: openAiMeanings,
    some: ["chat_stream_usage_chunked_raw", "runner_killed_stream", "chat_unknown_model"]
  }
])("recorded exchanges in $tongue.name", ({ tongue, recordings, meanings: { answered, failed }, some }) => {
  it("has one row for every recording", () => {
    const rows = [...answered.map(([name]) => name), ...failed.flatMap((row) => row.names)]
    assert.deepStrictEqual(rows.toSorted(), recordings.names)
  })

  it.live.each(answered)("%s is an answer: %s, %s + %s tokens", ([name, finish, inputTokens, outputTokens]) =>
    Effect.gen(function* () {
      const recording = recordings.read(name)
      const { deltas, failure } = yield* replay(tongue, recording)
      assert.isNull(failure)
      assert.isNotEmpty(recording.text)
      assert.strictEqual(wordsOf(deltas), recording.text)
      assert.deepStrictEqual(deltas.at(-1), { _tag: "End", finish, inputTokens, outputTokens })
    })
  )

  it.live.each(failed.flatMap((row) => row.names.map((name) => [name, row.code, row.fallback] as const)))(
    "%s is %s, fallback %s",
    ([name, code, fallback]) =>
      Effect.gen(function* () {
        const recording = recordings.read(name)
        const { deltas, failure } = yield* replay(tongue, recording)
        assert.strictEqual(failure?.code, code)
        assert.strictEqual(failure?.fallback, fallback)
        assert.isFalse(deltas.some((delta) => delta._tag === "End"))
        assert.isTrue(recording.text.startsWith(wordsOf(deltas)))
        // What may be tried elsewhere has produced nothing.
        assert.isTrue(fallback === null || deltas.length === 0)
      })
  )

  it.live.prop(
    "say the same in whatever pieces they arrive",
    [Schema.Literals(some), Cuts],
    ([name, cuts]) =>
      Effect.gen(function* () {
        const recording = recordings.read(name)
        const whole = yield* replay(tongue, recording)
        const parts = yield* replay(tongue, recording, cuts)
        assert.deepStrictEqual(parts.deltas.map(shape), whole.deltas.map(shape))
        assert.strictEqual(parts.failure?.code, whole.failure?.code)
      }),
    { arbitrary: { runs: 25 } }
  )
})

describe("recorded exchanges in openai", () => {
  it("lists its models, also where it has none", () => {
    const bodyOf = (name: string) =>
      openAiExchanges.read(name).bytes.toString("utf8").split("\r\n\r\n")[1] ?? ""
    assert.deepStrictEqual<unknown>(modelNames(bodyOf("models")), ["smollm2:135m"])
    assert.deepStrictEqual<unknown>(modelNames(bodyOf("models_empty")), [])
    assert.isNull(modelNames(bodyOf("chat_empty_messages")))
  })
})
