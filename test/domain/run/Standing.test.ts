import { assert, describe, it } from "@effect/vitest"
import { Option } from "effect"
import { isHeld, next } from "../../../src/domain/run/Run.ts"
import { unended } from "../../../src/domain/run/Standing.ts"
import { standingOf } from "../../../src/domain/run/StandingOf.ts"
import { lives, states } from "../../support/lives.ts"

describe("where a run stands", () => {
  it.prop(
    "is told by its ending, and before that by its process and its open call",
    [lives],
    ([{ events }]) => {
      for (const state of states(events)) {
        const [alive, dead] = [true, false].map((is) => standingOf(Option.some(state), is))
        if (state.ending) {
          assert.strictEqual(alive, dead)
          assert.isFalse(unended.has(dead ?? "broken"))
          continue
        }
        if (isHeld(state)) {
          assert.deepStrictEqual([alive, dead], ["held", "held"])
          assert.isTrue(unended.has("held"))
          continue
        }
        assert.strictEqual(alive, "running")
        assert.strictEqual(dead, next(state)._tag === "Settle" ? "indeterminate" : "abandoned")
        assert.isTrue(unended.has("running") && unended.has(dead ?? "broken"))
      }
    }
  )

  it("is broken where there is no run to be read, whoever has it", () => {
    assert.deepStrictEqual(
      [true, false].map((is) => standingOf(Option.none(), is)),
      ["broken", "broken"]
    )
  })
})
