/** Owns the answer to whoever asks for proof, or a copy, of a record that was never begun: there is none, and none is made. */
import { Effect } from "effect"
import { failure, type RuntimeFailure } from "../domain/Failure.ts"
import { Machine } from "../ports/Machine.ts"

/** `RECORD_EMPTY` where no journal is. Of a folder that was mistyped nothing holds, and nothing of it is to be signed. */
export const recorded: Effect.Effect<void, RuntimeFailure, Machine> = Effect.flatMap(
  Machine.use(({ hasJournal }) => hasJournal),
  (is) => (is ? Effect.void : Effect.fail(failure("RECORD_EMPTY", "setup")))
)
