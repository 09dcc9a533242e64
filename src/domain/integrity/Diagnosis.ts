/** Owns what a look at an installation can find, and whether runs can be made in spite of it; it looks at nothing. */
import { Schema } from "effect"
import { ConfigPlace } from "../config/ConfigPlace.ts"
import { configuredPattern, Count } from "../Ids.ts"
import { FaultName, faults } from "./Faults.ts"
import { FileName } from "../config/Settings.ts"

/** What is looked at, each on its own. */
export const CheckName = Schema.Literals([
  "node",
  "data",
  "keys",
  "journal",
  "clock",
  "budgets",
  "configuration",
  "files",
  "constellation",
  "models",
  "memory",
  "capabilities",
  "tokens",
  "telemetry",
  "webhooks"
])
export type CheckName = typeof CheckName.Type

/** A file or folder of the installation. Its path is the operator's: a surface that shows it looks it up. */
export const Place = Schema.Literals([
  "data",
  "journal",
  "journal_log",
  "master_key",
  "signing_key",
  "signing_pub",
  "metadata",
  "user_config",
  "project_config"
])
export type Place = typeof Place.Type

/** The name of a model, a provider, a mode, a variable or a file; one with other letters shows as `*`. */
export const Name = Schema.String.pipe(
  Schema.check(Schema.isPattern(/^(\*|[A-Za-z0-9._:/-]{1,128})$/u)),
  Schema.brand("Name")
)
export type Name = typeof Name.Type
export const nameOf = (text: string): Name => Name.make(configuredPattern.test(text) ? text : "*")

/** One thing that was found. It holds no text of a person, and no path. */
export const Finding = Schema.Struct({
  check: CheckName,
  fault: FaultName,
  place: Schema.NullOr(Place),
  name: Schema.NullOr(Name),
  /** The file that a misspelt name was meant to be. */
  meant: Schema.NullOr(FileName),
  /** What there is, and what there should be at most or at least, in the unit the fault names. */
  limit: Schema.NullOr(Schema.Struct({ actual: Count, allowed: Count })),
  places: Schema.Array(ConfigPlace)
})
export type Finding = typeof Finding.Type

export const finding = (
  check: CheckName,
  fault: FaultName,
  about: Partial<Omit<Finding, "check" | "fault">> = {}
): Finding => ({ check, fault, place: null, name: null, meant: null, limit: null, places: [], ...about })

/** Everything that was looked at, and what was found. */
export const Diagnosis = Schema.Struct({
  checks: Schema.Array(CheckName),
  /** Worst first. */
  findings: Schema.Array(Finding)
})
export type Diagnosis = typeof Diagnosis.Type

const order: ReadonlyArray<FaultName> = FaultName.literals

/** Puts findings in order: the table's, which begins with the worst. */
export const worstFirst = (findings: ReadonlyArray<Finding>): ReadonlyArray<Finding> =>
  findings.toSorted((one, other) => order.indexOf(one.fault) - order.indexOf(other.fault))

/** Whether nothing was found that keeps runs from doing what was asked. */
export const isHealthy = ({ findings }: Diagnosis): boolean =>
  findings.every(({ fault }) => faults[fault].severity !== "fault")
