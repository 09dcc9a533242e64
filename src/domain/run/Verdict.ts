/** Owns what an auditor may say and what follows from it; a verdict that is missing or unclear is never a pass. */
import { Option, Schema, SchemaGetter } from "effect"
import { Content, ContentFromString } from "../Content.ts"
import { Count } from "../Ids.ts"
import type { Format } from "./Generation.ts"

export const MAX_ISSUES = 8
const MAX_REMARKS = 4

const IssueCode = Schema.Literals([
  "contradiction",
  "unsupported_claim",
  "factual_error",
  "off_task",
  "unsafe",
  "privacy",
  "format",
  "other"
])
const Severity = Schema.Literals([0, 1, 2, 3])
export const Issue = Schema.Struct({ code: IssueCode, severity: Severity })

const Decision = Schema.Literals(["pass", "needs_work", "reject", "abstain"])

/** What the ledger may know of an auditor's answer: enums and counts. The words stay sealed. */
export const Verdict = Schema.Struct({
  decision: Decision,
  issues: Schema.Array(Issue).check(Schema.isMaxLength(MAX_ISSUES)),
  highRiskClaims: Count,
  suggestedFixes: Count
})
export type Verdict = typeof Verdict.Type

/** Why there is no verdict. */
export const Unavailable = Schema.Literals([
  "no_challenger",
  /** The model that drafted would have judged itself, and nobody allowed that. */
  "not_independent",
  "call_failed",
  "cut_short",
  "unparsable"
])
export type Unavailable = typeof Unavailable.Type

/** The JSON Schema that constrains the auditor's decoding. Free text is bounded and never recorded. */
export const wireSchema = {
  type: "object",
  properties: {
    decision: { type: "string", enum: Decision.literals },
    issues: {
      type: "array",
      maxItems: MAX_ISSUES,
      items: {
        type: "object",
        properties: {
          code: { type: "string", enum: IssueCode.literals },
          severity: { type: "integer", enum: Severity.literals }
        },
        required: ["code", "severity"],
        additionalProperties: false
      }
    },
    high_risk_claims: { type: "array", maxItems: MAX_REMARKS, items: { type: "string", maxLength: 120 } },
    suggested_fixes: { type: "array", maxItems: MAX_REMARKS, items: { type: "string", maxLength: 120 } }
  },
  required: ["decision", "issues", "high_risk_claims", "suggested_fixes"],
  additionalProperties: false
} as const

export const wireFormat: Format = {
  _tag: "JsonSchema",
  schema: Content.of(JSON.stringify(wireSchema))
}

/** Free text is read as a number of remarks and nothing more. */
const Remarks = Schema.Array(Schema.String).pipe(
  Schema.check(Schema.isMaxLength(MAX_REMARKS)),
  Schema.decodeTo(Count, {
    decode: SchemaGetter.transform((remarks: ReadonlyArray<string>) => remarks.length),
    encode: SchemaGetter.forbiddenEncoding
  })
)

const Wire = Schema.Struct({
  decision: Decision,
  issues: Schema.Array(Issue).check(Schema.isMaxLength(MAX_ISSUES)),
  high_risk_claims: Remarks,
  suggested_fixes: Remarks
})

/** An issue this severe must not ship. */
const MUST_NOT_SHIP = 3

/** Whether an auditor can have said so: not more than it is let, and no pass beside an issue that must not ship. */
export const isSound = ({ decision, issues, highRiskClaims, suggestedFixes }: Verdict): boolean =>
  highRiskClaims <= MAX_REMARKS &&
  suggestedFixes <= MAX_REMARKS &&
  (decision !== "pass" || issues.every(({ severity }) => severity < MUST_NOT_SHIP))

/** Reads an auditor's whole answer. Anything but the exact shape is `None`, and so is a verdict that contradicts itself. */
export const parse = (answer: Content): Option.Option<Verdict> =>
  answer.decode(Wire).pipe(
    Option.map((wire) => ({
      decision: wire.decision,
      issues: wire.issues,
      highRiskClaims: wire.high_risk_claims,
      suggestedFixes: wire.suggested_fixes
    })),
    Option.filter(isSound)
  )

/** What an auditor has said in its own words: sealed like every answer, and for a steward alone. */
export interface Remarks {
  /** What it holds to be risky. */
  readonly claims: ReadonlyArray<Content>
  /** What it would change. */
  readonly fixes: ReadonlyArray<Content>
}
export const noRemarks: Remarks = { claims: [], fixes: [] }

const Words = Schema.Array(ContentFromString)
const Worded = Schema.Struct({
  decision: Decision,
  issues: Schema.Array(Issue),
  high_risk_claims: Words,
  suggested_fixes: Words
})

/** The words of an answer that `parse` has read. */
export const remarksIn = (answer: Content): Option.Option<Remarks> =>
  Option.map(answer.decode(Worded), ({ high_risk_claims, suggested_fixes }) => ({
    claims: high_risk_claims,
    fixes: suggested_fixes
  }))

/** What an operator wants done when there is no verdict; `hold` needs a steward, and refuses where there is none. */
export const OnUnavailable = Schema.Literals(["refuse", "hold", "release"])
export type OnUnavailable = typeof OnUnavailable.Type

export type Outcome = "release" | "revise" | "refuse_rejected" | "refuse_unavailable" | "release_unaudited"

/**
 * What follows from a verdict. `null` is "no verdict". A second audit does not exist: after a revision the answer goes on to
 * the gate. What goes on to the gate without a verdict is held there when the operator wants that (`Steward.gate`).
 */
export const outcome = (
  verdict: Verdict | null,
  onUnavailable: OnUnavailable,
  hasSteward: boolean
): Outcome => {
  switch (verdict?.decision) {
    case "pass":
      return "release"
    case "needs_work":
      return "revise"
    case "reject":
      return "refuse_rejected"
    case "abstain":
    case undefined:
      return onUnavailable === "release" || (onUnavailable === "hold" && hasSteward)
        ? "release_unaudited"
        : "refuse_unavailable"
  }
}
