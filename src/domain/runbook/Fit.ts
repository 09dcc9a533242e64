/** Owns whether a runbook can be done here: it may name only what is there. Pure; it reads no configuration itself. */
import type { ConfigFault } from "../config/ConfigPlace.ts"
import type { CapabilityId, Mode, PackId } from "../Ids.ts"
import type { Runbook, Step } from "./Runbook.ts"

/** What there is to be named. */
export interface InForce {
  /** Why nobody would answer in this mode; null when somebody would. */
  readonly faultOf: (mode: Mode) => ModeFault | null
  readonly hasCapability: (id: CapabilityId) => boolean
  readonly hasPack: (id: PackId) => boolean
}
export type ModeFault = Extract<ConfigFault, "unknown_mode" | "internal_mode" | "unroutable_mode">

/** A value of a step, by its keys below it. */
export type StepPart =
  | readonly ["mode"]
  | readonly ["when", "value"]
  | readonly ["capabilities" | "memory_packs", index: number]

/** What a step names and is not there. */
export interface Misfit {
  readonly step: number
  readonly part: StepPart
  readonly fault: ConfigFault
}

/** Everything that is not there, step by step; also what steps name that a condition leaves out. */
export const misfits = ({ steps }: Runbook, inForce: InForce): ReadonlyArray<Misfit> =>
  steps.flatMap((step, index) => misfitsOf(step, inForce).map((misfit) => ({ step: index, ...misfit })))

const misfitsOf = (
  { mode, capability, packs, when }: Step,
  { faultOf, hasCapability, hasPack }: InForce
): ReadonlyArray<Omit<Misfit, "step">> => {
  const found: Array<Omit<Misfit, "step">> = []
  const named = (part: StepPart, fault: ConfigFault | null) => {
    if (fault !== null) found.push({ part, fault })
  }
  named(["mode"], faultOf(mode))
  if (capability) named(["capabilities", 0], hasCapability(capability.id) ? null : "unknown_capability")
  for (const [index, pack] of (packs ?? []).entries()) {
    named(["memory_packs", index], hasPack(pack) ? null : "unknown_pack")
  }
  // Nobody has such a persona: what is held against it is a typo.
  if (when?.key === "persona_mode") named(["when", "value"], faultOf(when.value))
  return found
}
