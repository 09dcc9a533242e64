/**
 * Owns the durable record: events and sealed content, committed with compare-and-swap over several streams at once.
 * It is the only source of an `Intent`, and it makes one only after the commit that records the call is durable.
 */
import { Context, Effect, type Option, Schema, type Stream } from "effect"
import { type CallPermit, isPermit } from "../domain/run/Bounds.ts"
import type { Reserve, Settle, Spending } from "../domain/run/Budget.ts"
import type { Event } from "../domain/Event.ts"
import type { RuntimeFailure } from "../domain/Failure.ts"
import { type ContentId, Count, Digest, OwnerId, type Principal, StreamId, Timestamp } from "../domain/Ids.ts"
import type { Row } from "../domain/ledger/Ledger.ts"
import type { Subscriptions } from "../domain/webhook/Webhook.ts"
import type { Sealed, WrappedKey } from "./Vault.ts"

/** What is added to one stream. */
export interface Append {
  readonly stream: StreamId
  /** The stream's sequence this append was decided on; 0 for a new stream. */
  readonly expected: number
  readonly events: ReadonlyArray<Event>
  readonly sealed: ReadonlyArray<Sealed>
  /** The stream's wrapped key, with the append that creates the stream, or that seals again in one that was erased. */
  readonly key: WrappedKey | null
  /** Destroys the stream's key and its sealed texts, those of this append included; absent otherwise. */
  readonly erase?: true
}

/** A request's key, as it is kept: a keyed digest, under whoever has sent it. */
export interface KeyOf {
  readonly principal: Principal
  readonly key: Digest
}

/** What a commit says of the key of the request that it begins to carry out. */
export interface Claim extends KeyOf {
  /** Of everything that was asked, keyed. */
  readonly request: Digest
  /** The one attempt at it that this is: what it says twice counts once. */
  readonly attempt: string
  /** The stream of what has begun. */
  readonly subject: StreamId
}

/** A claim on record. */
export interface Claimed extends Claim {
  readonly at: Timestamp
  /** What was answered, sealed under the keys of its subject; null where its process ended before. */
  readonly answer: Uint8Array | null
}

/** One durable transaction. */
export interface Commit {
  readonly appends: ReadonlyArray<Append>
  /** `BUDGET_EXCEEDED` when it does not fit; then nothing of the commit was written. */
  readonly reserve?: Reserve | undefined
  readonly settle?: Settle | undefined
  /** `IDEMPOTENCY_IN_PROGRESS` when another attempt has the key; then nothing of the commit was written. */
  readonly idempotency?: Claim | undefined
  /** What an attempt was answered, for whoever sends its key again. The first one counts. */
  readonly answer?: (KeyOf & Pick<Claim, "attempt"> & { readonly sealed: Uint8Array }) | undefined
  /** What was decided because it was this late is not dated before, whatever the clock says by then. */
  readonly notBefore?: Timestamp | null
  /** To whom its events are told: a delivery is owed, for each that is, with the commit (`ports/Outbox`). */
  readonly outbox?: Subscriptions | undefined
}

export interface Committed {
  /** The global position of the last row written. */
  readonly position: number
  /** The new sequence of each append's stream, in the order of the appends. */
  readonly sequences: ReadonlyArray<number>
  /** The time of the rows written. */
  readonly at: Timestamp
}

/** What a listing says of a stream. */
export const StreamInfo = Schema.Struct({
  stream: StreamId,
  seq: Count,
  /** Digest of the last row. */
  head: Digest,
  /** Time of the last row: no later one is before it. */
  at: Timestamp,
  /** Position of the first row: listings are ordered by it. */
  first: Count,
  owner: OwnerId,
  /** Whether the last event leaves something to do. */
  open: Schema.Boolean,
  /** Whether the owner's process is alive. */
  alive: Schema.Boolean
})
export type StreamInfo = typeof StreamInfo.Type

/** How a stream begins and where it stands: its first row and its last one, which may be the same. */
export interface Ends {
  readonly info: StreamInfo
  readonly rows: ReadonlyArray<Row>
}

export interface StreamFilter {
  /** E.g. `run/`. */
  readonly prefix: string
  readonly openOnly: boolean
  /** Newest first from here (exclusive); null starts at the newest. */
  readonly before: number | null
  readonly limit: number
}

class Intended {
  /** Intents are told apart by identity alone. */
  readonly #durable = true
  readonly permit: CallPermit

  constructor(permit: CallPermit) {
    this.permit = permit
  }

  static is(value: object): value is Intended {
    return #durable in value
  }
}

/** Proof that a call was permitted and that its intent is durable. The class behind it is not exported. */
export type Intent = Intended
export const isIntent = Intended.is

/** Questions of one kind that do not wait for one another are asked so many at a time: a store is told of them together. */
export const TOGETHER = { concurrency: 8 } as const

export class Journal extends Context.Service<
  Journal,
  {
    /** This process, as the owner of the runs it starts. */
    readonly owner: OwnerId
    /**
     * Durable before it returns. `JOURNAL_CONFLICT` when a stream has moved, `BUDGET_EXCEEDED` when there is not enough
     * left to reserve, `IDEMPOTENCY_IN_PROGRESS` when somebody else has its key; then nothing of the commit was written.
     */
    readonly commit: (commit: Commit) => Effect.Effect<Committed, RuntimeFailure>
    /** The global position of the last row; 0 when there is none. */
    readonly head: Effect.Effect<number, RuntimeFailure>
    /** A stream's rows after `after` and up to `to`, in order. Empty for a stream that does not exist. */
    readonly read: (
      stream: StreamId,
      after?: number,
      to?: number
    ) => Effect.Effect<ReadonlyArray<Row>, RuntimeFailure>
    /**
     * At most `limit` rows of all streams after a position, in the order of their positions. Rows are placed from 1 on;
     * after `-Infinity` there are also those that somebody else placed before.
     */
    readonly scan: (after: number, limit: number) => Effect.Effect<ReadonlyArray<Row>, RuntimeFailure>
    /** A stream's rows after `after`, then every new one as it is committed, by any process. */
    readonly follow: (stream: StreamId, after: number) => Stream.Stream<Row, RuntimeFailure>
    /** The same of all streams, after a position. */
    readonly followAll: (after: number) => Stream.Stream<Row, RuntimeFailure>
    readonly streams: (filter: StreamFilter) => Effect.Effect<ReadonlyArray<StreamInfo>, RuntimeFailure>
    readonly info: (stream: StreamId) => Effect.Effect<Option.Option<StreamInfo>, RuntimeFailure>
    /** What `info` says, and the rows that it is about, in one look. */
    readonly ends: (stream: StreamId) => Effect.Effect<Option.Option<Ends>, RuntimeFailure>
    readonly sealed: (stream: StreamId, id: ContentId) => Effect.Effect<Option.Option<Sealed>, RuntimeFailure>
    readonly key: (stream: StreamId) => Effect.Effect<Option.Option<WrappedKey>, RuntimeFailure>
    /** What was spent and is reserved from a slice of time on, by principal and slice; slices without any are left out. */
    readonly spending: (fromSlice: number) => Effect.Effect<ReadonlyArray<Spending>, RuntimeFailure>
    /** The claim on a key, for as long as it is kept. */
    readonly claimed: (key: KeyOf) => Effect.Effect<Option.Option<Claimed>, RuntimeFailure>
    /** Whether nothing that was erased is left in the file or its log; false while somebody still reads the log. */
    readonly scrub: Effect.Effect<boolean, RuntimeFailure>
    /** Takes over a stream whose owner is dead; `JOURNAL_CONFLICT` when it lives or somebody else was first. */
    readonly adopt: (stream: StreamId) => Effect.Effect<void, RuntimeFailure>
    /** Writes a consistent copy of the whole journal to a new file. */
    readonly backup: (path: string) => Effect.Effect<void, RuntimeFailure>
  }
>()("io-iii/ports/Journal") {}

const spent = new WeakSet<CallPermit>()

/** Commits and, once that is durable, turns a permit into the right to call. A permit can be turned in once. */
export const intend: (
  journal: Pick<Journal["Service"], "commit">,
  permit: CallPermit,
  commit: Commit
) => Effect.Effect<{ readonly committed: Committed; readonly intent: Intent }, RuntimeFailure> =
  Effect.fnUntraced(function* (journal, permit, commit) {
    const recorded = commit.appends.some((append) =>
      append.events.some(
        (event) =>
          event._tag === "CallIntended" &&
          event.purpose === permit.purpose &&
          event.attempt === permit.attempt
      )
    )
    if (!isPermit(permit) || spent.has(permit) || !recorded) {
      return yield* Effect.die(new TypeError("a permit is used once, in the commit that records its call"))
    }
    spent.add(permit)
    const committed = yield* journal.commit(commit)
    return { committed, intent: new Intended(permit) }
  })

const redeemed = new WeakSet<Intent>()

/** Uses an intent up for its one call; false when it is not one, or has been used. */
export const redeem = (intent: Intent): boolean => {
  if (!isIntent(intent) || redeemed.has(intent)) return false
  redeemed.add(intent)
  return true
}
