/**
 * Owns the events of one run: its rows as they are written, whoever writes them, and what is said here while it speaks. Of a turn
 * the rows are its session's; what is said of them is here as well.
 */
import { Effect, Option, Stream } from "effect"
import { acceptedLine } from "../api/results/RunResults.ts"
import { factsOf as shownOf } from "../api/results/TurnFacts.ts"
import { pauseOutput } from "../api/results/TurnResults.ts"
import { type Cursor, idOf, isAfter, START, type StreamEvent } from "../api/Streams.ts"
import { History } from "../core/ledger/History.ts"
import { type Accepted, acceptedIn } from "../core/run/Request.ts"
import { Steward } from "../core/session/Steward.ts"
import type { RunAccepted } from "../domain/Event.ts"
import type { RuntimeFailure } from "../domain/Failure.ts"
import { type RunId, runStream } from "../domain/Ids.ts"
import { decode, type Row } from "../domain/ledger/Ledger.ts"
import { glance } from "../domain/run/Glance.ts"
import type { Cost } from "../domain/run/Receipt.ts"
import type { SessionAfter, TurnEnded } from "../domain/session/SessionEvent.ts"
import type { Decision, Threshold } from "../domain/session/Turn.ts"
import { Journal } from "../ports/Journal.ts"
import { bytesOf, from } from "./Bytes.ts"
import type { Open } from "./Gate.ts"
import { Lives, type Piece } from "./Lives.ts"

type Unnumbered = StreamEvent extends infer Event
  ? Event extends StreamEvent
    ? Omit<Event, "id">
    : never
  : never

/** What of a row each event is: the same number, whichever of the others are there. */
const places: Readonly<Record<StreamEvent["event"], number>> = {
  session_state: 0,
  turn_started: 0,
  turn_delta: 0,
  steward_gate_triggered: 0,
  steward_decided: 0,
  turn_output: 1,
  turn_error: 2,
  turn_completed: 3,
  session_closed: 4
}

/** Of which turn, in which session, an event is. */
type About = Pick<
  Extract<StreamEvent, { readonly event: "turn_started" }>["data"],
  "run_id" | "session_id" | "turn_index"
>

export const numbered = (row: number, all: ReadonlyArray<Unnumbered>): ReadonlyArray<StreamEvent> =>
  all.map((event) => ({ ...event, id: idOf({ row, offset: places[event.event] }) }) as StreamEvent)

/** What is said of a row. */
export const rowEvents = <E>(
  row: number,
  all: Effect.Effect<ReadonlyArray<Unnumbered>, E>
): Stream.Stream<StreamEvent, E> =>
  Stream.unwrap(Effect.map(all, (found) => Stream.fromIterable(numbered(row, found))))

const factsOf = (facts: Accepted) => {
  const { route, audit, certificate, memory_context, left_out_chars } = acceptedLine(facts)
  return { route, audit, certificate, memory_context, left_out_chars }
}

export const delta = (open: Open, run: RunId, row: number, { text, bytes }: Piece): StreamEvent => ({
  id: idOf({ row, offset: bytes }),
  event: "turn_delta",
  data: open.pass({ run_id: run, text })
})

export const decidedOf = ({ action, reason, principal, by }: Decision) => ({ action, reason, principal, by })

const decided = (about: About, decision: Decision) => ({
  event: "steward_decided" as const,
  data: { ...about, ...decidedOf(decision) }
})

export const aboutOf = ({ run, turn }: typeof RunAccepted.Type) => ({
  run_id: run,
  session_id: turn?.session ?? null,
  turn_index: turn?.index ?? null
})

/** What there is to say of the rows of a run. */
export const runEvents = Effect.gen(function* () {
  const history = yield* History
  const journal = yield* Journal
  const lives = yield* Lives
  const steward = yield* Steward

  /** What leaves of a run that speaks here; of one that does not, what has left of it and a reader had not seen. */
  const spoken = (open: Open, run: RunId, row: number, seen: number): Stream.Stream<StreamEvent> => {
    const speaking = lives.find(run)
    if (speaking) return Stream.map(speaking.pieces(seen), (piece) => delta(open, run, row, piece))
    return Stream.unwrap(
      Effect.map(Effect.option(history.text(run)), (said) => {
        const text = Option.isSome(said) ? said.value.released.text : ""
        const bytes = bytesOf(text)
        return bytes > seen
          ? Stream.make(delta(open, run, row, { text: from(text, seen), bytes }))
          : Stream.empty
      })
    )
  }

  /** What was known before its first call: here, or by the record once that says so. */
  const acceptedOf = (run: RunId): Effect.Effect<Accepted | null, RuntimeFailure> => {
    const speaking = lives.find(run)
    if (speaking) return Effect.succeed(speaking.facts)
    return Effect.map(history.find(run), ({ state }) => state && acceptedIn(run, state))
  }

  const started = (about: About, insteadOf: number | undefined) =>
    Effect.map(acceptedOf(about.run_id), (facts) => {
      const data = { ...about, instead_of: insteadOf ?? null, accepted: facts && factsOf(facts) }
      return [{ event: "turn_started" as const, data }]
    })

  const held = (about: About, threshold: Threshold) =>
    Effect.map(steward.held(about.run_id), (one) => {
      const data = { ...about, threshold_key: threshold, pause: one && pauseOutput(one) }
      return [{ event: "steward_gate_triggered" as const, data }]
    })

  const output = Effect.fnUntraced(function* (run: RunId, open: Open | null) {
    if (open === null) return []
    const text = yield* Effect.option(history.text(run))
    if (Option.isNone(text)) return []
    const { text: message, receipt } = text.value.released
    return receipt.complete
      ? [{ event: "turn_output" as const, data: open.pass({ run_id: run, message, receipt }) }]
      : []
  })

  /** Of a turn what was decided; what has left of it, what went wrong, and how it has ended. */
  const ending = Effect.fnUntraced(function* (about: About, ended: Ended, open: Open | null) {
    const { run_id: run } = about
    const { status, code, after } = ended
    const { state, usage } = yield* history.find(run)
    const error_code = status === "cancelled" ? ("RUN_CANCELLED" as const) : code
    const decision = state?.decision
    return [
      // A session has no row of its own for it.
      ...(after && decision ? [decided(about, decision)] : []),
      ...(yield* output(run, status === "released" ? open : null)),
      ...(error_code ? [{ event: "turn_error" as const, data: { ...about, error_code } }] : []),
      {
        event: "turn_completed" as const,
        data: {
          ...about,
          status,
          error_code,
          facts: state && shownOf(glance(state)),
          tokens: ended.tokens ?? tokensOf(usage),
          latency_ms: usage.latencyMillis,
          ...(after ? counts(after) : inNoSession)
        }
      }
    ]
  })

  const ofRow = (
    run: RunId,
    accepted: typeof RunAccepted.Type | null,
    row: Row,
    cursor: Cursor,
    open: Open | null
  ): Stream.Stream<StreamEvent, RuntimeFailure> => {
    const event = Option.getOrNull(decode(row.payload))
    const said = (all: Effect.Effect<ReadonlyArray<Unnumbered>, RuntimeFailure>) => rowEvents(row.seq, all)
    if (event?._tag === "RunAccepted") {
      const seen = cursor.row === row.seq ? cursor.offset : cursor.row > row.seq ? null : 0
      const words = open && seen !== null ? spoken(open, run, row.seq, seen) : Stream.empty
      return Stream.concat(said(started(aboutOf(event), event.turn?.insteadOf)), words)
    }
    if (!accepted) return Stream.empty
    switch (event?._tag) {
      case "GateEvaluated":
        return event.threshold === null ? Stream.empty : said(held(aboutOf(accepted), event.threshold))
      case "StewardDecided":
        return said(Effect.succeed([decided(aboutOf(accepted), event)]))
      case "Released":
        return said(ending(aboutOf(accepted), { status: "released", code: null }, open))
      case "RunRefused":
        return said(ending(aboutOf(accepted), { status: "refused", code: event.code }, open))
      case "RunFailed":
        return said(ending(aboutOf(accepted), { status: "failed", code: event.code }, open))
      case "RunCancelled":
        return said(ending(aboutOf(accepted), { status: "cancelled", code: null }, open))
      default:
        return Stream.empty
    }
  }

  /** A row that is not there yet was never seen. */
  const seenIn = (run: RunId, cursor: Cursor) =>
    Effect.map(journal.info(runStream(run)), (info) =>
      cursor.row > Option.match(info, { onNone: () => 0, onSome: ({ seq }) => seq }) ? START : cursor
    )

  const rowsAfter = (run: RunId, cursor: Cursor, open: Open | null) => {
    let accepted: typeof RunAccepted.Type | null = null
    return journal.follow(runStream(run), 0).pipe(
      Stream.flatMap((row) => {
        const event = row.seq === 1 ? Option.getOrNull(decode(row.payload)) : null
        if (event?._tag === "RunAccepted") accepted = event
        return ofRow(run, accepted, row, cursor, open)
      }),
      Stream.takeUntil(({ event }) => event === "turn_completed"),
      Stream.filter((event) => isAfter(cursor, event))
    )
  }

  return {
    spoken,
    started,
    held,
    ending,
    /** Everything after what a reader has seen, until the run has ended. */
    after: (run: RunId, cursor: Cursor, open: Open | null): Stream.Stream<StreamEvent, RuntimeFailure> =>
      cursor.row === START.row
        ? rowsAfter(run, cursor, open)
        : Stream.unwrap(Effect.map(seenIn(run, cursor), (seen) => rowsAfter(run, seen, open)))
  }
})

/** How something ended; of a turn its session says what it was charged with, and where it stands after that. */
type Ended = Pick<typeof TurnEnded.Type, "status" | "code"> &
  Partial<Pick<typeof TurnEnded.Type, "tokens" | "after">>

const tokensOf = ({ inputTokens, outputTokens }: Cost): number | null =>
  inputTokens === null || outputTokens === null ? null : inputTokens + outputTokens

const inNoSession = { session_status: null, turn_count: null, turns_remaining: null }

export const counts = ({ status, steps, maxTurns }: SessionAfter) => ({
  session_status: status,
  turn_count: steps,
  turns_remaining: Math.max(0, maxTurns - steps)
})
