import { assert, describe, it } from "@effect/vitest"
import { Option, Schema } from "effect"
import * as fc from "fast-check"
import { Content } from "../../src/domain/Content.ts"
import { MAX_ISSUES, OnUnavailable, outcome, parse, Verdict, wireSchema } from "../../src/domain/Verdict.ts"

const read = (text: string) => parse(Content.of(text))
const [decisions, codes, severities] = [
  wireSchema.properties.decision.enum,
  wireSchema.properties.issues.items.properties.code.enum,
  wireSchema.properties.issues.items.properties.severity.enum
]

/** An answer in exactly the shape that is asked for. */
const answer = fc.record({
  decision: fc.constantFrom(...decisions),
  issues: fc.array(fc.record({ code: fc.constantFrom(...codes), severity: fc.constantFrom(...severities) }), {
    maxLength: MAX_ISSUES
  }),
  high_risk_claims: fc.array(fc.string(), { maxLength: 4 }),
  suggested_fixes: fc.array(fc.string(), { maxLength: 4 })
})

describe("Verdict.parse", () => {
  it("reads the exact shape as labels and counts", () => {
    fc.assert(
      fc.property(answer, fc.constantFrom(undefined, 2), (wire, indent) => {
        const verdict = Option.getOrThrow(read(JSON.stringify(wire, null, indent)))
        assert.deepStrictEqual(verdict, {
          decision: wire.decision,
          issues: wire.issues,
          highRiskClaims: wire.high_risk_claims.length,
          suggestedFixes: wire.suggested_fixes.length
        })
        assert.deepStrictEqual(
          Schema.decodeUnknownSync(Verdict)(Schema.encodeSync(Verdict)(verdict)),
          verdict
        )
      })
    )
  })

  it("keeps none of the auditor's words", () => {
    fc.assert(
      fc.property(answer, (wire) => {
        const remark = "canary-77 of the auditor"
        const text = JSON.stringify({
          ...wire,
          high_risk_claims: [remark],
          suggested_fixes: [remark, remark]
        })
        assert.notInclude(JSON.stringify(Option.getOrThrow(read(text))), "canary")
      })
    )
  })

  it("garbage is no verdict", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => assert.isTrue(Option.isNone(read(text)))))
  })

  it("other JSON is no verdict", () => {
    fc.assert(fc.property(fc.json(), (text) => assert.isTrue(Option.isNone(read(text)))))
  })

  it("an answer that was cut is no verdict, wherever it was cut", () => {
    fc.assert(
      fc.property(answer, fc.nat(), (wire, at) => {
        const text = JSON.stringify(wire)
        assert.isTrue(Option.isNone(read(text.slice(0, at % text.length))))
      })
    )
  })

  it("one wrong part spoils the whole", () => {
    const wrong: ReadonlyArray<readonly [key: string, value: unknown]> = [
      ["decision", "PASS"],
      ["decision", "passed"],
      ["decision", ["pass"]],
      ["decision", null],
      ["issues", {}],
      ["issues", "none"],
      ["issues", [{ code: "other", severity: 4 }]],
      ["issues", [{ code: "typo", severity: 1 }]],
      ["issues", [{ code: "other" }]],
      ["issues", Array.from({ length: MAX_ISSUES + 1 }, () => ({ code: "other", severity: 0 }))],
      ["high_risk_claims", 0],
      ["high_risk_claims", "none"],
      ["suggested_fixes", null]
    ]
    fc.assert(
      fc.property(answer, fc.constantFrom(...wrong), ({ ...wire }, [key, value]) => {
        assert.isTrue(Option.isNone(read(JSON.stringify({ ...wire, [key]: value }))))
        const { [key]: _, ...missing } = wire as Record<string, unknown>
        assert.isTrue(Option.isNone(read(JSON.stringify(missing))))
      })
    )
  })

  it("talk around the JSON is no verdict", () => {
    fc.assert(
      fc.property(answer, (wire) => {
        const text = JSON.stringify(wire)
        for (const around of [
          `Sure! ${text}`,
          `\`\`\`json\n${text}\n\`\`\``,
          `${text}${text}`,
          `[${text}]`,
          `${text}.`
        ]) {
          assert.isTrue(Option.isNone(read(around)), around)
        }
      })
    )
  })
})

describe("Verdict.outcome", () => {
  it.prop("only a clear pass is a pass", [Verdict, OnUnavailable], ([verdict, policy]) => {
    assert.strictEqual(outcome(verdict, policy) === "release", verdict.decision === "pass")
  })

  it.prop("what a verdict says is not the operator's to change", [Verdict], ([verdict]) => {
    const outcomes = new Set(OnUnavailable.literals.map((policy) => outcome(verdict, policy)))
    assert.strictEqual(outcomes.size, verdict.decision === "abstain" ? 2 : 1)
  })

  it("no verdict is refused unless the operator said otherwise", () => {
    assert.strictEqual(outcome(null, "refuse"), "refuse_unavailable")
    assert.strictEqual(outcome(null, "hold"), "refuse_unavailable")
    assert.strictEqual(outcome(null, "release"), "release_unaudited")
  })

  it("each decision has its own end", () => {
    const verdict = (decision: Verdict["decision"]): Verdict => ({
      decision,
      issues: [],
      highRiskClaims: 0,
      suggestedFixes: 0
    })
    assert.deepStrictEqual(
      decisions.map((decision) => outcome(verdict(decision), "refuse")),
      ["release", "revise", "refuse_rejected", "refuse_unavailable"]
    )
  })
})
