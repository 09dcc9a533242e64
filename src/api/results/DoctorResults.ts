/** Owns the shape in which a diagnosis leaves this machine: what is wrong and what helps, without a name, a path or a command. */
import { Schema } from "effect"
import { CheckName, type Diagnosis, isHealthy } from "../../domain/integrity/Diagnosis.ts"
import { Severity } from "../../domain/integrity/FaultMeaning.ts"
import { FaultName, faults } from "../../domain/integrity/Faults.ts"
import { Count } from "../../domain/Ids.ts"

/** `io3 doctor` on the machine itself says of whom, where, and what to type. */
export const DiagnosisOutput = Schema.Struct({
  healthy: Schema.Boolean,
  checks: Schema.Array(CheckName),
  /** Worst first. */
  findings: Schema.Array(
    Schema.Struct({
      check: CheckName,
      fault: FaultName,
      severity: Severity,
      problem: Schema.String,
      fix: Schema.String,
      limit: Schema.NullOr(Schema.Struct({ actual: Count, allowed: Count }))
    })
  )
})

export const diagnosisOutput = (diagnosis: Diagnosis): typeof DiagnosisOutput.Type => ({
  healthy: isHealthy(diagnosis),
  checks: diagnosis.checks,
  findings: diagnosis.findings.map(({ check, fault, limit }) => {
    const { severity, problem, fix } = faults[fault]
    return { check, fault, severity, problem, fix, limit }
  })
})
