/** Owns what is said of a fault: how bad it is, what is wrong, and the way out. */
import { Schema } from "effect"

/** `fault`: runs fail, or do what nobody asked for. `warning`: they work, with less than was meant. `note`: for information. */
export const Severity = Schema.Literals(["fault", "warning", "note"])
export type Severity = typeof Severity.Type

export interface Meaning {
  readonly severity: Severity
  readonly problem: string
  readonly fix: string
  /** `{path}`, `{name}`, `{meant}` stand for what the finding is about. */
  readonly command: string | null
}

const meaning =
  (severity: Severity) =>
  (problem: string, fix: string, command: string | null = null): Meaning => ({
    severity,
    problem,
    fix,
    command
  })
export const fault = meaning("fault")
export const warning = meaning("warning")
export const note = meaning("note")
