/** Owns the events of one run: from the process that runs it as they happen, from the record once it has ended. */
import { Effect, Stream } from "effect"
import { acceptedLine } from "../api/results/RunResults.ts"
import { type Cursor, idOf, type StreamEvent } from "../api/Streams.ts"
import { History } from "../core/ledger/History.ts"
import type { Accepted } from "../core/run/Request.ts"
import type { RunResult } from "../core/run/Runs.ts"
import type { RuntimeFailure } from "../domain/Failure.ts"
import type { RunId } from "../domain/Ids.ts"
import type { TurnStatus } from "../domain/session/Turn.ts"
import type { Piece } from "./Lives.ts"

/** A run is told in two rows: its beginning with its text, and its end. */
const BEGUN = 1
const ENDED = 2

export const about = (run: RunId) => ({ run_id: run, session_id: null, turn_index: null })

export const started = (run: RunId, facts: Accepted | null): StreamEvent => ({
  id: idOf({ row: BEGUN, offset: 0 }),
  event: "turn_started",
  data: { ...about(run), accepted: facts && factsOf(facts) }
})

export const factsOf = (facts: Accepted) => {
  const { route, audit, certificate, memory_context, left_out_chars } = acceptedLine(facts)
  return { route, audit, certificate, memory_context, left_out_chars }
}

export const delta = (run: RunId, row: number, { text, bytes }: Piece): StreamEvent => ({
  id: idOf({ row, offset: bytes }),
  event: "turn_delta",
  data: { run_id: run, text }
})

/** How a run that has ended is told: its text, if it has left and may, and what became of it. */
const ending = Effect.fnUntraced(function* (run: RunId, result: RunResult | RuntimeFailure, isOpen: boolean) {
  const { standing, usage } = yield* (yield* History).find(run)
  const events: Array<StreamEvent> = []
  const id = () => idOf({ row: ENDED, offset: events.length })
  const code = "code" in result ? result.code : null
  if ("code" in result)
    events.push({ id: id(), event: "turn_error", data: { ...about(run), error_code: result.code } })
  else if (isOpen) {
    const { text, receipt } = result.released
    events.push({ id: id(), event: "turn_output", data: { run_id: run, message: text, receipt } })
  }
  events.push({
    id: id(),
    event: "turn_completed",
    data: {
      ...about(run),
      status: statusOf(standing),
      error_code: code,
      tokens: (usage.inputTokens ?? 0) + (usage.outputTokens ?? 0),
      latency_ms: usage.latencyMillis,
      session_status: null,
      turn_count: null,
      turns_remaining: null
    }
  })
  return events
})

const statusOf = (standing: string): TurnStatus =>
  standing === "released" || standing === "refused" || standing === "cancelled" ? standing : "failed"

const isAfter = (cursor: Cursor) => (event: StreamEvent) => {
  const [row = 0, offset = 0] = event.id.split(".").map(Number)
  return row > cursor.row || (row === cursor.row && offset > cursor.offset)
}

/** Of a run that is under way here, beyond what a reader has seen. */
export const following = (
  run: RunId,
  facts: Accepted,
  live: {
    readonly pieces: (from: number) => Stream.Stream<Piece>
    readonly result: Effect.Effect<RunResult, RuntimeFailure>
  },
  cursor: Cursor,
  isOpen: boolean
): Stream.Stream<StreamEvent, RuntimeFailure, History> => {
  const from = cursor.row === BEGUN ? cursor.offset : cursor.row > BEGUN ? Infinity : 0
  return Stream.make(started(run, facts)).pipe(
    Stream.concat(isOpen ? Stream.map(live.pieces(from), (piece) => delta(run, BEGUN, piece)) : Stream.empty),
    Stream.concat(
      Stream.unwrap(
        Effect.gen(function* () {
          const result = yield* Effect.match(live.result, {
            onSuccess: (made): RunResult | RuntimeFailure => made,
            onFailure: (reason) => reason
          })
          return Stream.fromIterable(yield* ending(run, result, isOpen))
        })
      )
    ),
    Stream.filter(isAfter(cursor))
  )
}

const encoder = new TextEncoder()

/** Of a run that has ended, beyond what a reader has seen. `RECEIPT_NOT_FOUND` is an ending too. */
export const recorded = Effect.fnUntraced(function* (run: RunId, cursor: Cursor, isOpen: boolean) {
  const history = yield* History
  const result = yield* Effect.match(history.text(run), {
    onSuccess: (made): RunResult | RuntimeFailure => made,
    onFailure: (reason) => reason
  })
  const events: Array<StreamEvent> = [started(run, null)]
  if (!("code" in result) && isOpen && cursor.row <= BEGUN) {
    const bytes = encoder.encode(result.released.text)
    const seen = cursor.row === BEGUN ? cursor.offset : 0
    if (bytes.length > seen) {
      const text = new TextDecoder().decode(bytes.subarray(seen))
      events.push(delta(run, BEGUN, { text, bytes: bytes.length }))
    }
  }
  events.push(...(yield* ending(run, result, isOpen)))
  return events.filter(isAfter(cursor))
})
