/** Owns what is told of a session's turns without their texts, and which rows of a session say it. */
import { Effect, Schema } from "effect"
import { Code, failure, type RuntimeFailure } from "../../domain/Failure.ts"
import { Count, Mode, RunId, sessionStream, Timestamp } from "../../domain/Ids.ts"
import type { Row } from "../../domain/ledger/Ledger.ts"
import { Glance } from "../../domain/run/Glance.ts"
import { SessionMode, Threshold, TurnStatus } from "../../domain/session/Turn.ts"
import type { Journal } from "../../ports/Journal.ts"
import { eventOf, type Place } from "./SessionStream.ts"

/** What its session says of a turn. */
const ofSession = {
  run: RunId,
  /** Place among the session's turns, from 0. */
  index: Count,
  mode: SessionMode,
  persona: Mode,
  /** `running` and `held` have not ended. */
  status: Schema.Literals([...TurnStatus.literals, "running", "held"]),
  /** Null when it was released or cancelled, or has not ended. */
  code: Schema.NullOr(Code),
  /** The threshold that a steward was asked for; null where none fired. */
  threshold: Schema.NullOr(Threshold),
  /** Whether it counts against the ceiling. */
  counts: Schema.Boolean,
  /** The earlier turn that it stands in place of; null for one that follows the newest. */
  insteadOf: Schema.NullOr(Count),
  promptChars: Count,
  /** Of what is in the history of later turns; null where nothing whole left. */
  answerChars: Schema.NullOr(Count),
  /** Milliseconds of its calls, and its tokens; null before it has ended. */
  latencyMillis: Schema.NullOr(Count),
  tokens: Schema.NullOr(Count),
  startedAt: Timestamp,
  endedAt: Schema.NullOr(Timestamp)
}
const Said = Schema.Struct(ofSession)

/** One turn of a session, without its texts. */
export const TurnRecord = Schema.Struct({
  ...ofSession,
  /** How many memory records its model was given. */
  memoryKeys: Count,
  /** Tokens of its session up to its gate, its own among them; null where it has not come so far. */
  tokensAtGate: Schema.NullOr(Count),
  /** What its run says of it; null where that is broken. */
  glance: Schema.NullOr(Glance)
})
export type TurnRecord = typeof TurnRecord.Type

/** Which turns, by their places: those after one, those before one, as many as; null asks nothing. */
export interface Range {
  readonly after: number | null
  readonly before: number | null
  readonly limit: number | null
}

export const everything: Range = { after: null, before: null, limit: null }

/** The turns of a range: from one up to another, and where the next ones are. */
interface Reach {
  readonly from: number
  readonly to: number
  /** What to ask for `after` or `before`, whichever was asked, or `before` where neither was; null at the end. */
  readonly next: number | null
}

/** The oldest turns after one, and else the newest there are. */
export const reach = ({ after, before, limit }: Range, first: number, turns: number): Reach => {
  const low = Math.max(first, after === null ? first : after + 1)
  const high = Math.max(low, Math.min(turns, before ?? turns))
  const most = limit ?? high - low
  if (after !== null) {
    const to = Math.min(high, low + most)
    return { from: low, to, next: to < high ? to - 1 : null }
  }
  const from = Math.max(low, high - most)
  return { from, to: high, next: from > low ? from : null }
}

type Reads = Pick<Journal["Service"], "read">

/**
 * The row at which so many turns were begun for the first time; null where it has not come to that. Each row says how many there were:
 * a few of them are enough to find one.
 */
export const rowOf = Effect.fnUntraced(function* (
  journal: Reads,
  { session, sequence }: Place,
  turns: number
): Effect.fn.Return<number | null, RuntimeFailure> {
  if (turns > session.after.turns) return null
  let low = 1
  let high = sequence
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if ((yield* turnsAt(journal, session.session, middle)) >= turns) high = middle
    else low = middle + 1
  }
  return low
})

const turnsAt = Effect.fnUntraced(function* (
  journal: Reads,
  session: Place["session"]["session"],
  row: number
): Effect.fn.Return<number, RuntimeFailure> {
  const event = eventOf((yield* journal.read(sessionStream(session), row - 1, row))[0])
  return event ? event.after.turns : yield* failure("LEDGER_BROKEN", "setup")
})

/** What a session says of the turns of a range, and where the next ones are. */
export const turnsOf = Effect.fnUntraced(function* (journal: Reads, place: Place, range: Range) {
  const { session, after } = place.session
  const first = yield* turnsAt(journal, session, 1)
  const { from, to, next } = reach(range, first, after.turns)
  if (from >= to) return { turns: [], next }
  const begins = from === first ? 1 : yield* rowOf(journal, place, from + 1)
  const ends = to === after.turns ? null : yield* rowOf(journal, place, to + 1)
  const rows = yield* journal.read(
    sessionStream(session),
    (begins ?? 1) - 1,
    ends === null ? place.sequence : ends - 1
  )
  return { turns: recordsIn(rows), next }
})

/** Each turn as the last row that concerns it has it. */
const recordsIn = (rows: ReadonlyArray<Row>): ReadonlyArray<typeof Said.Type> => {
  const records = new Map<RunId, typeof Said.Type>()
  for (const row of rows) {
    const event = eventOf(row)
    switch (event?._tag) {
      case "TurnStarted": {
        const { run, persona, turn, promptChars } = event
        records.set(run, {
          run,
          index: turn.index,
          mode: turn.mode,
          persona,
          status: "running",
          code: null,
          threshold: null,
          counts: false,
          insteadOf: turn.insteadOf ?? null,
          promptChars,
          answerChars: null,
          latencyMillis: null,
          tokens: null,
          startedAt: row.at,
          endedAt: null
        })
        break
      }
      case "TurnHeld":
      case "TurnEnded": {
        const before = records.get(event.run)
        if (before) records.set(event.run, { ...before, ...changeBy(event, row.at) })
      }
    }
  }
  return [...records.values()]
}

type Change = NonNullable<ReturnType<typeof eventOf>> & { readonly _tag: "TurnHeld" | "TurnEnded" }

const changeBy = (event: Change, at: Timestamp): Partial<TurnRecord> =>
  event._tag === "TurnHeld"
    ? { status: "held", threshold: event.threshold }
    : {
        status: event.status,
        code: event.code,
        counts: event.counts,
        answerChars: event.answer?.chars ?? null,
        latencyMillis: event.latencyMillis,
        tokens: event.tokens,
        endedAt: at
      }
