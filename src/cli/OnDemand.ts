/** Owns when what commands do is loaded: once one of them is to be done. What may be typed is known without it. */
import { Effect } from "effect"

type Handlers = typeof import("./handlers.ts")

/** The handler of a command, by its name among all of them. */
export const onDemand =
  <Given, E, R>(handlerOf: (all: Handlers) => (given: Given) => Effect.Effect<void, E, R>) =>
  (given: Given): Effect.Effect<void, E, R> =>
    Effect.flatMap(
      Effect.promise(() => import("./handlers.ts")),
      (all) => handlerOf(all)(given)
    )
