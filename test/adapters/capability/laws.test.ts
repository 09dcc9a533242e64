/** Holds what capabilities are made of to their laws: JSON read and written, lines compared, CSV parsed. */
import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { type Delimiter, DELIMITERS, parse } from "../../../src/adapters/capability/Csv.ts"
import { write } from "../../../src/adapters/capability/JsonText.ts"
import { changesOf, linesOf } from "../../../src/adapters/capability/LineDiff.ts"
import { read } from "../../../src/adapters/capability/PayloadText.ts"
import { unified } from "../../../src/adapters/capability/UnifiedDiff.ts"

const json = fc.jsonValue({ maxDepth: 5 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown)
const unlimited = { maxChars: Infinity }

describe("JSON that is written", () => {
  it("is the value again, in one form, and as long as it says", () => {
    fc.assert(
      fc.property(json, fc.constantFrom(0, 2), (value, indent) => {
        const { text, chars } = write(value, { ...unlimited, indent })
        assert.deepStrictEqual(JSON.parse(text), value)
        assert.strictEqual(chars, Array.from(text).length)
        assert.deepStrictEqual(write(value, { maxChars: chars, indent }), { text, chars })
        assert.deepStrictEqual(write(value, { maxChars: chars - 1, indent }), { text: "", chars })
      })
    )
  })

  it("is measured right for every character", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary" }),
        fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)) }),
        (a, b) => {
          for (const text of [a, b]) {
            assert.strictEqual(write(text, { maxChars: 0 }).chars, Array.from(JSON.stringify(text)).length)
          }
        }
      )
    )
  })
})

describe("a payload that is read", () => {
  it("is the value of its text", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), json), (value) => {
        fc.pre(!JSON.stringify(value).includes("__proto__") && wholeNumbersAreSafe(value))
        assert.deepStrictEqual(read(JSON.stringify(value, null, 1)), value)
      })
    )
  })

  const wholeNumbersAreSafe = (value: unknown): boolean =>
    typeof value === "number"
      ? !/^-?\d+$/u.test(JSON.stringify(value)) || Number.isSafeInteger(value)
      : typeof value !== "object" || value === null || Object.values(value).every(wholeNumbersAreSafe)

  const nested = (depth: number) => `{"a":${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}}`
  const texts: ReadonlyArray<readonly [text: string, isRead: boolean]> = [
    [nested(64), true],
    [nested(65), false],
    [`${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`, false],
    ['{"a":{"b":1},"c":{"b":1}}', true],
    ['{"a":[{"b":1},{"b":1,"b":2}]}', false],
    [String.raw`{"a\"b":1,"a\u0022b":1}`, false],
    [String.raw`{"a":"\"b\":{","b":1}`, true],
    ['{"constructor":1,"toString":2}', true],
    [String.raw`{"a":{"\u005f_proto__":1}}`, false],
    ['{"a":"__proto__"}', true],
    ['{"a":9007199254740991}', true],
    ['{"a":9007199254740992}', false],
    ['{"a":[-0,1e308,0.1,1E-9]}', true],
    ['{"a":1e309}', false]
  ]
  it("is refused where it would not come through as it is", () => {
    for (const [text, isRead] of texts) {
      const result = read(text)
      assert.strictEqual(
        typeof result === "string" ? result : "read",
        isRead ? "read" : "CAPABILITY_INVALID_PAYLOAD",
        text.slice(0, 60)
      )
    }
  })
})

/** Few different lines: many of them are equal. */
const text = fc
  .tuple(fc.array(fc.constantFrom("a", "b", "c", "", " x", "-y"), { maxLength: 40 }), fc.boolean())
  .map(([lines, ends]) => lines.join("\n") + (ends ? "\n" : ""))

/** What `patch` does: goes through the hunks and takes every line at its word. */
const patched = (before: string, diff: string): string => {
  const old = linesOf(before)
  const done: Array<string> = []
  let at = 0
  const hunks = diff.split(/^(?=@@ )/mu).slice(1)
  for (const hunk of hunks) {
    const [head = "", ...lines] = linesOf(hunk)
    const [, start = "", count = "1"] = /^@@ -(\d+)(?:,(\d+))? /u.exec(head) ?? []
    const from = Number(start) - (count === "0" ? 0 : 1)
    done.push(...old.slice(at, from))
    at = from
    for (const [index, line] of lines.entries()) {
      if (line.startsWith("\\")) continue
      const bare = lines[index + 1]?.startsWith("\\") ? line.slice(1, -1) : line.slice(1)
      if (line[0] !== "+") assert.strictEqual(old[at++], bare)
      if (line[0] !== "-") done.push(bare)
    }
    assert.strictEqual(at, from + Number(count))
  }
  return [...done, ...old.slice(at)].join("")
}

/** The fewest lines that can be removed and added, by the textbook. */
const fewest = (a: ReadonlyArray<string>, b: ReadonlyArray<string>): number => {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (const [i, line] of a.entries()) {
    const next = [i + 1]
    for (const [j, other] of b.entries()) {
      next.push(line === other ? row[j]! : 1 + Math.min(row[j + 1]!, next[j]!))
    }
    row = next
  }
  return row.at(-1)!
}

describe("a diff", () => {
  it("applied to the one text gives the other, with any context", () => {
    fc.assert(
      fc.property(text, text, fc.nat(4), (before, after, context) => {
        const { diff, added, removed, hunks } = unified(before, after, context)
        assert.strictEqual(patched(before, diff), after)
        const count = (sign: string) =>
          linesOf(diff)
            .slice(2)
            .filter((line) => line.startsWith(sign)).length
        assert.deepStrictEqual([count("+"), count("-"), count("@@ ")], [added, removed, hunks])
        assert.strictEqual(diff === "", before === after)
      }),
      { numRuns: 500 }
    )
  })

  it("changes as few lines as can be", () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const { added, removed } = unified(before, after, 0)
        assert.strictEqual(added + removed, fewest(linesOf(before), linesOf(after)))
      }),
      { numRuns: 300 }
    )
  })

  it("of texts that have little in common is found all the same", () => {
    const many = (of: (index: number) => string) =>
      Array.from({ length: 30_000 }, (_, index) => `${of(index)}\n`)
    const before = many((index) => String((index * 7919) % 1000))
    const after = many((index) => String((index * 104_729) % 997))
    const changes = changesOf(before, after)
    let [old, young] = [0, 0]
    for (const change of changes) {
      assert.deepStrictEqual(before.slice(old, change.before), after.slice(young, change.after))
      old = change.before + change.removed
      young = change.after + change.added
    }
    assert.deepStrictEqual(before.slice(old), after.slice(young))
    assert.strictEqual(
      patched(before.join(""), unified(before.join(""), after.join(""), 3).diff),
      after.join("")
    )
  })
})

describe("CSV", () => {
  const quoted = (cell: string) => `"${cell.replaceAll('"', '""')}"`
  const bare = (cell: string, delimiter: Delimiter) =>
    cell !== "" && !/["\r\n]/u.test(cell) && !cell.includes(delimiter) ? cell : quoted(cell)

  it("that was written is read again, quoted or not", () => {
    const cell = fc.string({
      unit: fc.constantFrom("a", "1", " ", '"', "\n", "\r", ...DELIMITERS),
      maxLength: 6
    })
    const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { maxLength: 6 })
    fc.assert(
      fc.property(
        table,
        fc.constantFrom(...DELIMITERS),
        fc.constantFrom("\n", "\r\n", "\r"),
        fc.boolean(),
        (rows, delimiter, line, ends) => {
          const lines = rows.map((row, index) =>
            row.map((cell) => (index % 2 ? quoted(cell) : bare(cell, delimiter))).join(delimiter)
          )
          assert.deepStrictEqual(parse(lines.join(line) + (ends ? line : ""), delimiter), rows)
        }
      ),
      { numRuns: 500 }
    )
  })

  it("of any kind is read to its end or refused", () => {
    const noise = fc.string({ unit: fc.constantFrom("a", '"', "\n", "\r", ",", "|", "\uFEFF") })
    fc.assert(
      fc.property(noise, fc.constantFrom(...DELIMITERS), (text, delimiter) => {
        const cells = parse(text, delimiter)?.flat().join("") ?? ""
        assert.isAtMost(cells.length, text.length)
      }),
      { numRuns: 500 }
    )
  })
})
