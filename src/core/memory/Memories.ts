/**
 * Owns what is remembered: one record at a time, written by somebody who says so, and read by runs as far as the policy lets
 * them. No run writes here.
 */
import { Context, Effect, Layer, Option, Result, Schema } from "effect"
import type { Content } from "../../domain/Content.ts"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import {
  Count,
  MEMORY_PREFIX,
  MemoryKey,
  MemoryScope,
  type Principal,
  type Surface
} from "../../domain/Ids.ts"
import { after, MOST_VALUE_BYTES, type Name, named, unwritten, valueId } from "../../domain/memory/Memory.ts"
import type { Provenance, Sensitivity } from "../../domain/memory/MemoryEvent.ts"
import { Journal, type StreamInfo } from "../../ports/Journal.ts"
import { Vault } from "../../ports/Vault.ts"
import { scrubbing } from "../ledger/Erasure.ts"
import { giveBack, type ReleasedChunk } from "../run/Release.ts"
import { type MemoryRecord, streamsOf } from "./MemoryStream.ts"

/** What is to be written. */
export interface Writing {
  readonly scope: string
  readonly key: string
  readonly value: Content
  /** Null: that of the version in whose place it is, and `standard` of a new record. Only who names a lower one lowers it. */
  readonly sensitivity: Sensitivity | null
  readonly provenance: Provenance
  /** The version that is to be replaced, 0 for none; null whatever there is. */
  readonly expected: number | null
  readonly principal: Principal
  readonly surface: Surface
}

/** Whether a person has said yes to one write, or one act of forgetting. `MEMORY_WRITE_FAILED` where they did not. */
export type Confirm = Effect.Effect<boolean, RuntimeFailure>

export const Forgotten = Schema.Struct({
  scope: MemoryScope,
  key: MemoryKey,
  version: Count,
  /** See `Erased` of `core/ledger/Erasure`. */
  scrubbed: Schema.Boolean
})
export type Forgotten = typeof Forgotten.Type

/** A record and its value. */
interface Shown {
  readonly record: MemoryRecord
  readonly value: ReleasedChunk
}

export interface RecordPage {
  readonly records: ReadonlyArray<MemoryRecord>
  /** Where the next page begins; null after the last. */
  readonly cursor: number | null
}

const confirmed = (confirm: Confirm) =>
  Effect.flatMap(confirm, (yes) => (yes ? Effect.void : failure("MEMORY_WRITE_FAILED", "setup")))

export class Memories extends Context.Service<
  Memories,
  {
    /**
     * Writes the next version of one record, once it is confirmed. `MEMORY_NAME_INVALID`, `MEMORY_VALUE_TOO_LARGE` before
     * anybody is asked; `MEMORY_WRITE_FAILED` without a yes, `MEMORY_CONFLICT` where another version is there than was
     * expected, also when it came meanwhile; then nothing was written.
     */
    readonly write: (writing: Writing, confirm: Confirm) => Effect.Effect<MemoryRecord, RuntimeFailure>
    /** `MEMORY_NOT_FOUND`, also of what was forgotten. */
    readonly show: (scope: string, key: string) => Effect.Effect<Shown, RuntimeFailure>
    /** What there is under each of these names; null where there is nothing, or nothing any more. */
    readonly find: (
      names: ReadonlyArray<Name>
    ) => Effect.Effect<ReadonlyArray<MemoryRecord | null>, RuntimeFailure>
    /** The newest records first, those of one scope where it is given; values are not looked at. */
    readonly list: (
      scope: string | null,
      limit: number,
      cursor: number | null
    ) => Effect.Effect<RecordPage, RuntimeFailure>
    /** Destroys the key of every version's value, once it is confirmed. */
    readonly forget: (
      scope: string,
      key: string,
      principal: Principal,
      confirm: Confirm
    ) => Effect.Effect<Forgotten, RuntimeFailure>
  }
>()("io-iii/core/memory/Memories") {
  static readonly layer = Layer.effect(
    Memories,
    Effect.gen(function* () {
      const journal = yield* Journal
      const vault = yield* Vault
      const { keysOf, lastOf, load, present, recordOf, soundValue } = streamsOf(journal, vault)

      const write = Effect.fn("Memories.write")(function* (writing: Writing, confirm: Confirm) {
        const { value, provenance, expected, principal, surface } = writing
        const name = yield* Effect.fromResult(named(writing.scope, writing.key))
        if (value.bytes > MOST_VALUE_BYTES) {
          const limit = { actual: value.bytes, allowed: MOST_VALUE_BYTES, unit: "bytes" as const }
          return yield* failure("MEMORY_VALUE_TOO_LARGE", "setup", { limit })
        }
        const place = yield* load(name)
        const standing = place.last ? after(place.last.event) : unwritten
        if (expected !== null && expected !== (standing.present ? standing.version : 0)) {
          return yield* failure("MEMORY_CONFLICT", "setup")
        }
        yield* confirmed(confirm)
        const known = yield* keysOf(place.stream)
        const keys = Option.isSome(known) ? known.value : yield* vault.create(place.stream)
        const version = standing.version + 1
        const content = valueId(version)
        const sensitivity = writing.sensitivity ?? present(place)?.sensitivity ?? "standard"
        const event = {
          _tag: "MemoryWritten" as const,
          ...name,
          version,
          sensitivity,
          provenance,
          content,
          digest: keys.digest(content, value),
          chars: value.length,
          principal,
          surface
        }
        const { at } = yield* journal
          .commit({
            appends: [
              {
                stream: place.stream,
                expected: place.sequence,
                events: [event],
                sealed: [keys.seal(content, value)],
                key: Option.isSome(known) ? null : keys.wrapped
              }
            ]
          })
          .pipe(Effect.mapError(inConflict))
        return yield* recordOf({ ...place, last: { event, at } })
      })

      /** What was forgotten or written anew between two looks is looked at again. */
      const looked = Effect.fnUntraced(function* (name: Name): Effect.fn.Return<Shown, RuntimeFailure> {
        const place = yield* load(name)
        const written = present(place)
        if (!written) return yield* failure("MEMORY_NOT_FOUND", "setup")
        const value = yield* Effect.result(soundValue(place.stream, written))
        if (Result.isSuccess(value)) return { record: yield* recordOf(place), value: giveBack(value.success) }
        const { sequence } = yield* load(name)
        return sequence === place.sequence ? yield* value.failure : yield* looked(name)
      })

      const show = Effect.fn("Memories.show")(function* (scope: string, key: string) {
        return yield* looked(yield* Effect.fromResult(named(scope, key)))
      })

      const find = Effect.fn("Memories.find")(
        Effect.forEach((name: Name) =>
          Effect.flatMap(load(name), (place) => (present(place) ? recordOf(place) : Effect.succeed(null)))
        )
      )

      const listed = Effect.fnUntraced(function* ({ stream, seq }: StreamInfo, scope: MemoryScope | null) {
        const last = yield* lastOf(stream, seq)
        if (last.event._tag !== "MemoryWritten" || (scope !== null && last.event.scope !== scope)) return []
        return [yield* recordOf({ name: last.event, stream, sequence: seq, last })]
      })

      const list = Effect.fn("Memories.list")(function* (
        scope: string | null,
        limit: number,
        cursor: number | null
      ) {
        const only = scope === null ? null : (yield* Effect.fromResult(named(scope, "any"))).scope
        const records: Array<MemoryRecord> = []
        let before = cursor
        for (;;) {
          const page: ReadonlyArray<StreamInfo> = yield* journal.streams({
            prefix: MEMORY_PREFIX,
            openOnly: false,
            before,
            limit: PAGE
          })
          for (const info of page) {
            const found = yield* listed(info, only)
            // One more than was asked for shows that the list goes on.
            if (found.length > 0 && records.length === limit) return { records, cursor: before }
            records.push(...found)
            before = info.first
          }
          if (page.length < PAGE) return { records, cursor: null }
        }
      })

      const forget = Effect.fn("Memories.forget")(function* (
        scope: string,
        key: string,
        principal: Principal,
        confirm: Confirm
      ) {
        const { name, stream, sequence, ...place } = yield* load(yield* Effect.fromResult(named(scope, key)))
        const written = present({ name, stream, sequence, ...place })
        if (!written) return yield* failure("MEMORY_NOT_FOUND", "setup")
        yield* confirmed(confirm)
        const { version } = written
        const event = { _tag: "MemoryForgotten" as const, ...name, version, principal }
        yield* journal
          .commit({
            appends: [{ stream, expected: sequence, events: [event], sealed: [], key: null, erase: true }]
          })
          .pipe(Effect.mapError(inConflict))
        return { ...name, version, scrubbed: yield* scrubbing(journal) }
      })

      return Memories.of({
        write,
        show,
        find,
        list,
        forget
      })
    })
  )
}

const PAGE = 200

/** Somebody else wrote first. */
const inConflict = (reason: RuntimeFailure): RuntimeFailure =>
  reason.code === "JOURNAL_CONFLICT" ? failure("MEMORY_CONFLICT", "setup") : reason
