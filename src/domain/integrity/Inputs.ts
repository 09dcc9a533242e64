/** Owns what can be wrong with what runs may remember and invoke: names of what is not there, and packs that are none. Pure. */
import { Result } from "effect"
import { Mode, type PackId } from "../Ids.ts"
import type { Policy } from "../config/Policy.ts"
import { type MemoryPolicy, namesOf } from "../memory/Recall.ts"
import { type Finding, finding, nameOf } from "./Diagnosis.ts"
import type { FaultName } from "./Faults.ts"

const found = (fault: FaultName, name: string): Finding => finding("memory", fault, { name: nameOf(name) })

/** Of `memory_packs.yaml` and `memory_retrieval_policy.yaml`. */
export const ofMemory = ({ memory, routing, capabilities = [] }: Policy): ReadonlyArray<Finding> => {
  if (!memory) return []
  const modes = new Set<string>(Object.keys(routing.modes))
  const invocable = new Set<string>(capabilities.map(({ id }) => id))
  const { defaults, routes, elevated, restricted } = memory
  const named = new Set<string>([...Object.keys(defaults), ...routes, ...elevated, ...restricted])
  const doubled = doubledIn(memory.packs.map(({ id }) => id))
  // Where one is declared twice, nobody can say what any of them is.
  const packs = doubled.length > 0 ? [] : [...included(memory), ...tooLarge(memory)]
  return [
    ...doubled.map((id) => found("MEMORY_PACK_DOUBLED", id)),
    ...packs,
    ...unknownDefaults(memory).map((id) => found("MEMORY_DEFAULT_UNKNOWN", id)),
    ...[...named].filter((mode) => !modes.has(mode)).map((mode) => found("MEMORY_MODE_UNKNOWN", mode)),
    ...memory.capabilities
      .filter((id) => !invocable.has(id))
      .map((id) => found("MEMORY_CAPABILITY_UNKNOWN", id))
  ]
}

const doubledIn = (ids: ReadonlyArray<PackId>): ReadonlyArray<PackId> => [
  ...new Set(ids.filter((id, index) => ids.indexOf(id) !== index))
]

const included = ({ packs }: MemoryPolicy): ReadonlyArray<Finding> => {
  const byId = new Map(packs.map((pack) => [pack.id, pack]))
  return packs.flatMap(({ id, includes }) => {
    const others = includes.map((one) => byId.get(one))
    if (others.includes(undefined)) return [found("MEMORY_INCLUDE_UNKNOWN", id)]
    return others.some((one) => one && one.includes.length > 0) ? [found("MEMORY_INCLUDE_NESTED", id)] : []
  })
}

/** A pack by itself, or the packs that a mode has together. */
const tooLarge = ({ packs, defaults, sessionDefaults }: MemoryPolicy): ReadonlyArray<Finding> => {
  const whole = packs.filter(({ id }) => Result.isSuccess(namesOf(packs, [id])))
  const large = packs.filter(({ id, includes }) => {
    const among = packs.filter((one) => includes.includes(one.id) && one.includes.length === 0)
    const isSound = among.length === new Set(includes).size
    return isSound && !whole.some((one) => one.id === id)
  })
  const sets = [
    ...Object.keys(defaults).map((mode) => [mode, defaults[Mode.make(mode)] ?? []] as const),
    ["sessions", sessionDefaults] as const
  ]
  return [
    ...large.map(({ id }) => found("MEMORY_PACK_TOO_LARGE", id)),
    ...sets.flatMap(([name, ids]) => {
      const areSound = ids.every((id) => whole.some((one) => one.id === id))
      return areSound && Result.isFailure(namesOf(packs, ids))
        ? [found("MEMORY_DEFAULTS_TOO_LARGE", name)]
        : []
    })
  ]
}

const unknownDefaults = ({ packs, defaults, sessionDefaults }: MemoryPolicy): ReadonlyArray<PackId> => {
  const named = [...Object.values(defaults).flat(), ...sessionDefaults]
  return [...new Set(named)].filter((id) => !packs.some((pack) => pack.id === id))
}

/** Of the thresholds of stewards: classes that nothing registered is of. */
export const ofThresholds = ({ sessions, capabilities = [] }: Policy): ReadonlyArray<Finding> => {
  const classes = new Set<string>(capabilities.map(({ category }) => category))
  return (sessions?.thresholds.capabilityClasses ?? [])
    .filter((name) => !classes.has(name))
    .map((name) => finding("capabilities", "THRESHOLD_CLASS_UNUSED", { name: nameOf(name) }))
}
