/** Owns the events of a session: its rows as they are written, whoever writes them, and between two of them what is said here. */
import { Effect, Option, Stream } from "effect"
import { sessionOutput } from "../api/results/SessionResults.ts"
import { pauseOutput } from "../api/results/TurnResults.ts"
import { type Cursor, idOf, type StreamEvent } from "../api/Streams.ts"
import { History } from "../core/ledger/History.ts"
import { Sessions } from "../core/session/Sessions.ts"
import { Steward } from "../core/session/Steward.ts"
import { decode, type Row } from "../domain/ledger/Ledger.ts"
import type { RuntimeFailure } from "../domain/Failure.ts"
import { type SessionId, sessionStream } from "../domain/Ids.ts"
import type { SessionAfter, TurnEnded, TurnHeld } from "../domain/session/SessionEvent.ts"
import { Journal } from "../ports/Journal.ts"
import { Lives } from "./Lives.ts"
import { delta, factsOf } from "./RunEvents.ts"

const counts = ({ status, steps, maxTurns }: SessionAfter) => ({
  session_status: status,
  turn_count: steps,
  turns_remaining: Math.max(0, maxTurns - steps)
})

const encoder = new TextEncoder()

/** What there is to say of a session's rows. */
export const events = Effect.gen(function* () {
  const history = yield* History
  const journal = yield* Journal
  const lives = yield* Lives
  const sessions = yield* Sessions
  const steward = yield* Steward

  /** A number for each event of a row, and, of one that a turn begins with, for each byte that has left. */
  const numbered = (row: Row, all: ReadonlyArray<Omit<StreamEvent, "id">>): ReadonlyArray<StreamEvent> =>
    all.map((event, offset) => ({ ...event, id: idOf({ row: row.seq, offset }) }) as StreamEvent)

  const held = Effect.fnUntraced(function* (
    session: SessionId,
    { run, index, threshold }: typeof TurnHeld.Type
  ) {
    const pending = (yield* steward.pending).find((one) => one.run === run)
    return [
      {
        event: "steward_gate_triggered" as const,
        data: {
          run_id: run,
          session_id: session,
          turn_index: index,
          threshold_key: threshold,
          pause: pending ? pauseOutput(pending) : null
        }
      }
    ]
  })

  const ended = Effect.fnUntraced(function* (
    session: SessionId,
    { run, index, status, code, tokens, latencyMillis, after }: typeof TurnEnded.Type,
    isOpen: boolean
  ) {
    const about = { run_id: run, session_id: session, turn_index: index }
    const { state } = yield* history.find(run)
    const decision = state?.decision ?? null
    const text = status === "released" && isOpen ? yield* Effect.option(history.text(run)) : Option.none()
    const error_code = status === "cancelled" ? ("RUN_CANCELLED" as const) : code
    return [
      ...(decision
        ? [{ event: "steward_decided" as const, data: { ...about, action: decision.action } }]
        : []),
      ...(Option.isSome(text)
        ? [
            {
              event: "turn_output" as const,
              data: { run_id: run, message: text.value.released.text, receipt: text.value.released.receipt }
            }
          ]
        : []),
      ...(error_code ? [{ event: "turn_error" as const, data: { ...about, error_code } }] : []),
      {
        event: "turn_completed" as const,
        data: { ...about, status, error_code, tokens, latency_ms: latencyMillis, ...counts(after) }
      },
      ...(after.status === "at_limit" ? [closed(session, after)] : [])
    ]
  })

  const closed = (session: SessionId, after: SessionAfter) => ({
    event: "session_closed" as const,
    data: { session_id: session, session_status: after.status, turn_count: after.steps }
  })

  /** What leaves of a turn that runs here; of one that has ended, what a reader had not seen of it. */
  const spoken = (
    row: Row,
    run: (typeof TurnEnded.Type)["run"],
    from: number
  ): Stream.Stream<StreamEvent> => {
    const live = lives.find(run)
    if (live) return Stream.map(live.pieces(from), (piece) => delta(run, row.seq, piece))
    if (from === 0) return Stream.empty
    return Stream.unwrap(
      Effect.map(Effect.option(history.text(run)), (text) => {
        const bytes = Option.isSome(text) ? encoder.encode(text.value.released.text) : new Uint8Array()
        return bytes.length > from
          ? Stream.make(
              delta(run, row.seq, {
                text: new TextDecoder().decode(bytes.subarray(from)),
                bytes: bytes.length
              })
            )
          : Stream.empty
      })
    )
  }

  const ofRow = (
    session: SessionId,
    row: Row,
    cursor: Cursor,
    isOpen: boolean
  ): Stream.Stream<StreamEvent, RuntimeFailure> => {
    const event = Option.getOrNull(decode(row.payload))
    const said = (all: Effect.Effect<ReadonlyArray<Omit<StreamEvent, "id">>, RuntimeFailure>) =>
      Stream.unwrap(Effect.map(all, (found) => Stream.fromIterable(numbered(row, found))))
    switch (event?._tag) {
      case "TurnStarted": {
        const { run } = event
        const from = cursor.row === row.seq ? cursor.offset : 0
        const accepted = Effect.gen(function* () {
          const live = lives.find(run)
          return live ? Option.getOrNull(yield* Effect.option(live.accepted)) : null
        })
        const begun = Effect.map(accepted, (facts) => [
          {
            event: "turn_started" as const,
            data: {
              run_id: run,
              session_id: session,
              turn_index: event.turn.index,
              accepted: facts && factsOf(facts)
            }
          }
        ])
        return Stream.concat(said(begun), isOpen ? spoken(row, run, from) : Stream.empty)
      }
      case "TurnHeld":
        return said(held(session, event))
      case "TurnEnded":
        return said(ended(session, event, isOpen))
      case "SessionClosed":
      case "SessionErased":
        return said(Effect.succeed([closed(session, event.after)]))
      default:
        return Stream.empty
    }
  }

  const isAfter = (cursor: Cursor, event: StreamEvent): boolean => {
    const [row = 0, offset = 0] = event.id.split(".").map(Number)
    return row > cursor.row || (row === cursor.row && offset > cursor.offset)
  }

  return {
    /** How it stands: the first event of whoever looks. */
    state: Effect.fnUntraced(function* (session: SessionId) {
      const { sequence } = yield* sessions.place(session)
      const status = yield* sessions.status(session)
      const id = idOf({ row: sequence, offset: 0 })
      return { id, event: "session_state", data: sessionOutput(status) } satisfies StreamEvent
    }),
    /** Everything after what a reader has seen, until the session is closed. */
    after: (
      session: SessionId,
      cursor: Cursor,
      isOpen: boolean
    ): Stream.Stream<StreamEvent, RuntimeFailure> =>
      // The row itself again: it may have said more than was seen.
      journal.follow(sessionStream(session), Math.max(0, cursor.row - 1)).pipe(
        Stream.flatMap((row) => ofRow(session, row, cursor, isOpen)),
        Stream.filter((event) => isAfter(cursor, event)),
        Stream.takeUntil(({ event }) => event === "session_closed")
      )
  }
})
