/**
 * Owns which memory records a run may read: the packs it names, in declared order, through the retrieval policy, as far as
 * the budget goes. Pure; the values themselves are `core/memory/Memories`'.
 */
import { Result, Schema } from "effect"
import { failure, type RuntimeFailure } from "../Failure.ts"
import { CapabilityId, Count, MemoryKey, MemoryScope, Mode, PackId } from "../Ids.ts"
import { type Name } from "./Memory.ts"
import { Sensitivity } from "./MemoryEvent.ts"

/** A named bundle: its keys, and those of the packs it includes before them, all of its own scope. */
export const Pack = Schema.Struct({
  id: PackId,
  scope: MemoryScope,
  keys: Schema.Array(MemoryKey),
  includes: Schema.Array(PackId)
})
export type Pack = typeof Pack.Type

/** Everything that decides what is remembered in a run: recorded in clear with the configuration. */
export const MemoryPolicy = Schema.Struct({
  /** Most code points of values in one context. */
  budgetChars: Count,
  packs: Schema.Array(Pack),
  /** The packs of runs that name none, by mode. */
  defaults: Schema.Record(Mode, Schema.Array(PackId)),
  /** The packs of sessions that name none. */
  sessionDefaults: Schema.Array(PackId),
  /** Modes that may read anything at all, and those of them that may read more than `standard`. */
  routes: Schema.Array(Mode),
  elevated: Schema.Array(Mode),
  restricted: Schema.Array(Mode),
  capabilities: Schema.Array(CapabilityId)
})
export type MemoryPolicy = typeof MemoryPolicy.Type

/** What becomes of a record that a pack names: `denied` by the policy, `dropped` for want of room, `missing` from the store. */
export const Outcome = Schema.Literals(["released", "denied", "dropped", "missing"])
export type Outcome = typeof Outcome.Type

export const Recalled = Schema.Struct({
  scope: MemoryScope,
  key: MemoryKey,
  /** 0 where there is none. */
  version: Count,
  sensitivity: Schema.NullOr(Sensitivity),
  chars: Count,
  outcome: Outcome
})
export type Recalled = typeof Recalled.Type

/** A run that names more is refused: each is looked up. */
export const MOST_RECORDS = 256

/**
 * The records of packs: in the order of the packs, included ones first, each record once. `MEMORY_PACK_UNKNOWN`;
 * `MEMORY_PACK_INVALID` where a pack is declared twice, includes one that is not there or that itself includes others, or
 * where there are too many records.
 */
export const namesOf = (
  packs: ReadonlyArray<Pack>,
  ids: ReadonlyArray<PackId>
): Result.Result<ReadonlyArray<Name>, RuntimeFailure> => {
  const invalid = Result.fail(failure("MEMORY_PACK_INVALID", "context"))
  const byId = new Map(packs.map((pack) => [pack.id, pack]))
  if (byId.size !== packs.length) return invalid
  const names = new Map<string, Name>()
  for (const id of ids) {
    const pack = byId.get(id)
    if (!pack) return Result.fail(failure("MEMORY_PACK_UNKNOWN", "context"))
    const included = pack.includes.map((one) => byId.get(one))
    if (included.some((one) => !one || one.includes.length > 0)) return invalid
    for (const key of [...included.flatMap((one) => one?.keys ?? []), ...pack.keys]) {
      names.set(`${pack.scope}\n${key}`, { scope: pack.scope, key })
    }
  }
  return names.size > MOST_RECORDS ? invalid : Result.succeed([...names.values()])
}

/** Who would read. */
export interface Reader {
  readonly mode: Mode
  /** Whether any model of the run is somewhere else than on this machine or network. */
  readonly cloud: boolean
}

/** Whether a value of a sensitivity may be read: denied unless allowed, and what is restricted never leaves for a cloud. */
export const mayRead = (
  { routes, elevated, restricted }: MemoryPolicy,
  { mode, cloud }: Reader,
  sensitivity: Sensitivity
): boolean => {
  if (!routes.includes(mode)) return false
  switch (sensitivity) {
    case "standard":
      return true
    case "elevated":
      return elevated.includes(mode)
    case "restricted":
      return restricted.includes(mode) && !cloud
  }
}

/** A record as it is found: its last version, or nothing. */
export interface Found extends Name {
  readonly record: {
    readonly version: number
    readonly sensitivity: Sensitivity
    readonly chars: number
  } | null
}

/** What becomes of each record. The first that does not fit ends the reading: what was declared later matters less. */
export const recall = (
  policy: MemoryPolicy,
  reader: Reader,
  found: ReadonlyArray<Found>
): ReadonlyArray<Recalled> => {
  let left = policy.budgetChars
  return found.map(({ scope, key, record }) => {
    if (record === null)
      return { scope, key, version: 0, sensitivity: null, chars: 0, outcome: "missing" as const }
    const facts = { scope, key, ...record }
    if (!mayRead(policy, reader, record.sensitivity)) return { ...facts, outcome: "denied" as const }
    left = record.chars <= left ? left - record.chars : -1
    return { ...facts, outcome: left < 0 ? ("dropped" as const) : ("released" as const) }
  })
}

/** How many records came to an outcome. */
export const countOf = (recalled: ReadonlyArray<Recalled>, outcome: Outcome): number =>
  recalled.filter((one) => one.outcome === outcome).length
