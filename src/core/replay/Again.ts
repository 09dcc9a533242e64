/** Owns what it takes to go on with something or to do it again, and what is told of what came of that. */
import { Effect, Option } from "effect"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import { type Digest, type RunId, runStream, type SessionId } from "../../domain/Ids.ts"
import type { Journal } from "../../ports/Journal.ts"
import { runOf } from "../ledger/Soundness.ts"
import type { ConfigRecord } from "../run/ConfigRecord.ts"
import type { RunRequest, Watcher } from "../run/Request.ts"
import type { TurnRest } from "../run/Runs.ts"
import { type RunbookResult, type RunbookWatcher, unwatched } from "../runbook/Runbooks.ts"
import type { Source } from "../../domain/run/Seat.ts"
import { sameConfiguration } from "./Origin.ts"

/** Who goes on, and how. */
export interface Options {
  readonly by: Pick<RunRequest, "principal" | "surface" | "checks" | "audit">
  /** Whether a configuration that changed meanwhile is what they want. */
  readonly acceptConfig: boolean
  /** Who follows the run of it, or each of its steps. */
  readonly watcher?: Watcher | undefined
  readonly runbook?: Omit<RunbookWatcher, "run">
}

/** Whoever follows a runbook that is gone on with, and the runs of its steps. */
export const followersOf = ({ runbook, watcher }: Options): RunbookWatcher => ({
  ...unwatched,
  ...runbook,
  ...(watcher && { run: watcher })
})

/** What a lineage of its own names as where it comes from. */
export const replayOf = (run: RunId): Source => ({ run, kind: "replay", attempt: 1 })

/** What came of it. */
export type Again =
  | (Omit<TurnRest, "run"> & {
      readonly _tag: "Run"
      readonly run: RunId
      /** Whose next turn it is; null in a run by itself. */
      readonly session: SessionId | null
      readonly source: RunId
    })
  | { readonly _tag: "Runbook"; readonly source: RunId; readonly result: RunbookResult }

type Reads = Pick<Journal["Service"], "info" | "read">

/** A run, as it stands. */
export const stateOf = Effect.fnUntraced(function* (journal: Reads, run: RunId) {
  const stream = runStream(run)
  const state = Option.getOrNull(runOf(stream, yield* journal.read(stream)))
  return state?.accepted
    ? { ...state, accepted: state.accepted }
    : yield* failure("CHECKPOINT_INTEGRITY_ERROR", "setup")
})
export type Known = Effect.Success<ReturnType<typeof stateOf>>

/** The configuration in force. `RESUME_CONFIG_CHANGED` where it is not the recorded one, unless that is wanted. */
export const configuredAs = Effect.fnUntraced(function* (
  journal: Parameters<typeof sameConfiguration>[0],
  configRecord: ConfigRecord["Service"],
  recorded: Digest,
  { acceptConfig }: Options
): Effect.fn.Return<Digest, RuntimeFailure> {
  const now = yield* configRecord.digest
  if (!acceptConfig) yield* sameConfiguration(journal, recorded, now)
  return now
})
