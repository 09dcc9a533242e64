import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import * as fc from "fast-check"
import { Mode } from "../../../src/domain/Ids.ts"
import { applies, Condition, type RunbookContext } from "../../../src/domain/runbook/Condition.ts"
import { SessionMode } from "../../../src/domain/session/Turn.ts"

const sessionMode = fc.constantFrom(...SessionMode.literals)
const mode = fc.constantFrom("executor", "explorer", "work", "steward").map((name) => Mode.make(name))
const context: fc.Arbitrary<RunbookContext> = fc.record({ sessionMode, personaMode: mode })
const op = fc.constantFrom(...Condition.fields.op.literals)
const condition: fc.Arbitrary<Condition> = fc.oneof(
  fc.record({
    key: fc.constant("session_mode" as const),
    op,
    value: sessionMode.map((name) => Mode.make(name))
  }),
  fc.record({ key: fc.constant("persona_mode" as const), op, value: mode })
)
const reads = Schema.is(Condition)

describe("Condition", () => {
  it("without one, a step is always done", () => {
    fc.assert(fc.property(context, (given) => assert.isTrue(applies(null, given))))
  })

  it("eq and neq are each other's contrary", () => {
    fc.assert(
      fc.property(condition, context, (when, given) => {
        assert.notStrictEqual(applies({ ...when, op: "eq" }, given), applies({ ...when, op: "neq" }, given))
      })
    )
  })

  it("eq holds for exactly one value of what it names, and does not see the other", () => {
    fc.assert(
      fc.property(condition, context, sessionMode, mode, (when, given, otherSession, otherMode) => {
        const named = when.key === "session_mode" ? given.sessionMode : given.personaMode
        assert.strictEqual(applies({ ...when, op: "eq" }, given), named === String(when.value))
        const elsewhere =
          when.key === "session_mode"
            ? { ...given, personaMode: otherMode }
            : { ...given, sessionMode: otherSession }
        assert.strictEqual(applies(when, elsewhere), applies(when, given))
      })
    )
  })

  it("every condition that can be meant is read, and one that never could is not", () => {
    fc.assert(fc.property(condition, (when) => assert.isTrue(reads(when))))
    for (const wrong of [
      { key: "session_mode", op: "eq", value: "stewart" },
      { key: "session_mode", op: "neq", value: "executor" },
      { key: "session_mode", op: "eq", value: "Work" },
      { key: "mode", op: "eq", value: "work" },
      { key: "persona_mode", op: "ne", value: "executor" },
      { key: "persona_mode", op: "eq", value: "two words" },
      { key: "persona_mode", op: "eq" },
      { key: "persona_mode", value: "executor" },
      { key: "persona_mode", op: "eq", value: null }
    ])
      assert.isFalse(reads(wrong as never), JSON.stringify(wrong))
  })
})
