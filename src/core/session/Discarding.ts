/** Owns how a draft that a steward discards ends its run, by itself or together with the beginning of the next turn. */
import { Effect, Option, Result } from "effect"
import type { RunEvent } from "../../domain/Event.ts"
import { codes, failure, type RuntimeFailure } from "../../domain/Failure.ts"
import { settlement } from "../../domain/run/Budget.ts"
import { replay } from "../../domain/run/Evolution.ts"
import { answering } from "../../domain/run/Bond.ts"
import type { Facts } from "../../domain/run/Bond.ts"
import { discarded } from "../../domain/session/Steward.ts"
import type { Decision } from "../../domain/session/Turn.ts"
import type { Timestamp } from "../../domain/Ids.ts"
import type { Journal } from "../../ports/Journal.ts"
import { type Preceding, together } from "../run/Companion.ts"
import type { Held } from "./Held.ts"

/** A discarded draft ends its run. */
const discarding = (decision: Decision): ReadonlyArray<RunEvent> => [
  { _tag: "StewardDecided", ...decision },
  ...Option.match(discarded(decision), {
    onNone: () => [],
    onSome: (code): ReadonlyArray<RunEvent> => [
      { _tag: "RunRefused", code, phase: "gate", retryable: codes[code].retryable, receipt: null }
    ]
  })
]

/** The end of a turn whose draft is discarded, as it is written together with what its session says of it. */
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

/** What is closed together with the decision: the session, or the runbook. */
const closingOf = ({ pending: { session, index } }: Held, { action, principal }: Decision): Facts | null =>
  action !== "close"
    ? null
    : session
      ? { _tag: "SessionClosed", principal }
      : { _tag: "RunbookTerminated", index, code: "STEWARD_REJECTED" }

/** Somebody titles a session, or changes its mode, while its draft is discarded: seldom, and not that often. */
const TRIES = 10

/** Discards a held draft by itself. Needs no key: what cannot be read any more still can be. */
export const discard = Effect.fnUntraced(function* (
  journal: Pick<Journal["Service"], "commit" | "info" | "read">,
  held: Held,
  decision: Decision,
  notBefore: Timestamp | null = null
): Effect.fn.Return<void, RuntimeFailure> {
  const { append, facts, settle } = yield* Effect.fromResult(endOf(held, decision))
  const companion = { ...held.companion, closing: closingOf(held, decision) }
  const isStillHeld = Effect.map(
    journal.info(held.stream),
    Option.exists(({ seq }) => seq === held.sequence)
  )
  yield* Effect.flatMap(together(companion, append, [facts]), (appends) =>
    journal.commit({ appends, settle, notBefore })
  ).pipe(
    Effect.retry({
      while: (reason) => (isMoved(reason) ? isStillHeld : Effect.succeed(false)),
      times: TRIES
    })
  )
})

/** Somebody else wrote first: what was read is not how it stands any more. */
export const isMoved = ({ code }: RuntimeFailure): boolean =>
  code === "JOURNAL_CONFLICT" || code === "SESSION_CONFLICT" || code === "RUNBOOK_CONFLICT"
