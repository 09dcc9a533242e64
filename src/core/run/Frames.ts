/** Owns a run as what a follower of it sees, hand to hand: the facts before its first call, pieces of the answer, the end. */
import { Effect, Stream } from "effect"
import type { RuntimeFailure } from "../../domain/Failure.ts"
import type { Accepted, Watcher } from "./Request.ts"
import * as Handover from "./Handover.ts"
import type { ReleasedChunk } from "./Release.ts"

export type Frame<Result> =
  | { readonly _tag: "Accepted"; readonly facts: Accepted }
  | { readonly _tag: "Chunk"; readonly chunk: ReleasedChunk }
  | { readonly _tag: "Finished"; readonly result: Result }

/** Follows whatever takes a watcher. A follower that goes away interrupts it. */
export const frames = <Result>(
  run: (watcher: Watcher) => Effect.Effect<Result, RuntimeFailure>,
  watcher: Pick<Watcher, "cancelled"> = {}
): Stream.Stream<Frame<Result>, RuntimeFailure> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const hands = yield* Handover.make<Frame<Result>, RuntimeFailure>()
      yield* run({
        ...watcher,
        accepted: (facts) => hands.give({ _tag: "Accepted", facts }),
        outlet: (chunk) => hands.give({ _tag: "Chunk", chunk })
      }).pipe(
        Effect.flatMap((result) => hands.give({ _tag: "Finished", result })),
        Effect.onExit(hands.end),
        Effect.forkScoped
      )
      return hands.stream
    })
  )
