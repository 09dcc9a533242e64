/** Owns what the ledger can say about the past: listings, one run's events, and whether the chains hold. It writes nothing. */
import { Context, Effect, Layer, Option, Schema } from "effect"
import { Event } from "../domain/Event.ts"
import { failure, type RuntimeFailure } from "../domain/Failure.ts"
import { configStream, Count, type Digest, RUN_PREFIX, Timestamp } from "../domain/Ids.ts"
import { decode } from "../domain/Ledger.ts"
import { Standing, standingOf } from "../domain/Standing.ts"
import { Journal, type StreamInfo } from "../ports/Journal.ts"
import { Vault } from "../ports/Vault.ts"
import { Broken, configurationsIn, faultOf, gapIn, runOf } from "./Soundness.ts"

export const Entry = Schema.Struct({ seq: Count, at: Timestamp, event: Event })

/** One run as the ledger has it. */
export const RunRecord = Schema.Struct({
  /** A run id; of a broken run, perhaps another name that a stream can have. */
  run: Schema.String.pipe(Schema.check(Schema.isPattern(/^[a-z0-9_-][a-z0-9._-]{0,95}$/))),
  standing: Standing,
  /** Without the rows that cannot be read; then the run is broken. */
  entries: Schema.Array(Entry)
})
export type RunRecord = typeof RunRecord.Type

export const Verification = Schema.Struct({
  streams: Count,
  events: Count,
  broken: Schema.Array(Broken)
})
export type Verification = typeof Verification.Type

const PAGE = 200
const isTimestamp = Schema.is(Timestamp)

export class Ledgers extends Context.Service<
  Ledgers,
  {
    /** The newest runs, newest first. */
    readonly recent: (limit: number) => Effect.Effect<ReadonlyArray<RunRecord>, RuntimeFailure>
    /** The run whose id begins with `prefix`, if there is exactly one; `RUN_NOT_FOUND` otherwise. */
    readonly find: (prefix: string) => Effect.Effect<RunRecord, RuntimeFailure>
    /**
     * Recomputes chains and folds: of the one run whose id begins with `prefix`, or of everything, and then also that no
     * row is missing in between. Not to be seen without a head that was signed elsewhere: the newest rows of the
     * journal taken away together with what the streams say of them, or all of it made anew.
     */
    readonly verify: (prefix?: string) => Effect.Effect<Verification, RuntimeFailure>
  }
>()("io-iii/core/Ledgers") {
  static readonly layer = Layer.effect(
    Ledgers,
    Effect.gen(function* () {
      const journal = yield* Journal
      const vault = yield* Vault

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

      const only = Effect.fnUntraced(function* (prefix: string) {
        if (!/^[0-9a-f-]{1,36}$/u.test(prefix)) return yield* failure("RUN_NOT_FOUND", "setup")
        const found = yield* journal.streams({
          prefix: RUN_PREFIX + prefix,
          openOnly: false,
          before: null,
          limit: 2
        })
        const one = found.length === 1 ? found[0] : undefined
        return one ?? (yield* failure("RUN_NOT_FOUND", "setup"))
      })

      const record = Effect.fnUntraced(function* ({ stream, seq: recorded, alive }: StreamInfo) {
        const rows = yield* journal.read(stream)
        const entries = rows.flatMap(({ seq, at, payload }) =>
          isTimestamp(at)
            ? Option.match(decode(payload), { onNone: () => [], onSome: (event) => [{ seq, at, event }] })
            : []
        )
        const state = entries.length >= recorded ? runOf(stream, rows) : Option.none()
        return {
          run: stream.slice(RUN_PREFIX.length),
          standing: standingOf(state, alive),
          entries
        }
      })

      const configurations = Effect.map(journal.read(configStream), configurationsIn)

      const check = Effect.fnUntraced(function* (info: StreamInfo, known: ReadonlySet<Digest>) {
        const rows = yield* journal.read(info.stream)
        return {
          positions: rows.map(({ position }) => position),
          broken: faultOf(vault.fingerprint, info, rows, known)
        }
      })

      /** Rows may be added between two looks: only what is still wrong at the second is a fault. */
      const checkTwice = Effect.fnUntraced(function* (info: StreamInfo, known: ReadonlySet<Digest>) {
        const first = yield* check(info, known)
        if (!first.broken) return first
        const again = yield* journal.info(info.stream)
        return Option.isSome(again) ? yield* check(again.value, yield* configurations) : first
      })

      return Ledgers.of({
        recent: Effect.fn("Ledgers.recent")(function* (limit) {
          return yield* Effect.forEach(yield* newest(RUN_PREFIX, limit), record)
        }),
        find: Effect.fn("Ledgers.find")(function* (prefix) {
          return yield* record(yield* only(prefix))
        }),
        verify: Effect.fn("Ledgers.verify")(function* (prefix) {
          // Looked up before the streams: rows up to here are in one of those that are found after.
          const head = yield* journal.head
          const infos = prefix === undefined ? yield* newest("", Infinity) : [yield* only(prefix)]
          const known = yield* configurations
          const checked = yield* Effect.forEach(infos, (info) => checkTwice(info, known))
          const gap =
            prefix === undefined
              ? gapIn(
                  checked.flatMap(({ positions }) => positions),
                  head
                )
              : null
          return {
            streams: infos.length,
            events: checked.reduce((sum, { positions }) => sum + positions.length, 0),
            broken: [...checked.map(({ broken }) => broken), gap].filter((broken) => broken !== null)
          }
        })
      })
    })
  )
}
