/** Owns the events of a session: its rows as they are written, whoever writes them, and between two of them what is said here. */
import { Effect, Option, Stream } from "effect"
import { sessionOutput } from "../api/results/SessionResults.ts"
import { type Cursor, END_OF_ROW, idOf, isAfter, type StreamEvent } from "../api/Streams.ts"
import { History } from "../core/ledger/History.ts"
import { Sessions } from "../core/session/Sessions.ts"
import { statusOf } from "../core/session/Status.ts"
import { decode, type Row } from "../domain/ledger/Ledger.ts"
import type { RuntimeFailure } from "../domain/Failure.ts"
import { type RunId, type SessionId, sessionStream } from "../domain/Ids.ts"
import type { SessionAfter, TurnEnded } from "../domain/session/SessionEvent.ts"
import { Journal } from "../ports/Journal.ts"
import type { Open } from "./Gate.ts"
import { Lives } from "./Lives.ts"
import { factsOf } from "../api/results/TurnFacts.ts"
import { glance } from "../domain/run/Glance.ts"
import { decidedOf, numbered, rowEvents, runEvents } from "./RunEvents.ts"

const counts = ({ status, steps, maxTurns }: SessionAfter) => ({
  session_status: status,
  turn_count: steps,
  turns_remaining: Math.max(0, maxTurns - steps)
})

const closed = (session: SessionId, { status, steps }: SessionAfter) => ({
  event: "session_closed" as const,
  data: { session_id: session, session_status: status, turn_count: steps }
})

/** The last event of a turn, for whoever has asked for that turn alone. */
const isRest = ({ event }: StreamEvent): boolean =>
  event === "turn_completed" || event === "steward_gate_triggered"

const isOver = ({ status, open }: SessionAfter): boolean =>
  open === null && (status === "closed" || status === "at_limit")

/** What there is to say of a session's rows. */
export const sessionEvents = Effect.gen(function* () {
  const history = yield* History
  const journal = yield* Journal
  const lives = yield* Lives
  const sessions = yield* Sessions
  const runs = yield* runEvents

  const ended = Effect.fnUntraced(function* (
    session: SessionId,
    { run, index, status, code, tokens, latencyMillis, after }: typeof TurnEnded.Type,
    open: Open | null
  ) {
    const about = { run_id: run, session_id: session, turn_index: index }
    const { state } = yield* history.find(run)
    const decision = state?.decision ?? null
    const error_code = status === "cancelled" ? ("RUN_CANCELLED" as const) : code
    return [
      ...(decision
        ? [{ event: "steward_decided" as const, data: { ...about, ...decidedOf(decision) } }]
        : []),
      ...(yield* runs.output(run, status === "released" ? open : null)),
      ...(error_code ? [{ event: "turn_error" as const, data: { ...about, error_code } }] : []),
      {
        event: "turn_completed" as const,
        data: {
          ...about,
          status,
          error_code,
          facts: state && factsOf(glance(state)),
          tokens,
          latency_ms: latencyMillis,
          ...counts(after)
        }
      },
      ...(after.status === "at_limit" ? [closed(session, after)] : [])
    ]
  })

  const ofRow = (
    session: SessionId,
    row: Row,
    cursor: Cursor,
    open: Open | null
  ): Stream.Stream<StreamEvent, RuntimeFailure> => {
    const event = Option.getOrNull(decode(row.payload))
    const said = (all: Parameters<typeof rowEvents<RuntimeFailure>>[1]) => rowEvents(row.seq, all)
    switch (event?._tag) {
      case "TurnStarted": {
        const { run, turn } = event
        const isHere = lives.find(run) !== null
        const about = { run_id: run, session_id: session, turn_index: turn.index }
        const begun = runs.started(about, turn.insteadOf)
        // Whoever has seen none of it gets it whole, once it has ended.
        const seen = cursor.row === row.seq ? cursor.offset : 0
        const isWanted = seen !== END_OF_ROW && (isHere || seen > 0)
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
  const told = (
    session: SessionId,
    rows: Stream.Stream<Row, RuntimeFailure>,
    cursor: Cursor,
    open: Open | null
  ) =>
    rows.pipe(
      Stream.flatMap((row) => ofRow(session, row, cursor, open)),
      Stream.filter((event) => isAfter(cursor, event)),
      Stream.takeUntil(({ event }) => event === "session_closed")
    )

  /** The row itself again: it may have said more than was seen. */
  const firstOf = ({ row }: Cursor): number => Math.max(0, row - 1)

  const after = (session: SessionId, cursor: Cursor, open: Open | null) =>
    told(session, journal.follow(sessionStream(session), firstOf(cursor)), cursor, open)

  /** From where on whoever has seen nothing watches: from now, or from the beginning of the turn that runs. */
  const now = Effect.fnUntraced(function* (session: SessionId, { open }: SessionAfter, sequence: number) {
    if (open === null) return { row: sequence, offset: END_OF_ROW }
    const rows = yield* journal.read(sessionStream(session), 0, sequence)
    const begun = rows.findLast(({ payload }) => Option.getOrNull(decode(payload))?._tag === "TurnStarted")
    return { row: (begun?.seq ?? sequence + 1) - 1, offset: END_OF_ROW }
  })

  /** One turn, from after a row of its session on. */
  const turnAfter = (session: SessionId, run: RunId, row: number, open: Open | null) =>
    after(session, { row, offset: END_OF_ROW }, open).pipe(
      Stream.filter(({ data }) => "run_id" in data && data.run_id === run),
      Stream.takeUntil(isRest)
    )

  return {
    turnAfter,
    /** One turn from its beginning, whenever that was. */
    ofTurn: (session: SessionId, run: RunId, open: Open | null) =>
      Stream.unwrap(
        Effect.map(journal.read(sessionStream(session)), (rows) => {
          const began = rows.find(({ payload }) => {
            const event = Option.getOrNull(decode(payload))
            return event?._tag === "TurnStarted" && event.run === run
          })
          return turnAfter(session, run, (began?.seq ?? 1) - 1, open)
        })
      ),
    /**
     * How it stands, then everything after what a reader has seen, or from now on; ends where nothing more will happen. The first
     * event is numbered as the reader's own place: whoever has seen nothing else comes again from there.
     */
    watched: Effect.fnUntraced(function* (prefix: string, lastSeen: Cursor | null, open: Open | null) {
      const place = yield* sessions.place(prefix)
      const { sequence, session: about } = place
      const { session } = about
      const cursor = lastSeen ?? (yield* now(session, about.after, sequence))
      const state = {
        id: idOf(cursor),
        event: "session_state",
        data: sessionOutput(statusOf(place))
      } satisfies StreamEvent
      const stream = sessionStream(session)
      if (!isOver(about.after)) return Stream.concat(Stream.make(state), after(session, cursor, open))
      const rows = Stream.fromIterable(yield* journal.read(stream, firstOf(cursor), sequence))
      const end = numbered(sequence, [closed(session, about.after)])
      return Stream.make(state).pipe(
        Stream.concat(told(session, rows, cursor, open)),
        Stream.concat(Stream.fromIterable(end)),
        Stream.takeUntil(({ event }) => event === "session_closed")
      )
    })
  }
})
