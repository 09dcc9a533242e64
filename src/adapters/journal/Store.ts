/**
 * Owns what the storage of a journal must do: synchronously, for one owner. Encoding events, batching commits and waiting
 * are not its affair (`StoreJournal`), nor are the rules of a commit (`Plan`).
 */
import type { Code } from "../../domain/Failure.ts"
import type { Reserve, Settle, Spending } from "../../domain/run/Budget.ts"
import type { ContentId, StreamId } from "../../domain/Ids.ts"
import type { Row } from "../../domain/ledger/Ledger.ts"
import type { Append, Committed, StreamFilter, StreamInfo } from "../../ports/Journal.ts"
import type { Sealed, WrappedKey } from "../../ports/Vault.ts"

/** An append whose events are already the text that is written. */
export interface EncodedAppend extends Omit<Append, "events"> {
  readonly payloads: ReadonlyArray<string>
  /** Whether the last event leaves something to do. */
  readonly open: boolean
}

/** A commit as it is stored. */
export interface Entry {
  /** Milliseconds since the Unix epoch. */
  readonly at: number
  readonly appends: ReadonlyArray<EncodedAppend>
  readonly reserve?: Reserve | undefined
  readonly settle?: Settle | undefined
}

/** Times are milliseconds since the Unix epoch. Every operation may throw; `Fault.codeOf` says what it means. */
export interface Store {
  /** Writes a batch in one durable transaction; of an entry that is refused, with a code, nothing is written. */
  commit(batch: ReadonlyArray<Entry>): ReadonlyArray<Committed | Code>
  /** The position of the last row; 0 when there is none. */
  head(): number
  read(stream: StreamId, after: number, to: number): ReadonlyArray<Row>
  scan(after: number, limit: number): ReadonlyArray<Row>
  streams(filter: StreamFilter, now: number): ReadonlyArray<StreamInfo>
  info(stream: StreamId, now: number): StreamInfo | null
  sealed(stream: StreamId, id: ContentId): Sealed | null
  key(stream: StreamId): WrappedKey | null
  spending(fromSlice: number): ReadonlyArray<Spending>
  scrub(): boolean
  /** Whether the stream is ours now: it was a dead owner's. */
  adopt(stream: StreamId, now: number): boolean
  backup(path: string): void
  /** Tells that this owner lives, once it has written something. */
  beat(now: number): void
  /** A number that changes when another process has written. */
  version(): number
  close(): void
}
