/** Owns the packs as they are declared, each with what there is of it. */
import { Effect } from "effect"
import { memoryPolicyOf } from "../../domain/config/Policy.ts"
import { Mode, type MemoryKey, type MemoryScope, type PackId } from "../../domain/Ids.ts"
import { namesOf } from "../../domain/memory/Recall.ts"
import type { Sensitivity } from "../../domain/memory/MemoryEvent.ts"
import { Configuration } from "../../ports/Configuration.ts"
import { Memories } from "./Memories.ts"

/** A pack that is declared. */
export interface Pack {
  readonly id: PackId
  readonly scope: MemoryScope
  readonly includes: ReadonlyArray<PackId>
  /** Those of included packs first. `version` is 0 where there is no record. */
  readonly keys: ReadonlyArray<{
    readonly key: MemoryKey
    readonly version: number
    readonly sensitivity: Sensitivity | null
  }>
  /** Whose runs read it where none is named. */
  readonly modes: ReadonlyArray<Mode>
  readonly isOfSessions: boolean
}

/** All of them, and how many characters of them fit a context. */
export interface PackList {
  readonly budgetChars: number
  readonly packs: ReadonlyArray<Pack>
}

/** `MEMORY_PACK_INVALID`. */
export const packList = Effect.gen(function* () {
  const { settings } = yield* Configuration
  const memories = yield* Memories
  const { packs, defaults, sessionDefaults, budgetChars } = memoryPolicyOf(settings)
  const described = yield* Effect.forEach(packs, ({ id, scope, includes }) =>
    Effect.gen(function* () {
      const names = yield* Effect.fromResult(namesOf(packs, [id]))
      const found = yield* memories.find(names)
      return {
        id,
        scope,
        includes,
        keys: names.map(({ key }, at) => ({
          key,
          version: found[at]?.version ?? 0,
          sensitivity: found[at]?.sensitivity ?? null
        })),
        modes: Object.entries(defaults)
          .filter(([, ids]) => ids.includes(id))
          .map(([mode]) => Mode.make(mode)),
        isOfSessions: sessionDefaults.includes(id)
      }
    })
  )
  return { budgetChars, packs: described } satisfies PackList
})
