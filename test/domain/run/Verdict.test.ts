import { assert, describe, it } from "@effect/vitest"
import { Option, Schema } from "effect"
import * as fc from "fast-check"
import { Content } from "../../../src/domain/Content.ts"
import {
  MAX_ISSUES,
  OnUnavailable,
  outcome,
  parse,
  Verdict,
  wireSchema
} from "../../../src/domain/run/Verdict.ts"

const read = (text: string) => parse(Content.of(text))
const [decisions, codes, severities] = [
  wireSchema.properties.decision.enum,
  wireSchema.properties.issues.items.properties.code.enum,
  wireSchema.properties.issues.items.properties.severity.enum
]

/** An answer in exactly the shape that is asked for, and at one with itself. */
const answer = fc
  .record({
    decision: fc.constantFrom(...decisions),
    issues: fc.array(
      fc.record({ code: fc.constantFrom(...codes), severity: fc.constantFrom(...severities) }),
      {
        maxLength: MAX_ISSUES
      }
    ),
    high_risk_claims: fc.array(fc.string(), { maxLength: 4 }),
    suggested_fixes: fc.array(fc.string(), { maxLength: 4 })
  })
  .filter(({ decision, issues }) => decision !== "pass" || issues.every(({ severity }) => severity < 3))

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

  it("a pass beside an issue that must not ship is no verdict", () => {
    const issues = (severity: number) => [{ code: "unsafe", severity }]
    const verdict = (decision: string, severity: number) =>
      read(JSON.stringify({ decision, issues: issues(severity), high_risk_claims: [], suggested_fixes: [] }))
    assert.isTrue(Option.isNone(verdict("pass", 3)))
    assert.isTrue(Option.isSome(verdict("pass", 2)))
    assert.isTrue(Option.isSome(verdict("reject", 3)))
  })

  const whole = '"issues":[],"high_risk_claims":[],"suggested_fixes":[]'
  for (const [what, text] of [
    ["a key twice", `{"decision":"reject","decision":"pass",${whole}}`],
    ["a key twice, escaped", `{"decision":"reject","\\u0064ecision":"pass",${whole}}`],
    [
      "a key twice in an issue",
      `{"decision":"pass","issues":[{"code":"unsafe","severity":3,"severity":0}],"high_risk_claims":[],"suggested_fixes":[]}`
    ],
    ["another key", `{"decision":"pass","override":"reject",${whole}}`],
    ["a key of every object", `{"decision":"pass","__proto__":{"decision":"reject"},${whole}}`],
    [
      "remarks that are no texts",
      `{"decision":"pass","issues":[],"high_risk_claims":[[{"a":1}]],"suggested_fixes":[]}`
    ],
    [
      "more remarks than asked for",
      `{"decision":"pass","issues":[],"high_risk_claims":["a","b","c","d","e"],"suggested_fixes":[]}`
    ]
  ] as const) {
    it(`${what} is no verdict`, () => assert.isTrue(Option.isNone(read(text))))
  }

  it("a text that is deep or long is no verdict, and no trouble", () => {
    assert.isTrue(Option.isNone(read("[".repeat(100_000) + "]".repeat(100_000))))
    assert.isTrue(Option.isNone(read(`{"a":`.repeat(20_000) + "1" + "}".repeat(20_000))))
    const remark = "x".repeat(10_000_000)
    const text = JSON.stringify({
      decision: "pass",
      issues: [],
      high_risk_claims: [remark],
      suggested_fixes: []
    })
    assert.isTrue(Option.isSome(read(text)))
  })

  it("colons and quotes in remarks are only that", () => {
    const remark = 'a "quoted": remark\\": with: {"keys": 1}'
    const text = JSON.stringify({
      decision: "pass",
      issues: [],
      high_risk_claims: [remark],
      suggested_fixes: []
    })
    assert.isTrue(Option.isSome(read(text)))
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
    assert.strictEqual(outcome(verdict, policy, false) === "release", verdict.decision === "pass")
  })

  it.prop("what a verdict says is not the operator's to change", [Verdict], ([verdict]) => {
    const outcomes = new Set(OnUnavailable.literals.map((policy) => outcome(verdict, policy, false)))
    assert.strictEqual(outcomes.size, verdict.decision === "abstain" ? 2 : 1)
  })

  it("no verdict is refused unless the operator said otherwise", () => {
    assert.strictEqual(outcome(null, "refuse", false), "refuse_unavailable")
    assert.strictEqual(outcome(null, "hold", false), "refuse_unavailable")
    assert.strictEqual(outcome(null, "release", false), "release_unaudited")
    // With a steward, nothing is refused for want of a verdict that may be held instead.
    assert.strictEqual(outcome(null, "hold", true), "release_unaudited")
    assert.strictEqual(outcome(null, "refuse", true), "refuse_unavailable")
  })

  it("each decision has its own end", () => {
    const verdict = (decision: Verdict["decision"]): Verdict => ({
      decision,
      issues: [],
      highRiskClaims: 0,
      suggestedFixes: 0
    })
    assert.deepStrictEqual(
      decisions.map((decision) => outcome(verdict(decision), "refuse", false)),
      ["release", "revise", "refuse_rejected", "refuse_unavailable"]
    )
  })
})
