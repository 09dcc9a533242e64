/** Checks that an answer means the same in whatever pieces its bytes arrive, and that bytes that are none are one failure. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema, Stream } from "effect"
import { answer as anthropicAnswer } from "../../../src/adapters/provider/AnthropicWire.ts"
import { answer as ollamaAnswer } from "../../../src/adapters/provider/OllamaWire.ts"
import { answer as openAiAnswer } from "../../../src/adapters/provider/OpenAiWire.ts"
import { anthropic } from "../../support/anthropicTalk.ts"
import { cutAt, outcome, shape, wordsOf } from "../../support/deltas.ts"
import { ollamaExchanges } from "../../support/ollamaReplay.ts"
import { ollama } from "../../support/ollamaTalk.ts"
import { openAi } from "../../support/openAiTalk.ts"

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

const Cuts = Schema.Array(Schema.Natural).check(Schema.isMaxLength(20))

/** Reads this whole and in pieces, which must be alike, and tells what it was. */
const readTwice = Effect.fnUntraced(function* (
  answer: typeof ollamaAnswer,
  bytes: Uint8Array,
  cuts: ReadonlyArray<number>
) {
  const whole = yield* outcome(answer(Stream.make(bytes)))
  const parts = yield* outcome(answer(Stream.fromIterable(cutAt(bytes, cuts))))
  assert.deepStrictEqual(parts.deltas.map(shape), whole.deltas.map(shape))
  assert.strictEqual(parts.failure?.code, whole.failure?.code)
  return whole
})

describe.each([
  { tongue: ollama, answer: ollamaAnswer },
  { tongue: openAi, answer: openAiAnswer },
  { tongue: anthropic, answer: anthropicAnswer }
])("an answer in $tongue.name, in pieces,", ({ tongue, answer }) => {
  const saying = (pieces: ReadonlyArray<string>) =>
    utf8(tongue.begin + pieces.join("") + tongue.done(tongue.reasons.stop, 3, 4))

  it.effect.prop(
    "is the same deltas at any cuts",
    [Schema.Array(Schema.NonEmptyString), Cuts],
    ([words, cuts]) =>
      Effect.gen(function* () {
        const pieces = words.flatMap((word) => [tongue.thought(word), tongue.piece(word)])
        const { deltas, failure } = yield* readTwice(answer, saying(pieces), cuts)
        assert.isNull(failure)
        assert.strictEqual(deltas.at(-1)?._tag, "End")
      })
  )

  it.effect.prop("is so with thinking in a block and letters of many bytes, too", [Cuts], ([cuts]) =>
    Effect.gen(function* () {
      const words = ["<thi", "nk>naïve", " 🜂</th", "ink>\n\n", "Größe ", "日本"]
      const { deltas } = yield* readTwice(answer, saying(words.map(tongue.piece)), cuts)
      assert.isTrue(wordsOf(deltas).endsWith("Größe 日本"))
    })
  )

  it.effect.prop(
    "that is none ends in a failure, never in a defect",
    [Schema.Uint8Array, Schema.Json],
    ([bytes, json]) =>
      Effect.gen(function* () {
        for (const body of [bytes, utf8(tongue.framed(JSON.stringify(json)))]) {
          const { deltas, failure } = yield* outcome(answer(Stream.make(body)))
          assert.include(["PROVIDER_BAD_RESPONSE", "PROVIDER_OUTCOME_UNKNOWN"], failure?.code)
          assert.isNull(failure?.fallback)
          assert.isEmpty(deltas)
        }
      })
  )
})

/** The lines of a reply that was recorded. */
const linesOf = (name: string): Uint8Array => {
  const lines = ollamaExchanges.read(name).bytes.toString("utf8").split("\n")
  return utf8(lines.flatMap((line) => (line.startsWith("{") ? [`${line}\n`] : [])).join(""))
}

describe("an answer of a real ollama, in pieces,", () => {
  it.effect.prop(
    "is the same deltas at any cuts",
    [
      Schema.Literals([
        "chat_stream_warm",
        "runner_killed_stream",
        "repeat_abort_stream",
        "format_schema_ok"
      ]),
      Cuts
    ],
    ([name, cuts]) =>
      Effect.gen(function* () {
        assert.isNotEmpty((yield* readTwice(ollamaAnswer, linesOf(name), cuts)).deltas)
      })
  )
})
