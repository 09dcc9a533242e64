/** Owns what the ledger says happened: listings, and the events of one stream. Whether it is true is `Verifier`'s. */
import type { Entry, RunRecord, StreamHead, StreamRecord } from "../../domain/ledger/Records.ts"
import { Context, Effect, Layer, Option, Schema } from "effect"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import {
  configStream,
  MEMORY_PREFIX,
  RUN_PREFIX,
  RUNBOOK_PREFIX,
  StreamId,
  Timestamp,
  tokensStream
} from "../../domain/Ids.ts"
import { decode, Row } from "../../domain/ledger/Ledger.ts"
import { standingOf } from "../../domain/run/StandingOf.ts"
import { Journal, type StreamInfo } from "../../ports/Journal.ts"
import { find as locate } from "./Hosted.ts"
import { named } from "./Named.ts"
import { lifecycleIn } from "./Projections.ts"
import { runOf } from "./Soundness.ts"

const PAGE = 200
const isTimestamp = Schema.is(Timestamp)

export class Ledgers extends Context.Service<
  Ledgers,
  {
    /** The newest runs, newest first. */
    readonly recent: (limit: number) => Effect.Effect<ReadonlyArray<RunRecord>, RuntimeFailure>
    /** The one run whose id begins with `prefix`. `RUN_NOT_FOUND`, `RUN_AMBIGUOUS`. */
    readonly find: (prefix: string) => Effect.Effect<RunRecord, RuntimeFailure>
    /**
     * The stream of the one run, session or runbook whose id begins with `id`; those of the configurations, of the tokens and of
     * memory records by their whole names. `RUN_NOT_FOUND`, `RUN_AMBIGUOUS`.
     */
    readonly stream: (id: string) => Effect.Effect<StreamRecord, RuntimeFailure>
    /** The newest streams, newest first, each by its last row. */
    readonly heads: (limit: number) => Effect.Effect<ReadonlyArray<StreamHead>, RuntimeFailure>
  }
>()("io-iii/core/ledger/Ledgers") {
  static readonly layer = Layer.effect(
    Ledgers,
    Effect.gen(function* () {
      const journal = yield* Journal

      const newest = Effect.fnUntraced(function* (prefix: string, limit: number) {
        const found: Array<StreamInfo> = []
        let before: number | null = null
        for (;;) {
          const page: ReadonlyArray<StreamInfo> = yield* journal.streams({
            prefix,
            openOnly: false,
            before,
            limit: PAGE
          })
          found.push(...page)
          before = page.at(-1)?.first ?? null
          if (page.length < PAGE || found.length >= limit) return found.slice(0, limit)
        }
      })

      const record = Effect.fnUntraced(function* ({ stream, seq: recorded, alive }: StreamInfo) {
        const rows = yield* journal.read(stream)
        const entries = entriesOf(rows)
        const state = entries.length >= recorded ? runOf(stream, rows) : Option.none()
        return {
          run: stream.slice(RUN_PREFIX.length),
          standing: standingOf(state, alive),
          entries
        }
      })

      return Ledgers.of({
        recent: Effect.fn("Ledgers.recent")(function* (limit) {
          return yield* Effect.forEach(yield* newest(RUN_PREFIX, limit), record)
        }),
        find: Effect.fn("Ledgers.find")(function* (prefix) {
          return yield* record(yield* named(journal, prefix, [RUN_PREFIX]))
        }),
        stream: Effect.fn("Ledgers.stream")(function* (id) {
          const isName = id === configStream || id === tokensStream || id.startsWith(MEMORY_PREFIX)
          const stream = isName ? yield* whole(id) : yield* locate(journal, id.replace(/^[a-z]+\//u, ""))
          const rows = yield* journal.read(stream)
          if (rows.length === 0 && stream !== configStream) return yield* failure("RUN_NOT_FOUND", "setup")
          const entries = entriesOf(rows)
          return stream.startsWith(RUNBOOK_PREFIX)
            ? { stream, entries, lifecycle: lifecycleIn(rows) }
            : { stream, entries }
        }),
        heads: Effect.fn("Ledgers.heads")(function* (limit) {
          const last = yield* Effect.forEach(yield* newest("", limit), ({ stream, seq }) =>
            Effect.map(journal.read(stream, seq - 1), (rows) => rows.at(0))
          )
          return last.flatMap((row) => (row && isRow(row) ? [headOf(row)] : []))
        })
      })
    })
  )
}

const asStream = Schema.decodeUnknownOption(StreamId)
const whole = (name: string): Effect.Effect<StreamId, RuntimeFailure> =>
  Effect.mapError(Effect.fromOption(asStream(name)), () => failure("RUN_NOT_FOUND", "setup"))

/** Rows that cannot be read are left out. */
const entriesOf = (rows: ReadonlyArray<Row>): ReadonlyArray<typeof Entry.Type> =>
  rows.flatMap(({ seq, at, payload }) =>
    isTimestamp(at)
      ? Option.match(decode(payload), { onNone: () => [], onSome: (event) => [{ seq, at, event }] })
      : []
  )

const isRow = Schema.is(Row)

const headOf = ({ stream, seq, hash, position, at }: Row): StreamHead => ({
  stream,
  rows: seq,
  head: hash,
  position,
  at
})
