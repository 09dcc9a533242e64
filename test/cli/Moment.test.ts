import { assert, describe, it } from "@effect/vitest"
import { Option } from "effect"
import { parse, written } from "../../src/cli/Moment.ts"

const now = Date.UTC(2026, 5, 15, 12)
const at = (text: string) => Option.getOrNull(Option.map(parse(text), (of) => of(now)))

describe("a moment", () => {
  const day = 86_400_000
  const known: ReadonlyArray<readonly [string, number]> = [
    ["2026-01-31", Date.UTC(2026, 0, 31)],
    ["2026-01-31T12:30", Date.UTC(2026, 0, 31, 12, 30)],
    ["2026-01-31 12:30:05", Date.UTC(2026, 0, 31, 12, 30, 5)],
    ["2026-01-31T12:30:05.250Z", Date.UTC(2026, 0, 31, 12, 30, 5, 250)],
    ["2026-01-31T12:30+02:00", Date.UTC(2026, 0, 31, 10, 30)],
    ["90m", now - 90 * 60_000],
    ["12h", now - day / 2],
    ["7d", now - 7 * day],
    ["999999d", 0]
  ]
  for (const [text, millis] of known) it(`${text} is one`, () => assert.strictEqual(at(text), millis))

  for (const text of [
    "",
    "yesterday",
    "31.01.2026",
    "01/31/2026",
    "2026-13-40",
    "2026-1-1",
    "7w",
    "-7d",
    "1767225600"
  ]) {
    it(`"${text}" is none`, () => assert.isNull(at(text)))
  }

  it("is written to the second, in UTC", () => {
    assert.strictEqual(written(Date.UTC(2026, 0, 31, 12, 30, 5, 250)), "2026-01-31T12:30:05Z")
    assert.strictEqual(written(Number.MAX_SAFE_INTEGER), String(Number.MAX_SAFE_INTEGER))
  })
})
