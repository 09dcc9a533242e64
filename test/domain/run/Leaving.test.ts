import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Schema } from "effect"
import { Content } from "../../../src/domain/Content.ts"
import { BoundsCertified, CallIntended, CallSettled, RunAccepted } from "../../../src/domain/Event.ts"
import { Count, Digest } from "../../../src/domain/Ids.ts"
import { cost, gateOf, mayStream, receiptOf, usage } from "../../../src/domain/run/Leaving.ts"
import { AuditResult } from "../../../src/domain/run/Receipt.ts"
import { initial, lastCall, type RunState } from "../../../src/domain/run/Run.ts"
import { Turn } from "../../../src/domain/session/Turn.ts"
import { lives, states } from "../../support/lives.ts"

const digest = Digest.make("0".repeat(64))

describe("what leaves a run", () => {
  it.prop("leaves early only where no audit was asked for", [lives], ([{ events }]) => {
    for (const state of states(events)) {
      assert.strictEqual(mayStream(state), state.accepted?.audit === false)
    }
  })

  it.prop("has no receipt before a call, and one about the last draft after it", [lives], ([{ events }]) => {
    for (const state of states(events)) {
      const receipt = receiptOf(state, { digest, chars: 1, complete: false, audit: "none" })
      const draft = lastCall(state, "draft")
      assert.strictEqual(receipt !== null, draft !== undefined)
      if (receipt === null || draft === undefined) continue
      assert.deepStrictEqual(
        [receipt.provider, receipt.model],
        [draft.intended.provider, draft.intended.model]
      )
      assert.strictEqual(
        receipt.auditor !== null,
        state.audit?.verdict != null && state.audit.provider !== null && state.audit.model !== null
      )
    }
  })

  it.prop("costs what its calls say, and is unknown where one of them does not", [lives], ([{ events }]) => {
    for (const state of states(events)) {
      const { calls, inputTokens, latencyMillis } = usage(state)
      const settled = state.calls.flatMap((call) => (call.settled ? [call.settled] : []))
      const paid = settled.filter(
        ({ fallback }) => fallback !== "connection_refused" && fallback !== "model_not_found"
      )
      assert.strictEqual(calls, state.calls.length)
      assert.strictEqual(
        latencyMillis,
        settled.reduce((sum, call) => sum + call.latencyMillis, 0)
      )
      // Whoever settles a call that a dead process has lost writes down no time, and none is made of that.
      const isLost = settled.some(
        ({ outcome, latencyMillis }) => outcome === "indeterminate" && latencyMillis === 0
      )
      assert.deepStrictEqual(cost(state), { ...usage(state), latencyMillis: isLost ? null : latencyMillis })
      assert.strictEqual(
        inputTokens === null,
        paid.some((call) => call.inputTokens === null)
      )
      if (inputTokens !== null) {
        assert.strictEqual(
          inputTokens,
          paid.reduce((sum, call) => sum + (call.inputTokens ?? 0), 0)
        )
      }
    }
  })
})

const few = (most: number) => Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: most }))
/** Numbers that are near each other, so that thresholds are met and missed. */
const Numbers = Schema.Struct({
  step: few(4),
  tokens: few(30),
  every: Schema.NullOr(few(3)),
  budget: Schema.NullOr(few(60)),
  slack: few(9),
  calls: Schema.Array(
    Schema.Struct({ input: few(9), output: few(9), isKnown: Schema.Boolean, fellBack: Schema.Boolean })
  ).check(Schema.isMinLength(1), Schema.isMaxLength(4))
})
const Course = Schema.Struct({
  accepted: RunAccepted,
  turn: Turn,
  bounds: BoundsCertified,
  intended: CallIntended,
  settled: CallSettled,
  audit: AuditResult,
  numbers: Numbers
})
const courses = Arbitrary.schema(Course)

/** A turn whose answer is ready, and that kept within what was certified. */
const courseOf = ({ accepted, turn, bounds, intended, settled, audit, numbers }: typeof Course.Type) => {
  const { step, tokens, every, budget, slack, calls } = numbers
  const reserved = calls.map(({ input, output }) => ({
    inputTokens: Count.make(input),
    outputTokens: Count.make(output),
    wallMillis: Count.make(1)
  }))
  const total = (of: "inputTokens" | "outputTokens") => reserved.reduce((sum, one) => sum + one[of], 0)
  const state: RunState = {
    ...initial,
    accepted: {
      ...accepted,
      audit: audit !== "none",
      turn: {
        ...turn,
        step: Count.make(step + 1),
        tokens: Count.make(tokens),
        thresholds: {
          ...turn.thresholds,
          stepCount: every === null ? null : Count.make(every),
          tokenBudget: budget === null ? null : Count.make(budget)
        }
      }
    },
    bounds: {
      ...bounds,
      certificate: {
        ...bounds.certificate,
        inputTokens: Count.make(total("inputTokens") + slack),
        outputTokens: Count.make(total("outputTokens"))
      }
    },
    calls: calls.map(({ isKnown, fellBack }, index) => ({
      intended: { ...intended, reserved: reserved[index] ?? assert.fail() },
      settled: {
        ...settled,
        fallback: fellBack ? "connection_refused" : null,
        inputTokens: isKnown ? (reserved[index]?.inputTokens ?? null) : null,
        outputTokens: isKnown ? Count.make(0) : null
      }
    }))
  }
  return state
}

describe("what leaves a turn", () => {
  it.prop(
    "does not leave early where the gate may still hold it, whatever it costs within its bounds",
    [courses],
    ([course]) => {
      const state = courseOf(course)
      const { threshold } = gateOf(state, course.audit, digest, Content.of("x"))
      if (threshold !== null) assert.isFalse(mayStream(state))
      if (state.accepted?.audit) assert.isFalse(mayStream(state))
      else if (state.accepted?.turn?.mode === "work") assert.isTrue(mayStream(state))
    },
    { arbitrary: { runs: 1000 } }
  )

  it.prop("does not leave a steward's turn before its bounds are known", [courses], ([course]) => {
    const state = courseOf(course)
    const isWork = state.accepted?.turn?.mode === "work"
    assert.strictEqual(mayStream({ ...state, bounds: null }), isWork && state.accepted?.audit === false)
  })

  it.prop("is held for what the numbers say, and the record says with which", [courses], ([course]) => {
    const state = courseOf(course)
    const turn = state.accepted?.turn ?? assert.fail()
    const evaluated = gateOf(state, course.audit, digest, Content.of("four"))
    const cost = course.numbers.calls.reduce(
      (sum, { input, output, isKnown, fellBack }) => sum + (fellBack ? 0 : isKnown ? input : input + output),
      0
    )
    assert.deepInclude(evaluated, { step: turn.step, tokens: turn.tokens + cost, digest, chars: 4 })
  })
})
