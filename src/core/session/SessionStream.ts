/**
 * Owns the reading and the growing of a session's stream: its first row says what it began with, its last one where it
 * stands. What may happen to it is `domain/session/Session`'s.
 */
import { Effect, Option, Result } from "effect"
import { isSessionEvent } from "../../domain/Event.ts"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import { type SessionId, sessionStream, type StreamId, type Timestamp } from "../../domain/Ids.ts"
import { decode, type Row } from "../../domain/ledger/Ledger.ts"
import { begun, decide, type Facts, moved, type Session } from "../../domain/session/Session.ts"
import type { SessionEvent } from "../../domain/session/SessionEvent.ts"
import type { Facts as HostFacts } from "../../domain/run/Bond.ts"
import type { Append, Ends, Journal } from "../../ports/Journal.ts"
import { alone, type Companion, type Host } from "../run/Companion.ts"

/** A session, and the row it stands at. */
export interface Place {
  readonly session: Session
  readonly sequence: number
  readonly startedAt: Timestamp
  /** The time of the row. */
  readonly at: Timestamp
}

type Reads = Pick<Journal["Service"], "ends">

/** A session as what its turns are written beside. */
export const hostOf = (place: Place): Host => ({
  grow: (facts) =>
    Result.map(grow(place, facts.filter(isSessionFacts)), ({ append, place: after }) => ({
      append,
      host: hostOf(after)
    }))
})

const isSessionFacts = (facts: HostFacts): facts is Facts => isSessionEvent(facts)

/** The companion of a session's turn. */
export const companionOf = (journal: Reads, session: SessionId): Companion => ({
  ...alone,
  of: { session },
  load: Effect.map(
    Effect.suspend(() => load(journal, session)),
    hostOf
  ),
  conflict: "SESSION_CONFLICT"
})

export const eventOf = (row: Row | undefined): SessionEvent | null =>
  Option.getOrNull(
    Option.flatMap(Option.fromUndefinedOr(row), ({ payload }) =>
      Option.filter(decode(payload), isSessionEvent)
    )
  )

/** `SESSION_NOT_FOUND`, and as `placeIn`. */
export const load = Effect.fnUntraced(function* (
  journal: Reads,
  id: SessionId
): Effect.fn.Return<Place, RuntimeFailure> {
  const ends = yield* journal.ends(sessionStream(id))
  return yield* Option.isSome(ends) ? placeIn(ends.value) : failure("SESSION_NOT_FOUND", "setup")
})

/** `LEDGER_BROKEN` where the rows are not those of a session. Two of them, however many there are. */
export const placeIn = ({ info, rows: [first, second] }: Ends): Effect.Effect<Place, RuntimeFailure> => {
  const started = eventOf(first)
  const last = info.seq === 1 ? started : eventOf(second)
  const session = started && begun(started)
  return first && session && last && sessionStream(session.session) === info.stream
    ? Effect.succeed({
        session: { ...session, after: last.after },
        sequence: info.seq,
        startedAt: first.at,
        at: info.at
      })
    : Effect.fail(failure("LEDGER_BROKEN", "setup"))
}

/** What is added to a session's stream, and where it stands then. Fails where one of it cannot happen there. */
export const grow = (
  place: Place,
  facts: ReadonlyArray<Facts>,
  sealed: Append["sealed"] = []
): Result.Result<{ readonly append: Append; readonly place: Place }, RuntimeFailure> => {
  const { sequence } = place
  const events: Array<SessionEvent> = []
  let { session } = place
  for (const one of facts) {
    const decided = decide(session, one)
    if (Result.isFailure(decided)) return Result.fail(decided.failure)
    events.push(decided.success)
    session = moved(session, decided.success)
  }
  const stream: StreamId = sessionStream(session.session)
  return Result.succeed({
    append: { stream, expected: sequence, events, sealed, key: null },
    place: { ...place, session, sequence: sequence + events.length }
  })
}
