/**
 * Owns what is written beside a run that is a turn: its session says in the same commit that it began, is held, has ended.
 * A turn begins where its session was seen to stand; what comes later is said wherever it stands by then.
 */
import { Effect } from "effect"
import type { Settle } from "../../domain/run/Budget.ts"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import type { SessionId } from "../../domain/Ids.ts"
import type { Facts } from "../../domain/session/Session.ts"
import type { Append, Journal } from "../../ports/Journal.ts"
import { grow, load, type Place } from "./SessionStream.ts"

/** What has to happen together with the beginning of a turn: the end of the one that a steward has redirected. */
export interface Preceding {
  readonly append: Append
  readonly facts: Facts
  readonly settle: Settle | undefined
}

/** Which session a run is a turn of. */
export interface Companion {
  readonly session: SessionId
  /** Where it was seen to stand when the turn was asked for; null once the turn has begun. */
  readonly seen: Place | null
  readonly preceding: Preceding | null
  /** What is said once its turn has ended: a steward may close the session with it. */
  readonly closing: Facts | null
}

/** A turn that has begun, and with which nothing else happens. */
export const alone = { seen: null, preceding: null, closing: null } as const

/**
 * The appends of a commit, in the order in which their rows stand. `JOURNAL_CONFLICT` when somebody else has ended the turn.
 */
export const together = Effect.fnUntraced(function* (
  journal: Pick<Journal["Service"], "info" | "read">,
  { session, seen, preceding, closing }: Companion,
  own: Append,
  facts: ReadonlyArray<Facts>
): Effect.fn.Return<ReadonlyArray<Append>, RuntimeFailure> {
  if (facts.length === 0) return [own]
  const isFirst = own.expected === 0
  const before = facts.filter(({ _tag }) => _tag === "TurnStarted")
  const later = facts.filter(({ _tag }) => _tag !== "TurnStarted")
  const place = (isFirst ? seen : null) ?? (yield* load(journal, session))
  const began =
    before.length === 0
      ? { append: null, place }
      : yield* Effect.fromResult(grow(place, preceding ? [preceding.facts, ...before] : before))
  const hasEnded = later.some(({ _tag }) => _tag === "TurnEnded")
  const ended =
    later.length === 0
      ? null
      : yield* Effect.fromResult(grow(began.place, hasEnded && closing ? [...later, closing] : later)).pipe(
          // A session that does not wait for this turn any more says so before the run's own stream does.
          Effect.mapError(() => failure("JOURNAL_CONFLICT", "setup"))
        )
  return [
    ...(isFirst && preceding ? [preceding.append] : []),
    ...(began.append ? [began.append] : []),
    own,
    ...(ended ? [ended.append] : [])
  ]
})
