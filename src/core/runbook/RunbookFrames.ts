/** Owns a runbook as what a follower of it sees, hand to hand: its beginning, each step and pieces of its answer, the end. */
import { Effect, Stream } from "effect"
import type { RuntimeFailure } from "../../domain/Failure.ts"
import type { Execution } from "../../domain/runbook/Execution.ts"
import * as Handover from "../run/Handover.ts"
import type { ReleasedChunk } from "../run/Release.ts"
import type { Watcher } from "../run/Request.ts"
import type { RunbookWatcher, StepOutcome } from "./Runbooks.ts"

export type RunbookFrame<Result> =
  | { readonly _tag: "Started"; readonly execution: Execution }
  | { readonly _tag: "Step"; readonly index: number; readonly execution: Execution }
  | { readonly _tag: "Chunk"; readonly index: number; readonly chunk: ReleasedChunk }
  | { readonly _tag: "Ended"; readonly outcome: StepOutcome; readonly execution: Execution }
  | { readonly _tag: "Finished"; readonly result: Result }

export interface Following extends Pick<Watcher, "cancelled"> {
  /** Whether pieces of an answer come early, where nothing can still stop it; else each comes whole. */
  readonly inPieces: boolean
}

/** Follows whatever takes a watcher. A follower that goes away interrupts it. */
export const runbookFrames = <Result>(
  run: (watcher: RunbookWatcher) => Effect.Effect<Result, RuntimeFailure>,
  { inPieces, ...told }: Following
): Stream.Stream<RunbookFrame<Result>, RuntimeFailure> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const hands = yield* Handover.make<RunbookFrame<Result>, RuntimeFailure>()
      let at = 0
      yield* run({
        started: (execution) => hands.give({ _tag: "Started", execution }),
        step: (index, execution) => {
          at = index
          return hands.give({ _tag: "Step", index, execution })
        },
        ended: (outcome, execution) => hands.give({ _tag: "Ended", outcome, execution }),
        run: {
          ...told,
          accepted: () => Effect.void,
          outlet: inPieces ? (chunk) => hands.give({ _tag: "Chunk", index: at, chunk }) : null
        }
      }).pipe(
        Effect.flatMap((result) => hands.give({ _tag: "Finished", result })),
        Effect.onExit(hands.end),
        Effect.forkScoped
      )
      return hands.stream
    })
  )
