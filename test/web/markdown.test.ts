/** Reads Markdown as it comes: piece by piece, in one go, and bent to break whoever reads it. */
import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import type { Token } from "marked"
import { nothing, read, type Reading } from "../../src/web/ui/markdown/blocks.ts"
import { withCharacters } from "../../src/web/ui/markdown/entities.ts"

const BLOCKS = [
  "# A heading",
  "A paragraph with *some* **words**, `code` and [a link](https://example.org).",
  "Two lines\nof one paragraph.",
  "- one\n- two\n  - three\n\n  a paragraph of two",
  "1. first\n\n   ```py\n   print(1)\n\n   print(2)\n   ```\n2. second",
  "```ts\nconst a = 1\n\n# no heading\n```",
  "~~~\nwithout a language\n~~~",
  "| a | b |\n| - | -: |\n| 1 | 2 |",
  "> said by\n> somebody\n\n> else",
  "---",
  "A title\n=======",
  "<b>raw</b> text",
  "<div>\nraw\n</div>",
  "$$\na_b * c_d * e\n$$",
  "مرحبا بالعالم",
  "- [x] done\n- [ ] to do"
]

const document = fc
  .array(fc.constantFrom(...BLOCKS), { minLength: 1, maxLength: 7 })
  .map((all) => `${all.join("\n\n")}\n`)

/** A text as far as each of some places, and then whole. */
const growing = fc.tuple(document, fc.array(fc.nat(), { maxLength: 20 })).map(([text, cuts]) => ({
  text,
  ends: [...cuts.map((cut) => cut % text.length).toSorted((a, b) => a - b), text.length]
}))

/** As often as it takes. */
const readAll = (before: Reading, text: string): Reading => {
  let reading = before
  while (!reading.isWhole) reading = read(reading, text, true)
  return reading
}

const bare = ({ done, open }: Reading) => [...done, ...open].map(({ at, token }) => ({ at, token }))

const readInPieces = ({ text, ends }: { readonly text: string; readonly ends: ReadonlyArray<number> }) => {
  const readings: Array<Reading> = []
  let reading = nothing
  for (const end of ends) {
    reading = read(reading, text.slice(0, end), false)
    readings.push(reading)
  }
  return { readings, last: readAll(reading, text) }
}

const inline = (text: string): ReadonlyArray<Token> => {
  const [block] = readAll(nothing, text).done
  return (block!.token as Token & { readonly tokens: ReadonlyArray<Token> }).tokens
}

describe("Markdown that grows", () => {
  it("is in the end what it is when it is read in one go", () => {
    fc.assert(
      fc.property(growing, (text) => {
        assert.deepStrictEqual(bare(readInPieces(text).last), bare(readAll(nothing, text.text)))
      }),
      { seed: 8, numRuns: 400 }
    )
  })

  it("is not read again where it is finished", () => {
    fc.assert(
      fc.property(growing, (text) => {
        const { readings } = readInPieces(text)
        readings.slice(1).forEach(({ done }, at) => {
          for (const [index, block] of readings[at]!.done.entries()) assert.strictEqual(done[index], block)
        })
      }),
      { seed: 8, numRuns: 200 }
    )
  })

  it("loses no letter on the way", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 200 }), fc.nat({ max: 200 }), (text, cut) => {
        const { readings, last } = readInPieces({ text, ends: [Math.min(cut, text.length), text.length] })
        for (const { done, open, text: whole } of [...readings, last]) {
          assert.strictEqual([...done, ...open].map(({ token }) => token.raw).join(""), whole)
        }
      }),
      { seed: 8, numRuns: 300 }
    )
  })

  it("counts what is defined at its end from its beginning on", () => {
    const text = "See [the paper][1].\n\nMore.\n\n[1]: https://example.org/paper\n"
    const { last } = readInPieces({ text, ends: [10, 25, 40, text.length] })
    const [first] = (last.done[0]!.token as Token & { readonly tokens: ReadonlyArray<Token> }).tokens.slice(1)
    assert.strictEqual(first?.type, "link")
  })
})

describe("a formula", () => {
  it("is left as it was written", () => {
    for (const formula of [
      "$a_i * b_j * c$",
      "$$x_1 * x_2 * x_3$$",
      "\\(a_b * c * d_e\\)",
      "\\[a_b * c * d_e\\]"
    ]) {
      const tokens = inline(`It is ${formula} here.`)
      assert.deepStrictEqual(
        tokens.map(({ type, raw }) => [type, raw]),
        [
          ["text", "It is "],
          ["math", formula],
          ["text", " here."]
        ]
      )
    }
  })

  it("is no price", () => {
    assert.deepStrictEqual(
      inline("It costs $5 and *not* $10.").map(({ type }) => type),
      ["text", "em", "text"]
    )
  })
})

describe("Markdown that is bent", () => {
  const bombs: Readonly<Record<string, string>> = {
    quotes: ">".repeat(20_000),
    "spaced quotes": "> ".repeat(20_000),
    lists: "- ".repeat(20_000),
    "nested lists": Array.from({ length: 300 }, (_, depth) => `${"  ".repeat(depth)}- x`).join("\n"),
    stars: "*".repeat(50_000),
    "open stars": "*a ".repeat(20_000),
    brackets: "[".repeat(50_000),
    links: "[a](".repeat(10_000),
    backticks: "`a ``b ".repeat(10_000),
    underscores: "_a_".repeat(20_000),
    dollars: "$a ".repeat(20_000),
    tables: `${"|a".repeat(500)}|\n${"|-".repeat(500)}|\n${`${"|b".repeat(500)}|\n`.repeat(20)}`,
    entities: "&amp;".repeat(50_000),
    angles: "<".repeat(50_000),
    "open tags": "<a ".repeat(20_000),
    paragraphs: "one *a* `b`\n\n".repeat(3000),
    items: "- a\n".repeat(5000),
    "one long word": "a".repeat(1_000_000),
    "one long code": `\`\`\`\n${"let a = 1\n".repeat(100_000)}`
  }
  for (const [name, bomb] of Object.entries(bombs)) {
    it(`is shown as it is: ${name}`, { timeout: 20_000 }, () => {
      const { done } = readAll(nothing, bomb)
      assert.strictEqual(done.map(({ token }) => token.raw).join(""), bomb)
    })
  }
})

describe("a character of HTML", () => {
  it("is what it stands for, and anything else is as it was written", () => {
    assert.strictEqual(
      withCharacters("&lt;b&gt; &amp;amp; &#65;&#x42; &nope; &#0; &"),
      "<b> &amp; AB &nope; \uFFFD &"
    )
  })
})
