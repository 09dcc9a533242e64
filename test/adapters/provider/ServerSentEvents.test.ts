/** Checks that events come out of bytes in whatever pieces these arrive, and that what is no stream of events is one failure. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema, Stream } from "effect"
import { events } from "../../../src/adapters/provider/ServerSentEvents.ts"
import { cutAt } from "../../support/deltas.ts"

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

const read = (pieces: Iterable<Uint8Array>) =>
  Effect.gen(function* () {
    const found: Array<string> = []
    const failure = yield* events(Stream.fromIterable(pieces)).pipe(
      Stream.runForEach((data) => Effect.sync(() => found.push(data))),
      Effect.flip,
      Effect.orElseSucceed(() => null)
    )
    return { found, code: failure?.code ?? null }
  })

const Line = Schema.String.check(Schema.isPattern(/^[^\r\n]{0,40}$/u))
const Cuts = Schema.Array(Schema.Natural).check(Schema.isMaxLength(20))

describe("server-sent events", () => {
  it.effect.prop(
    "are what was sent, with comments, names and either line end between, at any cuts",
    [Schema.Array(Schema.Array(Line).check(Schema.isMaxLength(3))), Schema.Boolean, Cuts],
    ([sent, carriage, cuts]) =>
      Effect.gen(function* () {
        const end = carriage ? "\r\n" : "\n"
        const text = sent
          .map((lines) =>
            [": still here", "event: some", ...lines.map((line) => `data: ${line}`), "id: 7", "", ""].join(
              end
            )
          )
          .join("")
        const { found, code } = yield* read(cutAt(utf8(text), cuts))
        assert.isNull(code)
        // A byte that is no text on its own is never cut into two texts.
        const expected = sent.filter((lines) => lines.length > 0).map((lines) => lines.join("\n"))
        assert.deepStrictEqual(found, expected)
      })
  )

  it.effect.each([
    ["no blank after the colon", "data:a\n\n", ["a"], null],
    ["a field without a value", "data\n\n", [""], null],
    ["one blank is left out, no more", "data:  a\n\n", [" a"], null],
    ["an event that the body ends in is none", "data: a\n\ndata: b\n", ["a"], null],
    ["a name without data is no event", "event: ping\n\n", [], null],
    ["JSON that is no event", '{"error":"x"}\n\n', [], "PROVIDER_BAD_RESPONSE"],
    ["a web page", "<!doctype html>\n", [], "PROVIDER_BAD_RESPONSE"],
    ["a line that never ends", `data: ${"a".repeat(2 ** 20)}`, [], "PROVIDER_BAD_RESPONSE"],
    ["an event that never ends", "data: aaaaaaaaaaa\n".repeat(100_000), [], "PROVIDER_BAD_RESPONSE"],
    ["an event of blank lines", "data:\n".repeat(2 ** 20 + 1), [], "PROVIDER_BAD_RESPONSE"]
  ] as const)("%s", ([, text, found, code]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual<unknown>(yield* read([utf8(text)]), { found, code })
    })
  )

  it.effect("come out before the bytes after them that are none", () =>
    Effect.gen(function* () {
      const bytes = Buffer.concat([utf8("data: a\n\n"), Buffer.from([0x64, 0xff, 0x0a])])
      assert.deepStrictEqual<unknown>(yield* read([bytes]), { found: ["a"], code: "PROVIDER_BAD_RESPONSE" })
    })
  )
})
