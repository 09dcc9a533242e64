/** Owns what is read of many streams for a list: one that is broken hides no other. What is wrong with it is the verifier's to say. */
import { Effect } from "effect"
import type { RuntimeFailure } from "../../domain/Failure.ts"
import { TOGETHER } from "../../ports/Journal.ts"

/** What could be read of these. Whatever else a reading fails with, all of it does. */
export const unbroken = <A, B>(
  all: ReadonlyArray<A>,
  read: (one: A) => Effect.Effect<B, RuntimeFailure>
): Effect.Effect<ReadonlyArray<B>, RuntimeFailure> => {
  const found = (one: A): Effect.Effect<ReadonlyArray<B>, RuntimeFailure> =>
    read(one).pipe(
      Effect.map((standing) => [standing]),
      Effect.catchIf(isBroken, () => Effect.succeed([]))
    )
  return Effect.map(Effect.forEach(all, found, TOGETHER), (each) => each.flat())
}

const isBroken = ({ code }: RuntimeFailure): boolean => code === "LEDGER_BROKEN"
