/** Owns what waits of a turn or a step that has come to rest: what a decision about it has to name. */
import { Effect } from "effect"
import type { RuntimeFailure } from "../../domain/Failure.ts"
import type { TurnRest } from "../run/Runs.ts"
import type { Place } from "../runbook/RunbookStream.ts"
import type { Pending } from "./Held.ts"
import type { Steward } from "./Steward.ts"

/** Null where nothing waits, or not any more. */
export const waitingOf = (
  { held }: Pick<Steward["Service"], "held">,
  { run, rest }: Pick<TurnRest, "run" | "rest">
): Effect.Effect<Pending | null, RuntimeFailure> => (rest._tag === "Held" ? held(run) : Effect.succeed(null))

/** The same of a runbook: of the step that it has paused at. */
export const pausedOf = (
  { held }: Pick<Steward["Service"], "held">,
  { execution: { after } }: Pick<Place, "execution">
): Effect.Effect<Pending | null, RuntimeFailure> =>
  after.status === "paused" && after.open ? held(after.open.run) : Effect.succeed(null)
