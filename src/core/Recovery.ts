/** Owns the runs that dead processes left open: it ends them by the recovery law and touches no living one. */
import { Context, Effect, Layer, Option, Result } from "effect"
import { settlement } from "../domain/Budget.ts"
import { failure, type RuntimeFailure } from "../domain/Failure.ts"
import { RUN_PREFIX, type StreamId } from "../domain/Ids.ts"
import { abandon } from "../domain/Recovery.ts"
import { replay } from "../domain/Run.ts"
import { Journal } from "../ports/Journal.ts"
import { reservedAt, runOf } from "./Soundness.ts"

/** Abandoned runs ended at one go; what is left over is found the next time. */
const BATCH = 1000

export class Recovery extends Context.Service<
  Recovery,
  {
    /** Ends every run whose owner is dead; returns how many. Calls no model. */
    readonly recover: Effect.Effect<number, RuntimeFailure>
  }
>()("io-iii/core/Recovery") {
  static readonly layer = Layer.effect(
    Recovery,
    Effect.gen(function* () {
      const journal = yield* Journal

      const end = Effect.fnUntraced(function* (stream: StreamId) {
        yield* journal.adopt(stream)
        const rows = yield* journal.read(stream)
        const run = runOf(stream, rows)
        if (Option.isNone(run)) return yield* failure("LEDGER_BROKEN", "recovery")
        const events = abandon(run.value)
        if (events.length === 0) return
        const ended = replay(events, run.value)
        if (Result.isFailure(ended)) return yield* failure("LEDGER_BROKEN", "recovery")
        yield* journal.commit({
          appends: [{ stream, expected: rows.length, events, sealed: [], key: null }],
          settle: settlement(ended.success, reservedAt(rows))
        })
      })

      const recover = Effect.gen(function* () {
        const open = yield* journal.streams({
          prefix: RUN_PREFIX,
          openOnly: true,
          before: null,
          limit: BATCH
        })
        const abandoned = open.filter((stream) => !stream.alive)
        // Another process may be recovering too: whoever adopts a run first ends it.
        const ended = yield* Effect.forEach(abandoned, ({ stream }) => Effect.isSuccess(end(stream)))
        return ended.filter(Boolean).length
      })

      return Recovery.of({ recover: recover.pipe(Effect.withSpan("Recovery.recover")) })
    })
  )
}
