/**
 * Owns what the storage of a journal must do: synchronously, for one owner. Encoding events, batching commits and waiting
 * are not its affair (`StoreJournal`), nor are the rules of a commit (`Plan`).
 */
import type { Code } from "../../domain/Failure.ts"
import type { Reserve, Settle, Spending } from "../../domain/run/Budget.ts"
import type { ContentId, StreamId, Timestamp } from "../../domain/Ids.ts"
import type { Row } from "../../domain/ledger/Ledger.ts"
import type {
  Append,
  Claimed,
  Commit,
  Committed,
  Ends,
  KeyOf,
  StreamFilter,
  StreamInfo
} from "../../ports/Journal.ts"
import type { Settled } from "../../ports/Outbox.ts"
import type { Sealed, WrappedKey } from "../../ports/Vault.ts"
import type { Delivery, EndpointState } from "../../domain/webhook/Delivery.ts"
import type { EndpointName, WebhookEvent } from "../../domain/webhook/Webhook.ts"

/** An append whose events are already the text that is written. */
export interface EncodedAppend extends Omit<Append, "events"> {
  readonly payloads: ReadonlyArray<string>
  /** Whether the last event leaves something to do. */
  readonly open: boolean
  /** What is owed to somebody outside. */
  readonly notices: ReadonlyArray<Notice>
}

/** An event that is told to an endpoint. */
export interface Notice {
  /** Which of the append's events, from 0. */
  readonly index: number
  readonly event: WebhookEvent
  readonly endpoint: EndpointName
}

/** A commit as it is stored. */
export interface Entry {
  /** Milliseconds since the Unix epoch. */
  readonly at: number
  readonly appends: ReadonlyArray<EncodedAppend>
  readonly reserve?: Reserve | undefined
  readonly settle?: Settle | undefined
  readonly idempotency?: Commit["idempotency"]
  readonly answer?: Commit["answer"]
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
  ends(stream: StreamId, now: number): Ends | null
  sealed(stream: StreamId, id: ContentId): Sealed | null
  key(stream: StreamId): WrappedKey | null
  spending(fromSlice: number): ReadonlyArray<Spending>
  outbox(question: OutboxQuestion, now: number): OutboxAnswer
  claimed(key: KeyOf, now: number): Claimed | null
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

/** What is owed to endpoints, and who is at it. */
export interface OutboxStore {
  due(endpoint: EndpointName, limit: number): ReadonlyArray<Delivery>
  /** Whether the endpoint is ours now: nobody who lives has it. */
  lease(endpoint: EndpointName): boolean
  yieldLease(endpoint: EndpointName): void
  /** Whether it was written: the endpoint may be somebody else's by now, or the delivery over. */
  settle(position: number, settled: Settled): boolean
  deliveries(before: number | null, limit: number): ReadonlyArray<Delivery>
  delivery(hashPrefix: string): ReadonlyArray<Delivery>
  requeue(position: number, endpoint: EndpointName): void
  /** How much was let go of. */
  prune(until: Timestamp, limit: number): number
  endpoints(): ReadonlyArray<EndpointState>
  /** Whether it was disabled. */
  enable(endpoint: EndpointName): boolean
}

export type OutboxOperation = keyof OutboxStore
export type OutboxAnswer = ReturnType<OutboxStore[OutboxOperation]>

/** One question about what is owed, as a message. */
export interface OutboxQuestion {
  readonly operation: OutboxOperation
  readonly args: Parameters<OutboxStore[OutboxOperation]>
}

/** Asks a store; the answer is that of the operation. */
export const askOutbox = (store: OutboxStore, { operation, args }: OutboxQuestion): OutboxAnswer => {
  const method = store[operation] as (...args: OutboxQuestion["args"]) => OutboxAnswer
  return method.apply(store, args)
}

/** The first row and the last one of a stream, as its listing has it. */
export const endsOf = (store: Pick<Store, "read">, info: StreamInfo | null): Ends | null => {
  if (info === null) return null
  const { stream, seq } = info
  return { info, rows: [...store.read(stream, 0, 1), ...(seq > 1 ? store.read(stream, seq - 1, seq) : [])] }
}
