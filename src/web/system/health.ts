/** Owns what a diagnosis comes to. */
import type { Answer } from "../server/contract.ts"
import { strings } from "../strings.ts"

export type Diagnosis = Answer<"system.doctor">
export type Finding = Diagnosis["findings"][number]

const words = strings.system.health

/** In a few words. */
export const sayHealth = ({ findings, healthy }: Diagnosis): string => {
  const faults = findings.filter(({ severity }) => severity === "fault").length
  if (faults > 0 || !healthy) return words.faults(Math.max(1, faults))
  return findings.length > 0 ? words.soundWithNotes : words.sound
}

/** Findings that say the same, once, in their order: of what they are is said on the server's machine alone. */
export const grouped = (
  findings: ReadonlyArray<Finding>
): ReadonlyArray<{ readonly finding: Finding; readonly times: number }> => {
  const groups = Map.groupBy(findings, ({ check, fault, limit }) => JSON.stringify([check, fault, limit]))
  return [...groups.values()].map((same) => ({ finding: same[0]!, times: same.length }))
}
