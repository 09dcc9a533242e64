/** Owns the sign of life that whoever reads events hears: one beat for all of them, since there are many that only wait. */
import { Effect, Schedule, type Scope } from "effect"

const BEAT = "15 seconds"

/** Has `give` called at each beat, for as long as the scope. */
export type Hear = (give: () => void) => Effect.Effect<void, never, Scope.Scope>

export const pulse: Effect.Effect<Hear, never, Scope.Scope> = Effect.gen(function* () {
  const hearing = new Set<() => void>()
  yield* Effect.sync(() => hearing.forEach((give) => give())).pipe(
    Effect.schedule(Schedule.spaced(BEAT)),
    Effect.forkScoped
  )
  return (give) =>
    Effect.acquireRelease(
      Effect.sync(() => void hearing.add(give)),
      () => Effect.sync(() => hearing.delete(give))
    )
})
