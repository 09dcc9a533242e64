/**
 * Owns going on with what has not ended well, and doing again what has ended: a run, a turn, a runbook. What is on record is
 * held against its laws first, and a configuration that changed meanwhile is not passed over.
 */
import { Context, Effect, Layer } from "effect"
import { inRun, type RuntimeFailure } from "../../domain/Failure.ts"
import type { RunId } from "../../domain/Ids.ts"
import type { Source } from "../../domain/run/Seat.ts"
import { Journal } from "../../ports/Journal.ts"
import { type Again, type Options, stateOf } from "./Again.ts"
import { lastAttempt } from "./Lineage.ts"
import { find, type Target } from "./Origin.ts"
import { RunbooksAgain } from "./RunbooksAgain.ts"
import { RunsAgain } from "./RunsAgain.ts"

export class Replays extends Context.Service<
  Replays,
  {
    /** What would be gone on with, or done again, under this id: a step is gone on with as its runbook, and done again alone. */
    readonly target: (prefix: string, kind: Source["kind"]) => Effect.Effect<Target, RuntimeFailure>
    /**
     * Goes on with the one run, turn or runbook whose id begins so: a runbook at its first step that has not ended well, a run
     * whose process is gone from its paid draft, one that has failed as the next attempt at the same. Somebody may have gone on
     * with it before: then what is gone on with is the last attempt. `CHECKPOINT_NOT_FOUND`,
     * `CHECKPOINT_INTEGRITY_ERROR`, `RESUME_INVALID_STATE`, `RESUME_CONFIG_CHANGED`, `REPLAY_CONTENT_REQUIRED`: then nothing
     * was done.
     */
    readonly resume: (prefix: string, options: Options) => Effect.Effect<Again, RuntimeFailure>
    /** Does the same from the start, as a lineage of its own that names where it comes from. */
    readonly replay: (prefix: string, options: Options) => Effect.Effect<Again, RuntimeFailure>
  }
>()("io-iii/core/replay/Replays") {
  static readonly layer = Layer.effect(
    Replays,
    Effect.gen(function* () {
      const journal = yield* Journal
      const runbooks = yield* RunbooksAgain
      const runs = yield* RunsAgain

      const target = Effect.fnUntraced(function* (
        prefix: string,
        kind: Source["kind"]
      ): Effect.fn.Return<Target, RuntimeFailure> {
        const found = yield* find(journal, prefix)
        if (found._tag === "Runbook" || kind === "replay") return found
        const { step } = (yield* inNamed(found.run, stateOf(journal, found.run))).accepted
        if (step) return { _tag: "Runbook", run: step.runbook }
        return { _tag: "Run", run: yield* lastAttempt(journal, found.run) }
      })

      const aimed = (kind: Source["kind"]) =>
        Effect.fn(`Replays.${kind}`)(function* (prefix: string, options: Options) {
          const { _tag, run } = yield* target(prefix, kind)
          return yield* inNamed(run, (_tag === "Run" ? runs : runbooks)[kind](run, options))
        })

      return Replays.of({ target, resume: aimed("resume"), replay: aimed("replay") })
    })
  )
}

const inNamed = <A>(run: RunId, effect: Effect.Effect<A, RuntimeFailure>) =>
  Effect.mapError(effect, (reason) => (reason.run ? reason : inRun(run)(reason)))
