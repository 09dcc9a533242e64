/** Owns a run as its projections read it: the fold of its events, and when each of them happened. */
import { Option, Result } from "effect"
import { type CallIntended, endsRun, holds, isEnding, type RunAccepted, type RunEvent } from "../Event.ts"
import type { Timestamp } from "../Ids.ts"
import { NULL_PROVIDER } from "./Route.ts"
import { initial, type RunState } from "./Run.ts"
import { replay } from "./Evolution.ts"

/** An event and the time of its row. Rows of one commit have one time. */
export interface Moment {
  readonly at: Timestamp
  readonly event: RunEvent
}

/** A run from its acceptance to its ending, or as far as it has come. What is done to a run that has ended is no part. */
export interface Timeline {
  readonly accepted: typeof RunAccepted.Type
  readonly state: RunState
  readonly moments: ReadonlyArray<Moment>
  readonly startedAt: Timestamp
  readonly lastAt: Timestamp
}

/** `None` when these are not the events of a run, or it has not begun. */
export const timeline = (all: ReadonlyArray<Moment>): Option.Option<Timeline> => {
  const ending = all.findIndex(({ event }) => endsRun(event))
  const moments = ending < 0 ? all : all.slice(0, ending + 1)
  const state = Result.getOrElse(replay(moments.map(({ event }) => event)), () => initial)
  const { accepted } = state
  const first = moments[0]
  return accepted && first
    ? Option.some({
        accepted,
        state,
        moments,
        startedAt: first.at,
        lastAt: moments.at(-1)?.at ?? first.at
      })
    : Option.none()
}

/** Whether an event, as the ledger has it, is how a run ended. */
export const endsRunAsWritten = (payload: string): boolean => endsRun(kindOf(payload))

/** Whether a stream that ends with an event, as the ledger has it, has nothing left to do. */
export const isEndingAsWritten = (payload: string): boolean => isEnding(kindOf(payload))

/** Its kind comes first. */
const kindOf = (payload: string) => ({ _tag: /^\{"_tag":"([A-Za-z]+)"/.exec(payload)?.[1] ?? "" })

/** From acceptance to the last event, without the time that it was held for a steward; never less than nothing. */
export const elapsed = ({ startedAt, lastAt, moments }: Timeline): number => {
  const heldAt = moments.find(({ event }) => holds(event))?.at ?? null
  const decidedAt = moments.find(({ event }) => event._tag === "StewardDecided")?.at ?? lastAt
  return Math.max(0, lastAt - startedAt - (heldAt === null ? 0 : decidedAt - heldAt))
}

/** The call whose answer a run gives, or would have given: the last one that was not an audit. */
export const answering = ({ calls }: RunState): typeof CallIntended.Type | undefined =>
  calls.findLast(({ intended }) => intended.purpose !== "audit")?.intended

/** Whether nobody but the stand-in was to answer. */
export const isStandIn = (state: RunState): boolean =>
  (answering(state)?.provider ?? state.route?.route.provider) === NULL_PROVIDER
