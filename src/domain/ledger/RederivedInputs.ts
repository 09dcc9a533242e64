/** Owns what is derived again of what goes into a run besides its prompt: what a capability made, and what is remembered. */
import { Result } from "effect"
import type { CapabilityInvoked } from "../Event.ts"
import { namesOf, recall, type Recalled } from "../memory/Recall.ts"
import { isCloud } from "../run/Governance.ts"
import type { Now } from "./Decision.ts"
import { equals } from "./Ledger.ts"

/** It is registered as it says it is, and kept to its sizes. */
export const isInvoked = ({ regime, state }: Now, event: typeof CapabilityInvoked.Type): boolean => {
  if (regime === null) return true
  const facts = regime.policy.capabilities?.find(({ id }) => id === event.id)
  const asked = state.accepted?.capability
  if (!facts || !asked) return false
  return (
    facts.version === event.version &&
    facts.category === event.category &&
    event.outputChars <= facts.bounds.maxOutputChars &&
    (event.code !== null || asked.payloadChars <= facts.bounds.maxInputChars)
  )
}

/** The records that its packs name, each with what the policy and the budget make of it. */
export const isRecalled = ({ regime, state }: Now, recalled: ReadonlyArray<Recalled>): boolean => {
  const memory = regime?.policy.memory
  const { accepted, route } = state
  if (regime === null) return true
  if (!memory || !accepted?.packs || !route) return false
  const names = Result.getOrNull(namesOf(memory.packs, accepted.packs))
  const cloud = isCloud(regime.policy, route.route, accepted.audit ? regime.auditor : null)
  const found = recalled.map(({ scope, key, version, sensitivity, chars }) => ({
    scope,
    key,
    record: sensitivity === null ? null : { version, sensitivity, chars }
  }))
  return (
    names !== null &&
    equals(
      names,
      recalled.map(({ scope, key }) => ({ scope, key }))
    ) &&
    recalled.every(({ version, sensitivity }) => (version === 0) === (sensitivity === null)) &&
    equals(recalled, recall(memory, { mode: accepted.mode, cloud }, found))
  )
}
