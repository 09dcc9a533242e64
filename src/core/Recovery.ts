/** Owns the runs that dead processes left open: it ends them by the recovery law and touches no living one. */
import { Context, Effect, Layer, Option, Result } from "effect"
import type { RunEvent } from "../domain/Event.ts"
import { failure, type RuntimeFailure } from "../domain/Failure.ts"
import type { StreamId } from "../domain/Ids.ts"
import { decode, type Row } from "../domain/Ledger.ts"
import { abandon } from "../domain/Recovery.ts"
import { replay, type RunState } from "../domain/Run.ts"
import { Journal } from "../ports/Journal.ts"

/** Abandoned runs ended at one go; what is left over is found the next time. */
const BATCH = 1000

/** Folds the rows of a run's stream; `LEDGER_BROKEN` when they are not a possible run. */
export const foldRows = (rows: ReadonlyArray<Row>): Effect.Effect<RunState, RuntimeFailure> => {
  const events = rows.flatMap((row) => Option.toArray(decode(row.payload)))
  const state = replay(events.filter((event): event is RunEvent => event._tag !== "ConfigLoaded"))
  return events.length < rows.length || Result.isFailure(state)
    ? Effect.fail(failure("LEDGER_BROKEN", "recovery"))
    : Effect.succeed(state.success)
}

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
        const events = abandon(yield* foldRows(rows))
        if (events.length === 0) return
        yield* journal.commit({ appends: [{ stream, expected: rows.length, events, sealed: [], key: null }] })
      })

      const recover = Effect.gen(function* () {
        const open = yield* journal.streams({ prefix: "run/", openOnly: true, before: null, limit: BATCH })
        const abandoned = open.filter((stream) => !stream.alive)
        // Another process may be recovering too: whoever adopts a run first ends it.
        const ended = yield* Effect.forEach(abandoned, ({ stream }) => Effect.isSuccess(end(stream)))
        return ended.filter(Boolean).length
      })

      return Recovery.of({ recover: recover.pipe(Effect.withSpan("Recovery.recover")) })
    })
  )
}
