/**
 * Owns what a server does first: what processes that died have left under way is gone on with, or ended, so that whoever watches
 * it is told. Nobody waits for that, and what cannot be recovered now is left to the next one who tries.
 */
import { Effect, Layer } from "effect"
import { Resumption } from "../core/run/Resumption.ts"

export const layer = Layer.effectDiscard(
  Effect.flatMap(Resumption, ({ recover }) => Effect.forkScoped(Effect.ignore(recover)))
)
