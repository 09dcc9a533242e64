import { assert, describe, it } from "@effect/vitest"
import { Effect, Logger, Option, References, Schema } from "effect"
import * as fc from "fast-check"
import { inspect } from "node:util"
import { Content, ContentFromString, reveal } from "../../src/domain/Content.ts"

/** Any string of UTF-16 units: lone surrogates, NUL and pairs included. */
const text = fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) })
const anyText = fc.oneof(text, fc.string({ unit: "grapheme" }), fc.string({ unit: "binary" }))

describe("Content arithmetic", () => {
  it("holds well-formed text", () => {
    fc.assert(
      fc.property(anyText, (raw) => {
        assert.strictEqual(reveal(Content.of(raw)), raw.toWellFormed())
      })
    )
  })

  it("counts code points and UTF-8 bytes", () => {
    fc.assert(
      fc.property(anyText, (raw) => {
        const content = Content.of(raw)
        assert.strictEqual(content.length, [...raw.toWellFormed()].length)
        assert.strictEqual(content.bytes, Buffer.byteLength(raw, "utf8"))
      })
    )
  })

  it("slices by code points", () => {
    const bound = fc.integer({ min: -12, max: 12 })
    fc.assert(
      fc.property(anyText, bound, fc.option(bound, { nil: undefined }), (raw, start, end) => {
        const points = [...raw.toWellFormed()]
        assert.strictEqual(reveal(Content.of(raw).slice(start, end)), points.slice(start, end).join(""))
      })
    )
  })

  it("joins: lengths and bytes add up, and no pair of halves is ever made", () => {
    fc.assert(
      fc.property(fc.array(anyText), (raws) => {
        const parts = raws.map((raw) => Content.of(raw))
        const whole = Content.concat(parts)
        assert.strictEqual(
          whole.length,
          parts.reduce((sum, part) => sum + part.length, 0)
        )
        assert.strictEqual(
          whole.bytes,
          parts.reduce((sum, part) => sum + part.bytes, 0)
        )
        assert.isTrue(whole.equals(Content.of(parts.map(reveal).join(""))))
      })
    )
  })

  it("compares, trims and knows blank text", () => {
    fc.assert(
      fc.property(anyText, anyText, (a, b) => {
        assert.strictEqual(Content.of(a).equals(Content.of(b)), a.toWellFormed() === b.toWellFormed())
        assert.strictEqual(reveal(Content.of(a).trim()), a.toWellFormed().trim())
        assert.strictEqual(Content.of(a).isBlank, a.trim() === "")
      })
    )
  })
})

describe("Content keeps its words", () => {
  const secret = "canary-5f1e"
  const content = Content.of(secret)

  it("prints as a placeholder", () => {
    assert.strictEqual(`${content}`, "<content>")
    assert.strictEqual(String(content), "<content>")
    assert.strictEqual(inspect(content), "<content>")
    assert.strictEqual(
      inspect({ deep: [content] }, { depth: 9, showHidden: true }),
      "{ deep: [ <content>, [length]: 1 ] }"
    )
    assert.notInclude(inspect(content, { customInspect: false, showHidden: true, depth: 9 }), secret)
    assert.deepStrictEqual(Object.keys(content), [])
  })

  it("has no JSON form", () => {
    assert.throws(() => JSON.stringify(content), "content has no JSON form")
    assert.throws(() => JSON.stringify({ deep: [content] }), "content has no JSON form")
  })

  it("does not survive a copy", () => {
    assert.deepStrictEqual(Object.entries({ ...content }), [])
    assert.notInclude(inspect(structuredClone({ ...content })), secret)
  })

  it("refuses to be encoded by a Schema", () => {
    const Profile = Schema.Struct({ name: ContentFromString })
    const profile = Schema.decodeUnknownSync(Profile)({ name: secret })
    assert.strictEqual(reveal(profile.name), secret)
    const failed = Schema.encodeUnknownExit(Profile)(profile)
    assert.strictEqual(failed._tag, "Failure")
    assert.notInclude(inspect(failed, { depth: 20 }), secret)
  })

  it.effect("is a placeholder in every log", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const keep = (logger: Logger.Logger<unknown, unknown>) =>
        Logger.make((entry) => {
          lines.push(inspect(logger.log(entry), { depth: 20 }))
        })
      const log = Effect.log("a text arrived", content, { content }).pipe(
        Effect.annotateLogs({ content: content as unknown as string })
      )
      for (const logger of [Logger.formatLogFmt, Logger.formatSimple, Logger.formatStructured]) {
        yield* log.pipe(
          Effect.provide(Logger.layer([keep(logger)])),
          Effect.provideService(References.MinimumLogLevel, "Trace")
        )
      }
      assert.strictEqual(lines.length, 3)
      for (const line of lines) {
        assert.include(line, "a text arrived")
        assert.notInclude(line, secret)
      }
    })
  )
})

describe("Content lets computed things out", () => {
  it("but nothing that could carry text", () => {
    const leak = (f: (text: string) => unknown) => () => Content.of("words").use(f as never)
    assert.strictEqual(
      Content.of("words").use((text) => text.length),
      5
    )
    assert.strictEqual(
      Content.of("words").use((text) => text.startsWith("w")),
      true
    )
    assert.throws(
      leak((text) => text),
      TypeError
    )
    assert.throws(
      leak((text) => [text]),
      TypeError
    )
    assert.throws(
      leak((text) => ({ text })),
      TypeError
    )
    assert.throws(
      leak(() => null),
      TypeError
    )
    assert.throws(
      leak((text) => () => text),
      TypeError
    )
  })

  it("labels come from the list alone", () => {
    fc.assert(
      fc.property(anyText, (raw) => {
        const label = Content.of(raw).classify(["none", "yes", "no"], (text) => text)
        assert.strictEqual(label, ["yes", "no"].includes(raw) ? raw : "none")
      })
    )
  })

  it("closed structures are read, and anything else is none", () => {
    const Shape = Schema.Struct({ mark: Schema.Literals(["a", "b"]), count: Schema.Natural })
    assert.deepStrictEqual(
      Content.of('{"mark":"a","count":3}').decode(Shape),
      Option.some({ mark: "a" as const, count: 3 })
    )
    for (const raw of [
      "",
      "{",
      '{"mark":"c","count":3}',
      '{"mark":"a","count":-1}',
      "null",
      '{"mark":"a"}'
    ]) {
      assert.deepStrictEqual(Content.of(raw).decode(Shape), Option.none(), raw)
    }
  })
})
