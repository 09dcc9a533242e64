/** Names sessions with whatever there is to see, and with what there is not. */
import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { Content } from "../../../src/domain/Content.ts"
import { titleIn } from "../../../src/domain/session/Title.ts"
import { isSeen } from "../../../src/web/ui/visible.ts"

/** Of each kind of what nobody sees: spaces, controls, formats, tags, fillers. */
const UNSEEN = [
  ..." \t\n\u00a0\u2028\u3000\u0000\u0007\u0085\u00ad\u200b\u200d\u202e\u2060\ufeff\ufe0f\u034f\u3164\u2800\u{e0041}\ue000\uffff\u0378"
]
const unseen = fc.array(fc.constantFrom(...UNSEEN), { maxLength: 30 }).map((all) => all.join(""))
const seen = fc.constantFrom("a", "0", "é", "ש", "字", "👩\u200d🚀", "❤\ufe0f", "\u0600", "\u0301")

const titleOf = (text: string): string | null => {
  let title: string | null = null
  titleIn(Content.of(text))?.use((all) => ((title = all), true))
  return title
}

describe("the title of a session", () => {
  it("has something to see in it, and is the text without the blanks at its ends", () => {
    fc.assert(
      fc.property(unseen, seen, unseen, (before, one, after) => {
        assert.isNull(titleOf(before))
        assert.strictEqual(titleOf(before + one + after), (before + one + after).trim())
      })
    )
  })

  it("has 200 characters at most, however they are written", () => {
    assert.strictEqual(titleOf("🚀".repeat(200)), "🚀".repeat(200))
    assert.isNull(titleOf("🚀".repeat(201)))
    assert.isNull(titleOf("a".repeat(201)))
  })

  it("is none to the page exactly where the law says so", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(unseen, seen, fc.string({ unit: "binary", maxLength: 8 })), { maxLength: 6 }),
        (parts) => {
          const text = parts.join("").toWellFormed()
          fc.pre([...text].length <= 200)
          assert.strictEqual(isSeen(text), titleOf(text) !== null)
        }
      ),
      { numRuns: 1000 }
    )
    for (const one of UNSEEN) assert.isFalse(isSeen(one))
  })
})
