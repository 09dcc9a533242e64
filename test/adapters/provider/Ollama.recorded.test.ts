/** Plays every recorded exchange to the adapter and checks that it means what `recordings.ts` says. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema, Stream } from "effect"
import * as Ollama from "../../../src/adapters/provider/Ollama.ts"
import { answer } from "../../../src/adapters/provider/OllamaWire.ts"
import { outcome, shape, cutAt, wordsOf } from "../../support/deltas.ts"
import { intentFor } from "../../support/intent.ts"
import { names, play, read, type Recording } from "../../support/ollamaReplay.ts"
import { call, done, piece } from "../../support/ollamaTalk.ts"
import { serve } from "../../support/upstream.ts"
import { answered, failed } from "./recordings.ts"

const replay = Effect.fnUntraced(function* (recording: Recording, cuts?: ReadonlyArray<number>) {
  const { baseUrl } = yield* serve(play(recording, cuts))
  const provider = yield* Ollama.make({ baseUrl, window: 2048, keepAliveSeconds: undefined })
  const intent = yield* intentFor({ outputTokens: 200, wallMillis: 15_000 })
  const patience = recording.ending === "silence" ? { firstByteMillis: 300, idleMillis: 300 } : {}
  return yield* outcome(provider.generate(intent, call(patience)))
}, Effect.scoped)

describe("recorded exchanges", () => {
  it("has one row for every recording", () => {
    const rows = [...answered.map(([name]) => name), ...failed.flatMap((row) => row.names)]
    assert.deepStrictEqual(rows.toSorted(), names)
  })

  it.live.each(answered)("%s is an answer: %s, %i + %i tokens", ([name, finish, inputTokens, outputTokens]) =>
    Effect.gen(function* () {
      const recording = read(name)
      const { deltas, failure } = yield* replay(recording)
      assert.isNull(failure)
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
})

const Cuts = Schema.Array(Schema.Natural).check(Schema.isMaxLength(20))
const awkward = new TextEncoder().encode(
  [
    piece("<thi"),
    piece("nk>naïve"),
    piece(" 🜂</th"),
    piece("ink>\n\n"),
    piece("Größe "),
    piece("日本"),
    done()
  ].join("")
)

describe("bytes in pieces", () => {
  it.effect.prop(
    "any chunking of the same bytes gives the same deltas",
    [
      Schema.Literals([
        "chat_stream_warm",
        "runner_killed_stream",
        "repeat_abort_stream",
        "format_schema_ok",
        "awkward"
      ]),
      Cuts
    ],
    ([name, cuts]) =>
      Effect.gen(function* () {
        const body = name === "awkward" ? awkward : bodyOf(read(name))
        const whole = yield* outcome(answer(Stream.make(body)))
        const parts = yield* outcome(answer(Stream.fromIterable(cutAt(body, cuts))))
        assert.isNotEmpty(whole.deltas)
        assert.deepStrictEqual(parts.deltas.map(shape), whole.deltas.map(shape))
        assert.strictEqual(parts.failure?.code, whole.failure?.code)
      })
  )

  it.live.prop(
    "and so does any chunking on the wire",
    [Schema.Literals(["chat_stream_chunked_raw", "chat_nostream", "err_unknown_model_chat"]), Cuts],
    ([name, cuts]) =>
      Effect.gen(function* () {
        const recording = read(name)
        const whole = yield* replay(recording)
        const parts = yield* replay(recording, cuts)
        assert.deepStrictEqual(parts.deltas.map(shape), whole.deltas.map(shape))
        assert.strictEqual(parts.failure?.code, whole.failure?.code)
      }),
    { arbitrary: { runs: 25 } }
  )

  it.effect.prop(
    "bytes that are no answer end in a failure, never in a defect",
    [Schema.Uint8Array],
    ([bytes]) =>
      Effect.gen(function* () {
        const { failure } = yield* outcome(answer(Stream.make(bytes)))
        assert.include(["PROVIDER_BAD_RESPONSE", "PROVIDER_OUTCOME_UNKNOWN"], failure?.code)
      })
  )
})

/** The body of a reply whose chunk framing was one chunk. */
const bodyOf = ({ bytes }: Recording): Uint8Array => {
  const text = bytes.toString("utf8")
  const lines = text.split("\n").filter((line) => line.startsWith("{"))
  return new TextEncoder().encode(lines.map((line) => `${line}\n`).join(""))
}
