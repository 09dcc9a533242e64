import { assert, describe, it } from "@effect/vitest"
import { diffWordsWithSpace } from "diff"
import * as fc from "fast-check"
import { compare } from "../../src/web/ui/compare.ts"
import { lineCount, segmentsOf } from "../../src/web/ui/segments.ts"
import { blocksOf, hiddenIn, piecesOf, type Spaces } from "../../src/web/ui/visible.ts"

/** Text with a good deal in it that nobody sees. */
const odd = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ..."\u202e\u202c\u200b\u200d\ufe0f\u00ad\u0007\r\n\t \u00a0\u2028\u{e0041}\ufeff\u3164\u2800"
      ),
      fc.constantFrom("👩‍🚀", "❤️", "word", "שלום", "  \n", "\ud800"),
      fc.string({ unit: "binary" })
    ),
    { maxLength: 40 }
  )
  .map((parts) => parts.join(""))
const spaces = fc.constantFrom<Spaces>("last", "before a line's end", "all")

const shown = (text: string): string =>
  piecesOf(text)
    .map((piece) => (piece.mark === null ? piece.raw : `[${piece.label}×${piece.count}]`))
    .join("")

describe("a text to the letter", () => {
  it("is the text again when the marks are taken away, and so are its blocks", () =>
    fc.assert(
      fc.property(odd, spaces, (text, where) => {
        const pieces = piecesOf(text, where)
        assert.strictEqual(pieces.map(({ raw }) => raw).join(""), text)
        for (const piece of pieces)
          if (piece.mark !== null) {
            const one = String.fromCodePoint(piece.raw.codePointAt(0)!)
            assert.strictEqual(one.repeat(piece.count), piece.raw)
          }
        assert.strictEqual(blocksOf(text.repeat(200)).join(""), text.repeat(200))
      }),
      { numRuns: 500 }
    ))

  it("has nothing left in it that turns its direction, that controls, or that is not drawn", () =>
    fc.assert(
      fc.property(odd, (text) => {
        for (const piece of piecesOf(text)) {
          if (piece.mark !== null) assert.match(piece.label, /^[!-~·⇥ ]+$/u)
          // Only what joins and presents an emoji stays with it.
          else
            assert.notMatch(
              piece.raw,
              /[\u202a-\u202e\u2066-\u2069\u200b\u200e\u200f\u061c\ufeff\u00ad\u{e0000}-\u{e007f}]|(?!\n)\p{Cc}|\p{Cs}/u
            )
        }
      }),
      { numRuns: 500 }
    ))

  it("marks each character by its name, or by its number", () => {
    assert.strictEqual(
      shown("pay \u202e321\u202c now\u200b\u200b\u200b"),
      "pay [RLO×1]321[PDF×1] now[ZWSP×3]"
    )
    assert.strictEqual(
      shown("\ta\r\nb  \nc \u0000\u0007\u007f"),
      "[⇥×1]a[CR×1]\nb[·×2]\nc [NUL×1][BEL×1][DEL×1]"
    )
    assert.strictEqual(
      shown("a\u00a0b\u3000c\u2009d\u{e0041}\u{e0042}"),
      "a[NBSP×1]b[IDSP×1]c[2009×1]d[TAG A×1][TAG B×1]"
    )
    assert.strictEqual(shown("\ufeffx\ud800\u{10ffff}\ue000"), "[BOM×1]x[D800×1][10FFFF×1][E000×1]")
    assert.strictEqual(shown("👩‍🚀 ❤️ 👍🏽 naïve Ωμέγα שלום"), "👩‍🚀 ❤️ 👍🏽 naïve Ωμέγα שלום")
    // A presentation of nothing, or one too many, hides something.
    assert.strictEqual(shown("a\ufe0f ❤\ufe0f\ufe0f"), "a[VS16×1] ❤[VS16×2]")
    assert.strictEqual(shown("a\u200db"), "a[ZWJ×1]b")
  })

  it("counts what nobody would see; a space and a tab are seen", () => {
    assert.deepStrictEqual(hiddenIn(piecesOf("plain\ttext  \n")), {})
    assert.deepStrictEqual(hiddenIn(piecesOf("\u202ex\u202c\u200b\u200b\u0007\u00a0")), {
      direction: 2,
      invisible: 2,
      control: 1,
      space: 1
    })
  })

  it("is read in time that grows with it alone", () => {
    const hostile = "\u200b\u200d ".repeat(100_000) + "a".repeat(500_000)
    assert.strictEqual(
      piecesOf(hostile).reduce((sum, { raw }) => sum + raw.length, 0),
      hostile.length
    )
  })
})

describe("what became of a text", () => {
  it("has both texts in it, whatever of it is out of sight", () =>
    fc.assert(
      fc.property(odd, odd, fc.nat({ max: 4 }), (one, other, context) => {
        const padding = "the same line\n".repeat(context * 4)
        const before = `${padding}${one}${padding}`
        const after = `${padding}${other}${padding}`
        const segments = segmentsOf(diffWordsWithSpace(before, after), context)
        const joined = (...kinds: ReadonlyArray<string>) =>
          segments
            .filter(({ kind }) => kinds.includes(kind))
            .map(({ raw }) => raw)
            .join("")
        assert.strictEqual(joined("kept", "gap", "removed"), before)
        assert.strictEqual(joined("kept", "gap", "added"), after)
      })
    ))

  it("folds away lines that stayed, but for those around a change", () => {
    const same = Array.from({ length: 20 }, (_, n) => `line ${n}\n`).join("")
    const segments = compare(`${same}old word${same}`, `${same}new word${same}`)!
    assert.deepStrictEqual(
      segments.map(({ kind, raw }) => [kind, lineCount(raw)]),
      [
        ["gap", 18],
        ["kept", 2],
        ["removed", 1],
        ["added", 1],
        ["kept", 2],
        ["gap", 18]
      ]
    )
    assert.deepStrictEqual(compare("the same", "the same"), [{ kind: "kept", raw: "the same" }])
    assert.deepStrictEqual(compare("", ""), [])
  })

  it("gives up on texts that have too little in common", () => {
    const words = (seed: number) =>
      Array.from({ length: 20_000 }, (_, n) => ((n * seed) % 99_991).toString(36)).join("\n")
    assert.isNull(compare(words(7919), words(104_729), 1))
  })
})
