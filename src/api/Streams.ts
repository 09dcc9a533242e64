/** Owns the events of a stream: what they are called, what each says, and how a reader names the one it has seen last. */
import { Schema } from "effect"
import { HttpApiSchema } from "effect/http-api"
import { Code } from "../domain/Failure.ts"
import { Count, Principal, RunId, SessionId } from "../domain/Ids.ts"
import { Receipt } from "../domain/run/Receipt.ts"
import { Action, Decider, Reason, SessionStatus, Threshold, TurnStatus } from "../domain/session/Turn.ts"
import { gated } from "./Gated.ts"
import { AcceptedLine } from "./results/RunResults.ts"
import { SessionOutput } from "./results/SessionResults.ts"
import { FactsOf } from "./results/TurnFacts.ts"
import { PauseOutput } from "./results/TurnResults.ts"

/** How far a reader has come: a row of the stream, and in it an event or a byte of text. */
export interface Cursor {
  readonly row: number
  readonly offset: number
}

export const START: Cursor = { row: 0, offset: 0 }

/** `Last-Event-ID`: two numbers; null for anything else. */
export const cursorIn = (id: string): Cursor | null => {
  const [, row, offset] = /^(\d{1,15})\.(\d{1,15})$/u.exec(id) ?? []
  return row === undefined ? null : { row: Number(row), offset: Number(offset) }
}

/** Beyond every event of its row, and every byte. */
export const END_OF_ROW = 999_999_999_999_999

export const idOf = ({ row, offset }: Cursor): string => `${row}.${offset}`

const { route, audit, certificate, memory_context, left_out_chars } = AcceptedLine.fields

const about = {
  run_id: RunId,
  /** Null for a run by itself. */
  session_id: Schema.NullOr(SessionId),
  turn_index: Schema.NullOr(Count)
}

/** What was decided, by whom, and why in a word. */
export const decided = { action: Action, reason: Reason, principal: Principal, by: Decider }

/** An event by its name; its data goes as JSON. */
export const event = <const Name extends string, Data extends Schema.Codec<unknown, unknown>>(
  name: Name,
  data: Data
) => Schema.Struct({ id: Schema.String, event: Schema.Literal(name), data: Schema.fromJsonString(data) })

export const StreamEvent = Schema.Union([
  /** How a session stands, first of all. */
  event("session_state", SessionOutput),
  /** A run is on record. Until that says what was certified of it, the process that runs it knows, and no other. */
  event(
    "turn_started",
    Schema.Struct({
      ...about,
      /** The earlier turn that it stands in place of; null for one that follows the newest. */
      instead_of: Schema.NullOr(Count),
      accepted: Schema.NullOr(Schema.Struct({ route, audit, certificate, memory_context, left_out_chars }))
    })
  ),
  /** A piece of an answer, where nothing can still stop it. */
  event("turn_delta", gated(Schema.Struct({ run_id: RunId, text: Schema.String }))),
  /** The whole answer. */
  event("turn_output", gated(Schema.Struct({ run_id: RunId, message: Schema.String, receipt: Receipt }))),
  event(
    "steward_gate_triggered",
    Schema.Struct({ ...about, threshold_key: Threshold, pause: Schema.NullOr(PauseOutput) })
  ),
  event("steward_decided", Schema.Struct({ ...about, ...decided })),
  /** The whole answer has not left. */
  event("turn_error", Schema.Struct({ ...about, error_code: Code })),
  event(
    "turn_completed",
    Schema.Struct({
      ...about,
      status: TurnStatus,
      error_code: Schema.NullOr(Code),
      /** What its run says of it; null where that is broken. */
      facts: Schema.NullOr(FactsOf),
      tokens: Schema.NullOr(Count),
      latency_ms: Schema.NullOr(Count),
      session_status: Schema.NullOr(SessionStatus),
      turn_count: Schema.NullOr(Count),
      turns_remaining: Schema.NullOr(Count)
    })
  ),
  event(
    "session_closed",
    Schema.Struct({ session_id: SessionId, session_status: SessionStatus, turn_count: Count })
  )
])
export type StreamEvent = typeof StreamEvent.Type

/** Whether a reader has not seen it. */
export const isAfter = (cursor: Cursor, { id }: StreamEvent): boolean => {
  const { row, offset } = cursorIn(id) ?? START
  return row > cursor.row || (row === cursor.row && offset > cursor.offset)
}

/** Events of one run or of a session, as they happen. */
export const Events = HttpApiSchema.StreamSse({ events: StreamEvent })
