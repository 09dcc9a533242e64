/** Follows branches of conversations: from any turn back to the first, and from a choice on to the newest of its own. */
import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { unknown, type Turn, withHistory } from "../../src/web/chat/conversation.ts"
import { branchOf, numbered } from "../../src/web/chat/lineage.ts"
import { told } from "../support/conversationTold.ts"

const shown = (known: ReadonlyMap<number, Turn>, chosen: number | null = null, until: number | null = null) =>
  branchOf(known, chosen, until).places.map(({ turn }) => turn.index)

const known = told.map(({ records }) => numbered(withHistory(unknown, records.at(-1)!)))

describe("a branch", () => {
  it("of turns that follow each other is all of them", () => {
    fc.assert(
      fc.property(known, (turns) => {
        const plain = new Map([...turns].map(([index, turn]) => [index, { ...turn, insteadOf: null }]))
        assert.deepStrictEqual(shown(plain), [...plain.keys()])
      }),
      { seed: 8, numRuns: 50 }
    )
  })

  it("ends in the newest turn, has each place once, and none beside it", () => {
    fc.assert(
      fc.property(known, (turns) => {
        const { places, before, isNewest } = branchOf(turns, null)
        assert.isTrue(isNewest)
        assert.isNull(before)
        assert.strictEqual(places.at(-1)!.turn.index, turns.size - 1)
        const all = places.flatMap(({ alternatives }) => alternatives)
        assert.strictEqual(new Set(all).size, all.length)
        for (const { turn, alternatives } of places) assert.include(alternatives, turn.index)
      }),
      { seed: 8, numRuns: 200 }
    )
  })

  it("goes through any turn that is chosen, and reaches every turn there is", () => {
    fc.assert(
      fc.property(known, (turns) => {
        for (const index of turns.keys()) assert.include(shown(turns, index), index)
      }),
      { seed: 8, numRuns: 200 }
    )
  })

  it("ends before the place where something else is being asked", () => {
    fc.assert(
      fc.property(known, (turns) => {
        for (const { alternatives } of branchOf(turns, null).places) {
          const rest = shown(turns, null, alternatives[0]!)
          for (const index of rest) assert.notInclude(alternatives, index)
        }
      }),
      { seed: 8, numRuns: 100 }
    )
  })

  it("says where it goes on when its beginning is not known", () => {
    fc.assert(
      fc.property(known, fc.nat(), (turns, cut) => {
        const from = cut % turns.size
        const part = new Map([...turns].filter(([index]) => index >= from))
        const { before, places } = branchOf(part, null)
        assert.strictEqual(places.at(-1)!.turn.index, turns.size - 1)
        if (before === null)
          assert.deepStrictEqual(places, branchOf(turns, null).places.slice(-places.length))
        else assert.isBelow(before, from)
      }),
      { seed: 8, numRuns: 200 }
    )
  })
})
