/** Owns the life of one memory record: which version comes next, and what can be forgotten. Who may read it is `Recall`'s. */
import { Result, Schema } from "effect"
import { failure, type RuntimeFailure } from "../Failure.ts"
import { ContentId, MEMORY_PREFIX, MemoryKey, MemoryScope, StreamId } from "../Ids.ts"
import type { Hash } from "../ledger/Ledger.ts"
import type { MemoryEvent } from "./MemoryEvent.ts"

/** What a record is found by. */
export interface Name {
  readonly scope: MemoryScope
  readonly key: MemoryKey
}

const asScope = Schema.decodeUnknownOption(MemoryScope)
const asKey = Schema.decodeUnknownOption(MemoryKey)

/** `MEMORY_NAME_INVALID`; nothing of what was given is in it. */
export const named = (scope: string, key: string): Result.Result<Name, RuntimeFailure> => {
  const [whose, which] = [asScope(scope), asKey(key)]
  return whose._tag === "Some" && which._tag === "Some"
    ? Result.succeed({ scope: whose.value, key: which.value })
    : Result.fail(failure("MEMORY_NAME_INVALID", "setup"))
}

/** Each record has a stream of its own, whose name neither scope nor key can shape. */
export const memoryStream = (hash: Hash, { scope, key }: Name): StreamId =>
  StreamId.make(MEMORY_PREFIX + hash(`${scope}\n${key}`))

/** Where a record stands; version 0 before anything was written. */
export interface Memory {
  readonly version: number
  /** Whether its value is there. */
  readonly present: boolean
}

export const unwritten: Memory = { version: 0, present: false }

/** Where a record stands after its last event. */
export const after = (event: MemoryEvent): Memory => ({
  version: event.version,
  present: event._tag === "MemoryWritten"
})

/** The value of a version, under its id. */
export const valueId = (version: number): ContentId => ContentId.make(`value.${version}`)

/** No value is longer, in UTF-8 bytes. */
export const MOST_VALUE_BYTES = 64 * 1024

/** Folds an event in; null where it cannot have happened there. */
export const evolve = ({ version, present }: Memory, event: MemoryEvent): Memory | null => {
  const isDue =
    event._tag === "MemoryWritten"
      ? event.version === version + 1 && event.content === valueId(event.version)
      : present && event.version === version
  return isDue ? after(event) : null
}
