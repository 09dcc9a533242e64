/** Owns what a run's stream is to whoever writes it; `OpenLog.ts` writes it. */
import type { Effect } from "effect"
import type { CallPermit } from "../../domain/run/Bounds.ts"
import type { Content } from "../../domain/Content.ts"
import type { CallIntended, RunEvent } from "../../domain/Event.ts"
import type { RuntimeFailure } from "../../domain/Failure.ts"
import type { ContentId, Digest, RunId, Timestamp } from "../../domain/Ids.ts"
import type { RunState } from "../../domain/run/Run.ts"
import type { Budgets } from "../../domain/config/Settings.ts"
import type { Intent } from "../../ports/Journal.ts"

export interface RunLog {
  readonly run: RunId
  /** The fold of everything kept, durable or not yet. */
  readonly state: () => RunState
  /** Whether anything of it is durable. */
  readonly isRecorded: () => boolean
  /**
   * Keeps events for the next commit; `RUN_TRANSITION_INVALID` when one cannot happen here. It waits for nothing: in a
   * program it is `yield*`ed like any effect, and is none.
   */
  readonly keep: (...events: ReadonlyArray<RunEvent>) => Effect.fn.Return<void, RuntimeFailure>
  /** Keeps a text for the next commit and returns its digest. */
  readonly seal: (id: ContentId, content: Content) => Digest
  readonly digest: (id: ContentId, content: Content) => Digest
  /**
   * That the run is this process' still. Free of cost, but for a process that was silent for long: others may have taken
   * it for dead. Once it has failed, with `JOURNAL_CONFLICT` when they have, nothing is written here any more.
   */
  readonly held: Effect.Effect<void, RuntimeFailure>
  /** Makes durable what was kept. */
  readonly commit: Effect.Effect<void, RuntimeFailure>
  /** Ends the run as its process' death would: by the recovery law. */
  readonly abandon: Effect.Effect<void, RuntimeFailure>
  /**
   * Makes a call's intent durable with everything kept before it, and turns the permit into the right to call. The first
   * one reserves the run's worst case; after `BUDGET_EXCEEDED` what was kept before it is still kept.
   */
  readonly intend: (
    permit: CallPermit,
    intended: typeof CallIntended.Type,
    budget: Budgets | null
  ) => Effect.Effect<Intent, RuntimeFailure>
}

/** Where a stream stands that is gone on with. */
export interface Past {
  readonly state: RunState
  readonly sequence: number
  /** When its worst case was reserved; null before the first intent. */
  readonly reservedAt: Timestamp | null
}
