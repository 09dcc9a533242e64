/** Lets hostile text through to a terminal that must not notice. */
import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { plainJson, plainPieces } from "../../src/cli/Plain.ts"

const plain = (text: string) => plainPieces()(text)
const inPieces = (pieces: ReadonlyArray<string>) => pieces.map(plainPieces()).join("")

// eslint-disable-next-line no-control-regex
const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u

/** Text of the characters that sequences are made of, so that most of it is sequences, whole and broken. */
const hostile = fc
  .array(
    fc.constantFrom(
      ..."\u001b\u001b\u001b[]PX^_\\?;0138mcHJK !/~é水👩a\n\t\r\b\0\u0007\u0018\u007f",
      ..."\u0084\u0090\u009b\u009b\u009c\u009d\u009f\u200f\u202e\u2066\u2069"
    ),
    { maxLength: 60 }
  )
  .map((chars) => chars.join(""))

const harmless = fc.string({ unit: "grapheme" }).filter((text) => !control.test(text))

describe("Plain", () => {
  it("lets no control character through but tab and line break", () => {
    fc.assert(
      fc.property(hostile, (text) => assert.notMatch(plain(text), control)),
      { numRuns: 2000 }
    )
  })

  it("leaves text without controls as it is", () => {
    fc.assert(
      fc.property(fc.array(harmless), (lines) => {
        const text = lines.join("\n\t")
        assert.strictEqual(plain(text), text)
      })
    )
  })

  it("is the same however the text is cut, and holds nothing back", () => {
    fc.assert(
      fc.property(hostile, fc.array(fc.nat({ max: 60 })), (text, cuts) => {
        const offsets = [0, ...cuts.toSorted((one, other) => one - other), text.length]
        const pieces = offsets.map((offset, index) => text.slice(offset, offsets[index + 1]))
        assert.strictEqual(inPieces(pieces), plain(text))
      }),
      { numRuns: 2000 }
    )
  })

  it("is the same done twice", () => {
    fc.assert(fc.property(hostile, (text) => assert.strictEqual(plain(plain(text)), plain(text))))
  })

  it("takes a whole sequence out, in both forms, and its words with it", () => {
    const taken = {
      "a\u001b[31mb\u001b[0m": "ab",
      "a\u009b31mb": "ab",
      "a\u001b[2J\u001b[1;1Hb": "ab",
      "a\u001b[?1049hb": "ab",
      "\u001b]0;a title\u0007b": "b",
      "\u001b]2;a title\u001b\\b": "b",
      "\u009d2;a title\u009cb": "b",
      "\u001b]52;c;ZXZpbA==\u0007b": "b",
      "\u001b]8;;https://evil.example\u001b\\link\u001b]8;;\u001b\\": "link",
      "\u001bP+q544e\u001b\\b": "b",
      "\u0090$qm\u009cb": "b",
      "\u001b_G a=T\u001b\\b": "b",
      "a\u001bcb": "ab",
      "a\u001b(0b": "ab",
      "one\rtwo\b\b\bthree": "onetwothree",
      "line\r\nline": "line\nline",
      "user\u202egpj.exe\u202c": "usergpj.exe",
      "\u2066a\u2069\u200fb\u061c": "ab"
    }
    for (const [text, left] of Object.entries(taken)) {
      assert.strictEqual(plain(text), left)
      assert.strictEqual(inPieces([...text]), left)
    }
  })

  it("loses no more than its line to a sequence that never ends", () => {
    assert.strictEqual(plain("a\u001b]0;title\nb"), "a\nb")
    assert.strictEqual(plain("a\u001b[31\nb"), "a\nb")
    assert.strictEqual(plain("a\u001b\nb"), "a\nb")
    assert.strictEqual(plain("a\u001b"), "a")
  })
})

describe("plain JSON", () => {
  it("is the same value, and has no control character in it", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const json = plainJson(JSON.stringify({ text }))
        assert.deepStrictEqual(JSON.parse(json), { text })
        assert.notMatch(json, control)
      })
    )
  })
})
