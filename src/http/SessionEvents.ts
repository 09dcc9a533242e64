/** Owns the events of a session: its rows as they are written, whoever writes them, and between two of them what is said here. */
import { Effect, Option, Stream } from "effect"
import { sessionOutput } from "../api/results/SessionResults.ts"
import { type Cursor, END_OF_ROW, idOf, isAfter, START, type StreamEvent } from "../api/Streams.ts"
import { Sessions } from "../core/session/Sessions.ts"
import { statusOf } from "../core/session/Status.ts"
import { decode, type Row } from "../domain/ledger/Ledger.ts"
import type { RuntimeFailure } from "../domain/Failure.ts"
import { type RunId, type SessionId, sessionStream } from "../domain/Ids.ts"
import type { SessionAfter, TurnEnded } from "../domain/session/SessionEvent.ts"
import { Journal } from "../ports/Journal.ts"
import type { Open } from "./Gate.ts"
import { Lives } from "./Lives.ts"
import { numbered, rowEvents, runEvents } from "./RunEvents.ts"

const closed = (session: SessionId, { status, steps }: SessionAfter) => ({
  event: "session_closed" as const,
  data: { session_id: session, session_status: status, turn_count: steps }
})

const isClosed = ({ event }: StreamEvent): boolean => event === "session_closed"
const isCompleted = ({ event }: StreamEvent): boolean => event === "turn_completed"
/** The last event of a turn, for whoever has asked it. */
const isRest = (event: StreamEvent): boolean => isCompleted(event) || event.event === "steward_gate_triggered"

const isOf = (run: RunId, { data }: StreamEvent): boolean => "run_id" in data && data.run_id === run

const isOver = ({ status, open }: SessionAfter): boolean =>
  open === null && (status === "closed" || status === "at_limit")

/** Of which session, whether text may leave, and which turn of it somebody wants alone and whole. */
interface Asked {
  readonly session: SessionId
  readonly open: Open | null
  /** Its run, and what is the last event of it; null for all of the session. */
  readonly turn: { readonly run: RunId; readonly until: (event: StreamEvent) => boolean } | null
}

/** What there is to say of a session's rows. */
export const sessionEvents = Effect.gen(function* () {
  const journal = yield* Journal
  const lives = yield* Lives
  const sessions = yield* Sessions
  const runs = yield* runEvents

  const ended = (session: SessionId, turn: typeof TurnEnded.Type, open: Open | null) =>
    Effect.map(
      runs.ending({ run_id: turn.run, session_id: session, turn_index: turn.index }, turn, open),
      (all) => (turn.after.status === "at_limit" ? [...all, closed(session, turn.after)] : all)
    )

  const ofRow = (
    { session, open, turn: only }: Asked,
    row: Row,
    cursor: Cursor
  ): Stream.Stream<StreamEvent, RuntimeFailure> => {
    const event = Option.getOrNull(decode(row.payload))
    const said = (all: Parameters<typeof rowEvents<RuntimeFailure>>[1]) => rowEvents(row.seq, all)
    switch (event?._tag) {
      case "TurnStarted": {
        const { run, turn } = event
        const isHere = lives.find(run) !== null
        const about = { run_id: run, session_id: session, turn_index: turn.index }
        const begun = runs.started(about, turn.insteadOf)
        // Whoever watches a session and has seen none of it gets it whole, once it has ended.
        const seen = cursor.row === row.seq ? cursor.offset : 0
        const isWanted = seen !== END_OF_ROW && (isHere || only !== null || seen > 0)
        return Stream.concat(
          said(begun),
          open && isWanted ? runs.spoken(open, run, row.seq, seen) : Stream.empty
        )
      }
      case "TurnHeld":
        return said(
          runs.held({ run_id: event.run, session_id: session, turn_index: event.index }, event.threshold)
        )
      case "TurnEnded":
        return said(ended(session, event, open))
      case "SessionClosed":
      case "SessionErased":
        return said(Effect.succeed([closed(session, event.after)]))
      default:
        return Stream.empty
    }
  }

  /** What comes after a place, of these rows. */
  const told = (asked: Asked, rows: Stream.Stream<Row, RuntimeFailure>, cursor: Cursor) =>
    rows.pipe(
      Stream.flatMap((row) => ofRow(asked, row, cursor)),
      Stream.filter((event) => asked.turn === null || isOf(asked.turn.run, event)),
      // Before what was seen goes away: its end may be of that.
      Stream.takeUntil(asked.turn?.until ?? isClosed),
      Stream.filter((event) => isAfter(cursor, event))
    )

  /** The row itself again: it may have said more than was seen. */
  const firstOf = ({ row }: Cursor): number => Math.max(0, row - 1)

  const after = (asked: Asked, cursor: Cursor) =>
    told(asked, journal.follow(sessionStream(asked.session), firstOf(cursor)), cursor)

  /** From where on whoever has seen nothing watches: from now, or from the beginning of the turn that runs. */
  const now = Effect.fnUntraced(function* (session: SessionId, { open }: SessionAfter, sequence: number) {
    if (open === null) return { row: sequence, offset: END_OF_ROW }
    const rows = yield* journal.read(sessionStream(session), 0, sequence)
    const begun = rows.findLast(({ payload }) => Option.getOrNull(decode(payload))?._tag === "TurnStarted")
    return { row: (begun?.seq ?? sequence + 1) - 1, offset: END_OF_ROW }
  })

  const ofTurn = (asked: Asked, run: RunId, lastSeen: Cursor) =>
    Stream.unwrap(
      Effect.map(journal.read(sessionStream(asked.session)), (rows) => {
        const own = rows.filter(({ payload }) => {
          const event = Option.getOrNull(decode(payload))
          return event !== null && "run" in event && event.run === run
        })
        const before = { row: (own[0]?.seq ?? 1) - 1, offset: END_OF_ROW }
        return after(asked, own.some(({ seq }) => seq === lastSeen.row) ? lastSeen : before)
      })
    )

  return {
    /** A turn that was only just asked for, from after a row of its session on, until it rests. */
    turnFrom: (session: SessionId, run: RunId, row: number, open: Open | null) =>
      after({ session, open, turn: { run, until: isRest } }, { row, offset: END_OF_ROW }),
    /** The same of one that was asked for before. */
    turnAgain: (session: SessionId, run: RunId, open: Open | null) =>
      ofTurn({ session, open, turn: { run, until: isRest } }, run, START),
    /** One turn until it has ended: what comes after a place in its session, or all of it where that is none of its own. */
    turnAfter: (session: SessionId, run: RunId, lastSeen: Cursor, open: Open | null) =>
      ofTurn({ session, open, turn: { run, until: isCompleted } }, run, lastSeen),
    /**
     * How it stands, then everything after what a reader has seen, or from now on; ends where nothing more will happen. The first
     * event is numbered as the reader's own place: whoever has seen nothing else comes again from there.
     */
    watched: Effect.fnUntraced(function* (prefix: string, lastSeen: Cursor | null, open: Open | null) {
      const place = yield* sessions.place(prefix)
      const { sequence, session: about } = place
      const { session } = about
      // A row that is not there yet was never seen: of another session, or of a folder that was put back.
      const isKnown = lastSeen !== null && lastSeen.row <= sequence
      const cursor = isKnown ? lastSeen : yield* now(session, about.after, sequence)
      const state = {
        id: idOf(cursor),
        event: "session_state",
        data: sessionOutput(statusOf(place))
      } satisfies StreamEvent
      const asked = { session, open, turn: null }
      const stream = sessionStream(session)
      if (!isOver(about.after)) return Stream.concat(Stream.make(state), after(asked, cursor))
      const rows = Stream.fromIterable(yield* journal.read(stream, firstOf(cursor), sequence))
      const end = numbered(sequence, [closed(session, about.after)])
      return Stream.make(state).pipe(
        Stream.concat(told(asked, rows, cursor)),
        Stream.concat(Stream.fromIterable(end)),
        Stream.takeUntil(({ event }) => event === "session_closed")
      )
    })
  }
})
