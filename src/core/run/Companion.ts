/**
 * Owns what is written beside a run that is a turn or a step: its session or runbook says in the same commit that it began, is
 * held, has ended. A run begins where that was seen to stand; what comes later is said wherever it stands by then.
 */
import { Effect, type Result } from "effect"
import { type Code, failure, type RuntimeFailure } from "../../domain/Failure.ts"
import type { RunId, SessionId } from "../../domain/Ids.ts"
import type { Facts } from "../../domain/run/Bond.ts"
import type { Settle } from "../../domain/run/Budget.ts"
import type { Append } from "../../ports/Journal.ts"

/** A session or a runbook as it stands, and what can be said of it there. */
export interface Host {
  /** Fails where one of it cannot happen there. What follows by itself is said too. */
  readonly grow: (facts: ReadonlyArray<Facts>) => Result.Result<Grown, RuntimeFailure>
}

export interface Grown {
  readonly append: Append
  readonly host: Host
}

/** What has to happen together with the beginning of a run: the end of the one that a steward has redirected. */
export interface Preceding {
  readonly append: Append
  readonly facts: Facts
  readonly settle: Settle | undefined
}

/** Of which session a run is a turn, or of which runbook a step. */
export interface Companion {
  readonly of: { readonly session: SessionId } | { readonly runbook: RunId }
  /** How it stands now. */
  readonly load: Effect.Effect<Host, RuntimeFailure>
  /** What it says of a run that began where it does not stand any more. */
  readonly conflict: Code
  /** Where it was seen to stand when the run was asked for; null once that has begun. */
  readonly seen: Host | null
  readonly preceding: Preceding | null
  /** What is said once its run has ended: a steward may close it together with that. */
  readonly closing: Facts | null
}

/** A run that has begun, and with which nothing else happens. */
export const alone = { seen: null, preceding: null, closing: null } as const

/**
 * The appends of a commit, in the order in which their rows stand. `JOURNAL_CONFLICT` when somebody else has ended the run.
 */
export const together = Effect.fnUntraced(function* (
  { load, seen, preceding, closing }: Companion,
  own: Append,
  facts: ReadonlyArray<Facts>
): Effect.fn.Return<ReadonlyArray<Append>, RuntimeFailure> {
  if (facts.length === 0) return [own]
  const isFirst = own.expected === 0
  const before = facts.filter(isBeginning)
  const later = facts.filter((one) => !isBeginning(one))
  const host = (isFirst ? seen : null) ?? (yield* load)
  const began =
    before.length === 0
      ? { append: null, host }
      : yield* Effect.fromResult(host.grow(preceding ? [preceding.facts, ...before] : before))
  const hasEnded = later.some(({ _tag }) => _tag === "TurnEnded" || _tag === "StepEnded")
  const ended =
    later.length === 0
      ? null
      : yield* Effect.fromResult(began.host.grow(hasEnded && closing ? [...later, closing] : later)).pipe(
          // What does not wait for this run any more says so before the run's own stream does.
          Effect.mapError(() => failure("JOURNAL_CONFLICT", "setup"))
        )
  return [
    ...(isFirst && preceding ? [preceding.append] : []),
    ...(began.append ? [began.append] : []),
    own,
    ...(ended ? [ended.append] : [])
  ]
})

const isBeginning = ({ _tag }: Facts): boolean => _tag === "TurnStarted" || _tag === "StepStarted"
