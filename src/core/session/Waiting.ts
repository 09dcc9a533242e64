/** Owns what waits of a turn or a step that has come to rest: what a decision about it has to name. */
import { Effect } from "effect"
import type { RuntimeFailure } from "../../domain/Failure.ts"
import type { TurnRest } from "../run/Runs.ts"
import type { Pending } from "./Held.ts"
import type { Steward } from "./Steward.ts"

/** Null where nothing waits, or not any more. */
export const waitingOf = (
  { pending }: Pick<Steward["Service"], "pending">,
  { run, rest }: Pick<TurnRest, "run" | "rest">
): Effect.Effect<Pending | null, RuntimeFailure> =>
  rest._tag === "Held"
    ? Effect.map(pending, (waiting) => waiting.find((one) => one.run === run) ?? null)
    : Effect.succeed(null)
