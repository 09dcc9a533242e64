/** Plays every recorded exchange with an OpenAI-compatible server to the adapter and checks that it means what `openAiRecordings.ts` says. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { outcome, shape, wordsOf } from "../../support/deltas.ts"
import { intentFor } from "../../support/intent.ts"
import { call } from "../../support/ollamaTalk.ts"
import { names, openAi, read } from "../../support/openAiTalk.ts"
import { play, type Recording } from "../../support/replay.ts"
import { serve } from "../../support/upstream.ts"
import { answered, failed } from "./openAiRecordings.ts"
import { modelNames } from "../../../src/adapters/provider/OpenAiWire.ts"

const replay = Effect.fnUntraced(function* (recording: Recording, cuts?: ReadonlyArray<number>) {
  const { baseUrl } = yield* serve(play(recording, cuts))
  const provider = yield* openAi.make({ baseUrl })
  const intent = yield* intentFor({ outputTokens: 200, wallMillis: 15_000 })
  const patience = recording.ending === "silence" ? { firstByteMillis: 300, idleMillis: 300 } : {}
  return yield* outcome(provider.generate(intent, call(patience)))
}, Effect.scoped)

describe("recorded exchanges of an OpenAI-compatible server", () => {
  it("has one row for every recording", () => {
    const rows = [...answered.map(([name]) => name), ...failed.flatMap((row) => row.names)]
    assert.deepStrictEqual(rows.toSorted(), names)
  })

  it.live.each(answered)("%s is an answer: %s, %s + %s tokens", ([name, finish, inputTokens, outputTokens]) =>
    Effect.gen(function* () {
      const recording = read(name)
      const { deltas, failure } = yield* replay(recording)
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
        const recording = read(name)
        const { deltas, failure } = yield* replay(recording)
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
    [
      Schema.Literals(["chat_stream_usage_chunked_raw", "runner_killed_stream", "chat_unknown_model"]),
      Schema.Array(Schema.Natural).check(Schema.isMaxLength(20))
    ],
    ([name, cuts]) =>
      Effect.gen(function* () {
        const recording = read(name)
        const whole = yield* replay(recording)
        const parts = yield* replay(recording, cuts)
        assert.deepStrictEqual(parts.deltas.map(shape), whole.deltas.map(shape))
        assert.strictEqual(parts.failure?.code, whole.failure?.code)
      }),
    { arbitrary: { runs: 20 } }
  )

  it("lists its models, also where it has none", () => {
    const bodyOf = (name: string) => read(name).bytes.toString("utf8").split("\r\n\r\n")[1] ?? ""
    assert.deepStrictEqual<unknown>(modelNames(bodyOf("models")), ["smollm2:135m"])
    assert.deepStrictEqual<unknown>(modelNames(bodyOf("models_empty")), [])
    assert.isNull(modelNames(bodyOf("chat_empty_messages")))
  })
})
