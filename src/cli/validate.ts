/** Owns `io3 validate`: whether the configuration can be used on this machine, check by check. */
import { Effect } from "effect"
import { Portability } from "../core/integrity/Portability.ts"
import { failure } from "../domain/Failure.ts"
import { faults } from "../domain/integrity/Faults.ts"
import { Portability as Report } from "../domain/integrity/Portability.ts"
import { place as placeLine } from "./Complaint.ts"
import { FailureInResult, print } from "./Output.ts"
import { root } from "./root.ts"

export const validate = Effect.fn(function* () {
  const { output } = yield* root
  const report = yield* (yield* Portability).check
  yield* print(output, Report, report, describe)
  if (report.passed) return
  return yield* output === "text" ? failure("PORTABILITY_CHECK_FAILED", "setup") : new FailureInResult()
})

const describe = ({ passed, checks, places, findings }: Report): string => {
  const good = checks.filter((check) => check.passed).length
  return [
    ...checks.map(
      (check) =>
        `[${check.passed ? "PASS" : "FAIL"}] ${check.name}${check.detail && `\n       ${check.detail}`}`
    ),
    ...places.map((place) => `     ${placeLine(place)}`),
    ...findings.map(({ fault, name }) => {
      const { severity, problem, fix } = faults[fault]
      return `[${severity === "fault" ? "FAIL" : "NOTE"}] ${problem} [${name ?? "*"}]\n       ${fix}`
    }),
    "",
    `Validation: ${passed ? `PASSED (${good}/${checks.length} checks)` : `FAILED (${good}/${checks.length} checks passed)`}`
  ].join("\n")
}
