/** Owns how a draft that a steward discards ends its run, by itself or together with the beginning of the next turn. */
import { Option, Result } from "effect"
import type { RunEvent } from "../../domain/Event.ts"
import { codes, failure, type RuntimeFailure } from "../../domain/Failure.ts"
import { settlement } from "../../domain/run/Budget.ts"
import { replay } from "../../domain/run/Evolution.ts"
import { answering } from "../../domain/session/Bond.ts"
import { discarded } from "../../domain/session/Steward.ts"
import type { Decision } from "../../domain/session/Turn.ts"
import type { Preceding } from "./Companion.ts"
import type { Held } from "./Held.ts"

/** A discarded draft ends its run. */
export const discarding = (decision: Decision): ReadonlyArray<RunEvent> => [
  { _tag: "StewardDecided", ...decision },
  ...Option.match(discarded(decision), {
    onNone: () => [],
    onSome: (code): ReadonlyArray<RunEvent> => [
      { _tag: "RunRefused", code, phase: "gate", retryable: codes[code].retryable, receipt: null }
    ]
  })
]

/** The end of a turn that is redirected, as it is written together with the next one's beginning. */
export const endOf = (
  { stream, state, sequence, reservedAt }: Held,
  decision: Decision
): Result.Result<Preceding, RuntimeFailure> => {
  const events = discarding(decision)
  return Result.flatMap(replay(events, state), (ended) => {
    const last = events.at(-1)
    const facts = last ? answering(ended, last) : null
    return facts
      ? Result.succeed({
          append: { stream, expected: sequence, events, sealed: [], key: null },
          facts,
          settle: settlement(ended, reservedAt)
        })
      : Result.fail(failure("INTERNAL_ERROR", "gate"))
  })
}
