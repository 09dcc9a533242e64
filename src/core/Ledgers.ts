/** Owns what the ledger can say about the past: listings, one run's events, and whether the chains hold. It writes nothing. */
import { Context, Effect, Layer, Option, Result, Schema } from "effect"
import { Event, type RunEvent } from "../domain/Event.ts"
import { failure, type RuntimeFailure } from "../domain/Failure.ts"
import { Count, RunId, runStream, StreamId, Timestamp } from "../domain/Ids.ts"
import { decode, Fault, verify } from "../domain/Ledger.ts"
import { next, replay } from "../domain/Run.ts"
import { Journal, type StreamInfo } from "../ports/Journal.ts"
import { Vault } from "../ports/Vault.ts"

/** Where a run stands. `indeterminate`: its process died while a call was out, and nobody knows what came of it. */
export const Standing = Schema.Literals([
  "running",
  "indeterminate",
  "abandoned",
  "released",
  "refused",
  "failed",
  "cancelled"
])
export type Standing = typeof Standing.Type

export const Entry = Schema.Struct({ seq: Count, at: Timestamp, event: Event })

/** One run as the ledger has it. */
export const RunRecord = Schema.Struct({ run: RunId, standing: Standing, entries: Schema.Array(Entry) })
export type RunRecord = typeof RunRecord.Type

const Broken = Schema.Struct({
  stream: StreamId,
  seq: Count,
  /**
   * `tail_missing`: the rows end before the head that was recorded with them. `impossible_run`: every link holds, but
   * the events are not those of a run.
   */
  fault: Schema.Union([Fault, Schema.Literals(["tail_missing", "impossible_run"])])
})

export const Verification = Schema.Struct({
  streams: Count,
  events: Count,
  broken: Schema.Array(Broken)
})
export type Verification = typeof Verification.Type

const PAGE = 200
const RUN_PREFIX = "run/"

export class Ledgers extends Context.Service<
  Ledgers,
  {
    /** The newest runs, newest first. */
    readonly recent: (limit: number) => Effect.Effect<ReadonlyArray<RunRecord>, RuntimeFailure>
    /** The run whose id begins with `prefix`, if there is exactly one; `RUN_NOT_FOUND` otherwise. */
    readonly find: (prefix: string) => Effect.Effect<RunRecord, RuntimeFailure>
    /** Recomputes chains and folds: of one run, or of everything. */
    readonly verify: (run?: RunId) => Effect.Effect<Verification, RuntimeFailure>
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

      const record = Effect.fnUntraced(function* (info: StreamInfo) {
        const rows = yield* journal.read(info.stream)
        const entries = rows.flatMap(({ seq, at, payload }) =>
          Option.match(decode(payload), { onNone: () => [], onSome: (event) => [{ seq, at, event }] })
        )
        const run = RunId.make(info.stream.slice(RUN_PREFIX.length))
        return {
          run,
          standing: standing(
            entries.map(({ event }) => event),
            info.alive
          ),
          entries
        }
      })

      const check = Effect.fnUntraced(function* ({ stream, head }: StreamInfo) {
        const rows = yield* journal.read(stream)
        const broken = (seq: number, fault: (typeof Broken.Type)["fault"]) => ({
          events: rows.length,
          broken: [{ stream, seq, fault }]
        })
        const chain = verify(vault.fingerprint, stream, rows)
        if (Result.isFailure(chain)) return broken(chain.failure.seq, chain.failure.fault)
        // Rows may have come since the head was looked up; they bind to it, so it is among them.
        if (!rows.some(({ hash }) => hash === head)) return broken(rows.length, "tail_missing")
        const events = rows.flatMap((row) => Option.toArray(decode(row.payload)))
        return stream.startsWith(RUN_PREFIX) && Result.isFailure(replay(events.filter(isRunEvent)))
          ? broken(rows.length, "impossible_run")
          : { events: rows.length, broken: [] }
      })

      return Ledgers.of({
        recent: Effect.fn("Ledgers.recent")(function* (limit) {
          return yield* Effect.forEach(yield* newest(RUN_PREFIX, limit), record)
        }),
        find: Effect.fn("Ledgers.find")(function* (prefix) {
          if (!/^[0-9a-f-]{1,36}$/u.test(prefix)) return yield* failure("RUN_NOT_FOUND", "setup")
          const found = yield* journal.streams({
            prefix: RUN_PREFIX + prefix,
            openOnly: false,
            before: null,
            limit: 2
          })
          const only = found.length === 1 ? found[0] : undefined
          return only ? yield* record(only) : yield* failure("RUN_NOT_FOUND", "setup")
        }),
        verify: Effect.fn("Ledgers.verify")(function* (run) {
          const streams = run
            ? Option.toArray(yield* journal.info(runStream(run)))
            : yield* newest("", Infinity)
          const checks = yield* Effect.forEach(streams, check)
          return {
            streams: streams.length,
            events: checks.reduce((sum, { events }) => sum + events, 0),
            broken: checks.flatMap(({ broken }) => broken)
          }
        })
      })
    })
  )
}

const isRunEvent = (event: Event): event is RunEvent => event._tag !== "ConfigLoaded"

const standing = (events: ReadonlyArray<Event>, alive: boolean): Standing => {
  const state = Result.getOrUndefined(replay(events.filter(isRunEvent)))
  switch (state?.ending?._tag) {
    case "Released":
      return "released"
    case "RunRefused":
      return "refused"
    case "RunFailed":
      return "failed"
    case "RunCancelled":
      return "cancelled"
    case undefined:
      if (alive) return "running"
      return state && next(state)._tag === "Settle" ? "indeterminate" : "abandoned"
  }
}
