/** Owns the erasure of a runbook: the keys of its prompts and payloads and of all its runs' texts are destroyed in one commit. */
import { Context, Effect, Layer, Schema } from "effect"
import { failure, inRun, type RuntimeFailure } from "../../domain/Failure.ts"
import { Count, type Principal, RUNBOOK_PREFIX, RunId, runbookStream } from "../../domain/Ids.ts"
import { Journal } from "../../ports/Journal.ts"
import { erasuresOf, scrubbing } from "../ledger/Erasure.ts"
import { runsIn } from "../ledger/Hosted.ts"
import { named } from "../ledger/Named.ts"
import { grow, load } from "./RunbookStream.ts"

export const ErasedRunbook = Schema.Struct({
  run: RunId,
  /** How many runs' texts were destroyed with it; those that were erased before are not among them. */
  runs: Count,
  /** Whether nothing is left in the journal's log either; see `Erased` of `core/ledger/Erasure`. */
  scrubbed: Schema.Boolean
})
export type ErasedRunbook = typeof ErasedRunbook.Type

export class RunbookErasure extends Context.Service<
  RunbookErasure,
  {
    /**
     * Erases the one execution of a runbook whose id begins with `prefix`: `CHECKPOINT_NOT_FOUND`, `RUN_AMBIGUOUS`,
     * `RUNBOOK_PAUSED` and `RUNBOOK_CONFLICT` before its end, `RUN_ERASED` the second time, `LEDGER_BROKEN` when a step's rows
     * are not those of a run.
     */
    readonly erase: (prefix: string, principal: Principal) => Effect.Effect<ErasedRunbook, RuntimeFailure>
  }
>()("io-iii/core/runbook/RunbookErasure") {
  static readonly layer = Layer.effect(
    RunbookErasure,
    Effect.gen(function* () {
      const journal = yield* Journal

      const find = Effect.fnUntraced(function* (prefix: string) {
        const { stream } = yield* named(journal, prefix, [RUNBOOK_PREFIX], unknown)
        const run = stream.slice(RUNBOOK_PREFIX.length)
        return isRunId(run) ? run : yield* failure(unknown.missing, "setup")
      })

      const destroy = Effect.fnUntraced(function* (run: RunId, principal: Principal) {
        const place = yield* load(journal, run)
        if (place.execution.after.erased) return yield* failure("RUN_ERASED", "setup")
        const { append } = yield* Effect.fromResult(grow(place, [{ _tag: "RunbookErased", principal }]))
        const runs = runsIn(yield* journal.read(runbookStream(run)))
        const erasures = yield* erasuresOf(journal, runs, principal)
        yield* journal.commit({ appends: [...erasures, { ...append, erase: true }] })
        return erasures.length
      })

      return RunbookErasure.of({
        erase: Effect.fn("RunbookErasure.erase")(function* (prefix, principal) {
          const run = yield* find(prefix)
          const runs = yield* destroy(run, principal).pipe(
            // Somebody else wrote first: look again.
            Effect.retry({ while: ({ code }) => code === "JOURNAL_CONFLICT", times: 3 }),
            Effect.mapError(inRun(run))
          )
          return { run, runs, scrubbed: yield* scrubbing(journal) }
        })
      })
    })
  )
}

const unknown = { missing: "CHECKPOINT_NOT_FOUND", ambiguous: "RUN_AMBIGUOUS" } as const

const isRunId = Schema.is(RunId)
