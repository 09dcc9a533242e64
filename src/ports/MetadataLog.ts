/** Owns where the metadata of ended runs goes, a line for each: a copy of what the ledger says, which can be made anew. */
import { Context, type Effect, type Stream } from "effect"
import type { RuntimeFailure } from "../domain/Failure.ts"
import type { Metadata } from "../domain/projection/Metadata.ts"

export class MetadataLog extends Context.Service<
  MetadataLog,
  {
    /** Adds records, in their order. `METADATA_LOG_UNWRITABLE` when it cannot; what is there stays as it is. */
    readonly append: (records: ReadonlyArray<Metadata>) => Effect.Effect<void, RuntimeFailure>
    /**
     * Puts `records` in the place of everything that is there; returns how many. Others may append meanwhile: `late`
     * is read once the new log stands, and what it has that the log has not is appended.
     */
    readonly replace: (
      records: Stream.Stream<Metadata, RuntimeFailure>,
      late: Stream.Stream<Metadata, RuntimeFailure>
    ) => Effect.Effect<number, RuntimeFailure>
    /** Writes `records` to a file that does not exist yet; returns how many. `FILE_EXISTS` when it does. */
    readonly copy: (
      records: Stream.Stream<Metadata, RuntimeFailure>,
      path: string
    ) => Effect.Effect<number, RuntimeFailure>
  }
>()("io-iii/ports/MetadataLog") {}
