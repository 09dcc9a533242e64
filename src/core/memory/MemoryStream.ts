/** Owns the reading of a memory record's stream: where it stands, and the value of a version. */
import { Effect, Option, Schema } from "effect"
import type { Content } from "../../domain/Content.ts"
import { isMemoryEvent } from "../../domain/Event.ts"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import { Count, MemoryKey, MemoryScope, type StreamId, Timestamp } from "../../domain/Ids.ts"
import { decode } from "../../domain/ledger/Ledger.ts"
import { memoryStream, type Name, valueId } from "../../domain/memory/Memory.ts"
import { type MemoryEvent, MemoryWritten, Provenance, Sensitivity } from "../../domain/memory/MemoryEvent.ts"
import type { Journal } from "../../ports/Journal.ts"
import type { StreamVault, Vault } from "../../ports/Vault.ts"
import { openKeys } from "../run/RunKeys.ts"

/** A record without its value. */
export const MemoryRecord = Schema.Struct({
  scope: MemoryScope,
  key: MemoryKey,
  version: Count,
  sensitivity: Sensitivity,
  provenance: Provenance,
  chars: Count,
  /** When the first and when this version was written. */
  createdAt: Timestamp,
  updatedAt: Timestamp
})
export type MemoryRecord = typeof MemoryRecord.Type

/** Where a record stands in its stream. */
export interface Place {
  readonly name: Name
  readonly stream: StreamId
  readonly sequence: number
  readonly last: { readonly event: MemoryEvent; readonly at: Timestamp } | null
}

/** What can be read of records. */
export const streamsOf = (
  journal: Pick<Journal["Service"], "info" | "key" | "read" | "sealed">,
  vault: Pick<Vault["Service"], "fingerprint" | "open">
) => {
  const lastOf = Effect.fnUntraced(function* (stream: StreamId, sequence: number) {
    const row = (yield* journal.read(stream, sequence - 1, sequence))[0]
    const event = row && Option.getOrNull(Option.filter(decode(row.payload), isMemoryEvent))
    return row && event ? { event, at: row.at } : yield* failure("LEDGER_BROKEN", "setup")
  })

  const load = Effect.fnUntraced(function* (name: Name): Effect.fn.Return<Place, RuntimeFailure> {
    const stream = memoryStream(vault.fingerprint, name)
    const sequence = Option.match(yield* journal.info(stream), {
      onNone: () => 0,
      onSome: ({ seq }) => seq
    })
    return { name, stream, sequence, last: sequence === 0 ? null : yield* lastOf(stream, sequence) }
  })

  const present = ({ last }: Place): typeof MemoryWritten.Type | null =>
    last?.event._tag === "MemoryWritten" ? last.event : null

  const keysOf = Effect.fnUntraced(function* (stream: StreamId) {
    const wrapped = yield* journal.key(stream)
    return Option.isSome(wrapped)
      ? Option.some(yield* openKeys(journal, vault, stream, wrapped.value))
      : Option.none<StreamVault>()
  })

  const valueOf = Effect.fnUntraced(function* (stream: StreamId, version: number) {
    const keys = yield* keysOf(stream)
    const sealed = yield* journal.sealed(stream, valueId(version))
    return Option.isSome(keys) && Option.isSome(sealed)
      ? Option.some(yield* keys.value.unseal(sealed.value))
      : Option.none<Content>()
  })

  /** The value of what was written last, if it is the one that was recorded. */
  const soundValue = Effect.fnUntraced(function* (stream: StreamId, written: typeof MemoryWritten.Type) {
    const keys = yield* keysOf(stream)
    const value = yield* valueOf(stream, written.version)
    return Option.isSome(keys) &&
      Option.isSome(value) &&
      keys.value.digest(written.content, value.value) === written.digest
      ? value.value
      : yield* failure("VAULT_CONTENT_UNREADABLE", "setup")
  })

  const recordOf = Effect.fnUntraced(function* ({ stream, last }: Place) {
    const first = (yield* journal.read(stream, 0, 1))[0]
    if (last?.event._tag !== "MemoryWritten" || !first) return yield* failure("MEMORY_NOT_FOUND", "setup")
    const { scope, key, version, sensitivity, provenance, chars } = last.event
    return {
      scope,
      key,
      version,
      sensitivity,
      provenance,
      chars,
      createdAt: first.at,
      updatedAt: last.at
    }
  })

  return { lastOf, load, present, keysOf, valueOf, soundValue, recordOf }
}
