import { assert, describe, it } from "@effect/vitest"
import { Option } from "effect"
import * as fc from "fast-check"
import { CapabilityClass, Count, Digest, Principal, Timestamp } from "../../../src/domain/Ids.ts"
import { outcome } from "../../../src/domain/run/Verdict.ts"
import {
  type AtMost,
  deadline,
  discarded,
  gate,
  isSet,
  isSound,
  mayHold,
  type Reached,
  statusAfter,
  validActions
} from "../../../src/domain/session/Steward.ts"
import { Action, Decider, Reason, Threshold, type Thresholds } from "../../../src/domain/session/Turn.ts"

const classes = ["files", "network", "shell"].map((name) => CapabilityClass.make(name))
const count = (most: number) => fc.nat(most).map((n) => Count.make(n))
const thresholds: fc.Arbitrary<Thresholds> = fc.record({
  stepCount: fc.option(count(4)),
  tokenBudget: fc.option(count(50)),
  capabilityClasses: fc.subarray(classes),
  audit: fc.boolean(),
  always: fc.boolean()
})
const reached: fc.Arbitrary<Reached> = fc.record({
  step: fc.integer({ min: 1, max: 12 }),
  tokens: fc.nat(100),
  capabilities: fc.subarray(classes),
  audit: fc.constantFrom("none", "pass", "revised", "unaudited"),
  onUnavailable: fc.constantFrom("refuse", "hold", "release")
})
const none: Thresholds = {
  stepCount: null,
  tokenBudget: null,
  capabilityClasses: [],
  audit: false,
  always: false
}
const calm: Reached = { step: 1, tokens: 0, capabilities: [], audit: "none", onUnavailable: "refuse" }

/** Each threshold by itself, asked about the same turn. */
const alone = (all: Thresholds): Readonly<Record<Threshold, Thresholds>> => ({
  step_count: { ...none, stepCount: all.stepCount },
  token_budget: { ...none, tokenBudget: all.tokenBudget },
  capability_classes: { ...none, capabilityClasses: all.capabilityClasses },
  audit: { ...none, audit: all.audit },
  always: { ...none, always: all.always }
})

describe("Steward.gate", () => {
  it("is always open in work mode", () => {
    fc.assert(fc.property(thresholds, reached, (set, turn) => assert.isNull(gate("work", set, turn))))
  })

  it("names the first of those that would fire by themselves, in their order", () => {
    fc.assert(
      fc.property(thresholds, reached, (set, turn) => {
        const each = alone(set)
        const due = Threshold.literals.find((name) => gate("steward", each[name], turn) === name) ?? null
        assert.strictEqual(gate("steward", set, turn), due)
      }),
      { numRuns: 1000 }
    )
  })

  it("asks at every so many turns that count, whatever was approved before", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 60 }), (every, step) => {
        const fired = gate("steward", { ...none, stepCount: Count.make(every) }, { ...calm, step })
        assert.strictEqual(fired, Number.isInteger(step / every) ? "step_count" : null)
      })
    )
    assert.isNull(gate("steward", { ...none, stepCount: Count.make(0) }, calm))
  })

  it("asks above the budget, and not at it", () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.integer({ min: -2, max: 2 }), (budget, more) => {
        const tokens = Math.max(0, budget + more)
        const fired = gate("steward", { ...none, tokenBudget: Count.make(budget) }, { ...calm, tokens })
        assert.strictEqual(fired, tokens > budget ? "token_budget" : null)
      })
    )
  })

  it("asks when a capability of a listed class was invoked, and never for an empty list", () => {
    fc.assert(
      fc.property(fc.subarray(classes), fc.subarray(classes), (listed, capabilities) => {
        const fired = gate("steward", { ...none, capabilityClasses: listed }, { ...calm, capabilities })
        const isListed = classes.some((one) => listed.includes(one) && capabilities.includes(one))
        assert.strictEqual(fired, isListed ? "capability_classes" : null)
      })
    )
  })

  it.each([
    ["none", null, null],
    ["pass", null, null],
    ["revised", "audit", null],
    ["unaudited", "audit", "audit"]
  ] as const)(
    "after the audit %s it comes to %s where that is set, and to %s where only a verdict is missed",
    (audit, set, hold) => {
      assert.strictEqual(gate("steward", { ...none, audit: true }, { ...calm, audit }), set)
      assert.strictEqual(gate("steward", none, { ...calm, audit, onUnavailable: "hold" }), hold)
      assert.isNull(gate("steward", none, { ...calm, audit, onUnavailable: "release" }))
    }
  )
})

/** What a turn may still come to, and one thing that it does come to. */
const course: fc.Arbitrary<readonly [AtMost, Reached]> = fc
  .tuple(reached, fc.nat(50), fc.nat(3), fc.boolean())
  .map(([turn, slack, calls, isAudited]): readonly [AtMost, Reached] => [
    {
      step: turn.step,
      tokens: turn.tokens + slack,
      capabilityCalls: turn.capabilities.length + calls,
      isAudited: isAudited || turn.audit !== "none",
      onUnavailable: turn.onUnavailable
    },
    turn
  ])

describe("Steward.mayHold", () => {
  it("is so of every turn that the gate holds in the end", () => {
    fc.assert(
      fc.property(fc.constantFrom("work", "steward"), thresholds, course, (mode, set, [atMost, turn]) => {
        assert.isTrue(gate(mode, set, turn) === null || mayHold(mode, set, atMost))
      }),
      { numRuns: 5000 }
    )
  })

  it("is not so of more turns than it has to be: the worst that can come of one is held", () => {
    fc.assert(
      fc.property(thresholds, course, (set, [atMost, turn]) => {
        const { step, tokens, capabilityCalls, isAudited, onUnavailable } = atMost
        const capabilities = capabilityCalls > 0 ? classes : []
        const worst: Reached = {
          ...turn,
          step,
          tokens,
          capabilities,
          onUnavailable,
          audit: isAudited ? "unaudited" : "none"
        }
        assert.strictEqual(mayHold("steward", set, atMost), gate("steward", set, worst) !== null)
        assert.isFalse(mayHold("work", set, atMost))
      }),
      { numRuns: 2000 }
    )
  })

  it("is so only where something is set, or an operator wants a person to look without a verdict", () => {
    fc.assert(
      fc.property(thresholds, course, (set, [atMost]) => {
        const mayMissVerdict = atMost.isAudited && atMost.onUnavailable === "hold"
        if (mayHold("steward", set, atMost)) assert.isTrue(isSet(set) || mayMissVerdict)
      })
    )
    assert.isFalse(isSet(none))
  })

  it("what is not held without a verdict is refused or released, as the operator wants it", () => {
    for (const onUnavailable of ["refuse", "hold", "release"] as const) {
      const fate = outcome(null, onUnavailable, true)
      const held = gate("steward", none, { ...calm, audit: "unaudited", onUnavailable })
      assert.strictEqual(held === "audit", onUnavailable === "hold")
      assert.strictEqual(fate, onUnavailable === "refuse" ? "refuse_unavailable" : "release_unaudited")
    }
    assert.strictEqual(outcome(null, "hold", false), "refuse_unavailable")
  })
})

const digest = Digest.make("0".repeat(64))
const decision = fc.record({
  action: fc.constantFrom(...Action.literals),
  reason: fc.constantFrom(...Reason.literals),
  principal: fc.constantFrom(Principal.make("local"), Principal.make("deadline")),
  by: fc.constantFrom(...Decider.literals),
  digest: fc.constant(digest),
  sequence: count(9),
  edited: fc.option(fc.constant({ digest, chars: Count.make(1) }))
})

describe("Steward's decisions", () => {
  it("are all of them there, but for a redirection where no turn is left", () => {
    assert.deepStrictEqual(validActions(false), Action.literals)
    assert.deepStrictEqual(
      validActions(true),
      Action.literals.filter((action) => action !== "redirect")
    )
  })

  it("discard or release, and what becomes of the turn says which", () => {
    fc.assert(
      fc.property(decision, (one) => {
        assert.strictEqual(Option.isNone(discarded(one)), statusAfter(one) === "released")
        assert.strictEqual(Option.isNone(discarded(one)), one.action === "approve" || one.action === "edit")
        const isExpiry = one.by === "deadline" && (one.action === "reject" || one.action === "close")
        assert.strictEqual(Option.getOrNull(discarded(one)) === "STEWARD_EXPIRED", isExpiry)
      })
    )
  })

  it("say by themselves what they have to: an edit its text, a deadline that it rejects, in its own name", () => {
    fc.assert(
      fc.property(decision, (one) => {
        const hasText = one.edited !== null
        const due =
          hasText === (one.action === "edit") &&
          one.edited?.chars !== 0 &&
          (one.by === "deadline"
            ? one.reason === "expired" && one.action === "reject" && one.principal === "deadline"
            : one.reason !== "expired")
        assert.strictEqual(isSound(one), due)
      }),
      { numRuns: 2000 }
    )
  })

  it("are due so many seconds after the turn was held, or never", () => {
    fc.assert(
      fc.property(fc.option(count(1e6)), fc.nat(1e9), (expirySeconds, at) => {
        const due = deadline({ expirySeconds }, Timestamp.make(at))
        assert.strictEqual(due, expirySeconds === null ? null : at + 1000 * expirySeconds)
      })
    )
  })
})
