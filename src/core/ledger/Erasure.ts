/** Owns erasure: the keys of one run's texts are destroyed for good, and what was recorded about it stands. */
import { Context, Effect, Layer, Option, Schedule, Schema } from "effect"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import { type Principal, RunId, runStream } from "../../domain/Ids.ts"
import { type Append, Journal } from "../../ports/Journal.ts"
import { Ledgers } from "./Ledgers.ts"
import { runOf } from "./Soundness.ts"

export const Erased = Schema.Struct({
  run: RunId,
  /**
   * Whether nothing is left in the journal's log either. False while another process reads that log: any process that
   * writes empties it afterwards.
   */
  scrubbed: Schema.Boolean
})
export type Erased = typeof Erased.Type

export class Erasure extends Context.Service<
  Erasure,
  {
    /**
     * Erases the one run whose id begins with `prefix`: `RUN_NOT_FOUND`, `RUN_OPEN` before its end, `RUN_ERASED` the
     * second time, `LEDGER_BROKEN` when its rows are not those of a run.
     */
    readonly erase: (prefix: string, principal: Principal) => Effect.Effect<Erased, RuntimeFailure>
  }
>()("io-iii/core/ledger/Erasure") {
  static readonly layer = Layer.effect(
    Erasure,
    Effect.gen(function* () {
      const journal = yield* Journal
      const ledgers = yield* Ledgers

      const destroy = Effect.fnUntraced(function* (run: RunId, principal: Principal) {
        const stream = runStream(run)
        const rows = yield* journal.read(stream)
        const state = runOf(stream, rows)
        if (Option.isNone(state)) return yield* failure("LEDGER_BROKEN", "setup")
        if (state.value.erased) return yield* failure("RUN_ERASED", "setup")
        if (!state.value.ending) return yield* failure("RUN_OPEN", "setup")
        yield* journal.commit({
          appends: [
            {
              stream,
              expected: rows.length,
              events: [{ _tag: "RunErased", principal }],
              sealed: [],
              key: null,
              erase: true
            }
          ]
        })
      })

      const erase = Effect.fn("Erasure.erase")(function* (prefix: string, principal: Principal) {
        const found = yield* ledgers.find(prefix)
        // A broken run may have another name than an id.
        if (!isRunId(found.run)) return yield* failure("LEDGER_BROKEN", "setup")
        const { run } = found
        yield* destroy(run, principal).pipe(
          // Somebody else was first: look again.
          Effect.retry({ while: ({ code }) => code === "JOURNAL_CONFLICT", times: 3 })
        )
        return { run, scrubbed: yield* scrubbing(journal) }
      })

      return Erasure.of({ erase })
    })
  )
}

const isRunId = Schema.is(RunId)

/**
 * What erases those of a session's or a runbook's runs that are not erased yet. `LEDGER_BROKEN` where the rows of one are not
 * those of a run that has ended.
 */
export const erasuresOf = Effect.fnUntraced(function* (
  { read }: Pick<Journal["Service"], "read">,
  runs: ReadonlyArray<RunId>,
  principal: Principal
): Effect.fn.Return<ReadonlyArray<Append>, RuntimeFailure> {
  const erasures: Array<Append> = []
  for (const run of runs) {
    const stream = runStream(run)
    const rows = yield* read(stream)
    const state = runOf(stream, rows)
    if (Option.isNone(state) || !state.value.ending) return yield* failure("LEDGER_BROKEN", "setup")
    if (state.value.erased) continue
    const events = [{ _tag: "RunErased", principal } as const]
    erasures.push({ stream, expected: rows.length, events, sealed: [], key: null, erase: true })
  }
  return erasures
})

/** Empties the journal's log of what was erased, for three seconds at most: whether that has succeeded. */
export const scrubbing = (
  journal: Pick<Journal["Service"], "scrub">
): Effect.Effect<boolean, RuntimeFailure> =>
  journal.scrub.pipe(
    Effect.catchIf(
      ({ code }) => code === "JOURNAL_BUSY",
      () => Effect.succeed(false)
    ),
    Effect.repeat({ until: (scrubbed) => scrubbed, schedule: Schedule.spaced("200 millis"), times: 15 })
  )
