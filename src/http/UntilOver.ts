/** Owns what somebody has for as long as their request is answered, whatever becomes of it. */
import { Effect, Scope } from "effect"

/** `Effect.acquireRelease` whose release needs nothing of the request: no copy of its services is made and kept for it. */
export const untilOver = <A, E, R>(
  acquire: Effect.Effect<A, E, R>,
  release: (acquired: A) => Effect.Effect<void>
): Effect.Effect<A, E, R | Scope.Scope> =>
  Effect.uninterruptible(
    Effect.flatMap(Effect.scope, (scope) =>
      Effect.tap(acquire, (acquired) => Scope.addFinalizer(scope, release(acquired)))
    )
  )
