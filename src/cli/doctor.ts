/** Owns `io3 doctor`: what is wrong with this installation, worst first, and how to put each thing right. */
import { Effect, Schema } from "effect"
import { Doctor } from "../core/integrity/Doctor.ts"
import { CheckName, Finding, isHealthy } from "../domain/integrity/Diagnosis.ts"
import { Severity } from "../domain/integrity/FaultMeaning.ts"
import { faults } from "../domain/integrity/Faults.ts"
import { Machine } from "../ports/Machine.ts"
import { place as placeLine } from "./Complaint.ts"
import { FailureInResult, print } from "./Output.ts"
import { root } from "./root.ts"
import { shellWord } from "./ShellWord.ts"

/** A finding with the words for it; the command names paths of the machine it is printed on. */
const Advice = Schema.Struct({
  ...Finding.fields,
  severity: Severity,
  problem: Schema.String,
  fix: Schema.String,
  command: Schema.NullOr(Schema.String)
})
type Advice = typeof Advice.Type

export const DoctorOutput = Schema.Struct({
  healthy: Schema.Boolean,
  checks: Schema.Array(CheckName),
  findings: Schema.Array(Advice)
})

export const doctor = Effect.fn(function* () {
  const { output } = yield* root
  const { paths } = yield* Machine
  const diagnosis = yield* (yield* Doctor).examine
  const healthy = isHealthy(diagnosis)
  const findings = diagnosis.findings.map((found) => advise(found, paths))
  yield* print(output, DoctorOutput, { healthy, checks: diagnosis.checks, findings }, describe)
  if (!healthy) return yield* new FailureInResult()
})

const advise = (found: Finding, paths: Machine["Service"]["paths"]): Advice => {
  const { severity, problem, fix, command } = faults[found.fault]
  const path = found.place === null ? "" : paths[found.place]
  return {
    ...found,
    severity,
    problem,
    fix,
    // A name that cannot be shown makes no command that could be typed.
    command:
      command === null || found.name === "*"
        ? null
        : command
            .replaceAll(/(\{path\}[^ ]*)/gu, (word) => shellWord(word.replace("{path}", () => path)))
            .replaceAll("{name}", () => found.name ?? "")
            .replaceAll("{meant}", () => found.meant ?? "")
  }
}

const describe = ({ healthy, checks, findings }: typeof DoctorOutput.Type): string =>
  [
    ...findings.map(paragraph),
    findings.length === 0
      ? `All is well: ${checks.join(", ")}.`
      : healthy
        ? "Nothing keeps runs from working."
        : "Put the faults right first: runs fail, or do what nobody asked for."
  ].join("\n\n")

const paragraph = ({ severity, problem, fix, command, name, limit, places }: Advice): string =>
  [
    [
      severity.padEnd(8),
      problem,
      ...(name === null ? [] : [`[${name}]`]),
      ...(limit === null ? [] : [amount(limit)])
    ].join(" "),
    ...places.map((place) => `       ${placeLine(place)}`),
    `         ${fix}`,
    ...(command === null ? [] : [`         $ ${command}`])
  ].join("\n")

const amount = ({ actual, allowed }: NonNullable<Finding["limit"]>): string =>
  allowed === 0 ? `(${actual})` : `(${actual}, limit ${allowed})`
