/** Owns the check of a large journal by several threads at once: it saves time, and finds nothing that a check in order does not. */
import { Context, Effect, type Option } from "effect"
import type { Whole } from "../domain/ledger/Parts.ts"

export interface ParallelCheck {
  /**
   * What holds of all rows up to `last`, and of the heads as they were at `mark`; every stream kept as it is recorded.
   * `None` when something is false, when the journal is too small to be worth it, or when threads cannot be had.
   */
  readonly upTo: (last: number, mark: number) => Effect.Effect<Option.Option<Whole>>
}

/** Where nobody provides one, everything is checked in order. */
export const ParallelCheck = Context.Reference<ParallelCheck>("io-iii/ports/ParallelCheck", {
  defaultValue: () => ({ upTo: () => Effect.succeedNone })
})
