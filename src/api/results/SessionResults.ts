/** Owns the shapes in which sessions and their past are printed as JSON; they change by addition alone. */
import { Schema } from "effect"
import type { SessionPage } from "../../core/session/SessionList.ts"
import type { Status } from "../../core/session/Status.ts"
import type { Past, Titles, Transcript } from "../../core/session/Transcripts.ts"
import type { TurnRecord } from "../../core/session/TurnRecords.ts"
import { Code } from "../../domain/Failure.ts"
import { Count, Mode, RunId, SessionId, Timestamp } from "../../domain/Ids.ts"
import { Receipt } from "../../domain/run/Receipt.ts"
import { FactsOf, factsOf } from "./TurnFacts.ts"
import { SessionMode, SessionStatus, Threshold, TurnStatus } from "../../domain/session/Turn.ts"

/** `io3 session start|status|mode|title|close`. */
export const SessionOutput = Schema.Struct({
  session_id: SessionId,
  session_mode: SessionMode,
  status: SessionStatus,
  turn_count: Count,
  max_turns: Count,
  turns_remaining: Count,
  /** All turns that were begun, those that failed included. */
  turns_begun: Count,
  /** Tokens of all turns. */
  tokens: Count,
  persona_mode: Mode,
  audit: Schema.Boolean,
  /** Whether it began with a threshold: without one, nobody is asked in any mode. */
  thresholds_set: Schema.Boolean,
  titled: Schema.Boolean,
  erased: Schema.Boolean,
  /** The turn that runs, or is held: then `threshold_key` is set. */
  open_turn: Schema.NullOr(
    Schema.Struct({ run_id: RunId, turn_index: Count, threshold_key: Schema.NullOr(Threshold) })
  ),
  created_at: Timestamp,
  updated_at: Timestamp
})

/** `io3 session list`. */
export const SessionsOutput = Schema.Struct({
  sessions: Schema.Array(SessionOutput),
  /** How many there are here besides that are broken. */
  broken: Count,
  /** Where the list goes on; null at its end. */
  next: Schema.NullOr(Count)
})

const standings = Schema.Literals(["ok", "held", "error", "running"])

const TurnOf = Schema.Struct({
  turn_index: Count,
  run_id: RunId,
  /** `ok`, it was released; `error`, it was not, and is over; `held` and `running` are not over. */
  status: standings,
  /** The same to the word. */
  outcome: Schema.Literals([...TurnStatus.literals, "running", "held"]),
  session_mode: SessionMode,
  persona_mode: Mode,
  /** The earlier turn that it stands in place of; null for one that follows the newest. */
  instead_of: Schema.NullOr(Count),
  latency_ms: Schema.NullOr(Count),
  error_code: Schema.NullOr(Code),
  threshold_key: Schema.NullOr(Threshold),
  tokens: Schema.NullOr(Count),
  /** How many memory records were sent along. */
  memory_keys_loaded: Count,
  /** What its run says of it; null where that is broken. */
  facts: Schema.NullOr(FactsOf),
  started_at: Timestamp,
  ended_at: Schema.NullOr(Timestamp)
})

/** Of a range of turns, where it goes on, as it was asked for; null at the end, and of all turns. */
const next = Schema.NullOr(Count)

/** `io3 session show`. */
export const PastOutput = Schema.Struct({ ...SessionOutput.fields, turns: Schema.Array(TurnOf), next })

/** `io3 session show --text`. Null is what was erased, or never left. */
export const TranscriptOutput = Schema.Struct({
  ...SessionOutput.fields,
  title: Schema.NullOr(Schema.String),
  turns: Schema.Array(
    Schema.Struct({
      ...TurnOf.fields,
      prompt: Schema.NullOr(Schema.String),
      file: Schema.NullOr(Schema.String),
      message: Schema.NullOr(Schema.String),
      receipt: Schema.NullOr(Receipt)
    })
  ),
  next
})

/** The titles of sessions, page by page; null where there is none, or it was erased. */
export const TitlesOutput = Schema.Struct({
  titles: Schema.Array(Schema.Struct({ session_id: SessionId, title: Schema.NullOr(Schema.String) })),
  next
})

export const sessionOutput = (status: Status): typeof SessionOutput.Type => ({
  session_id: status.session,
  session_mode: status.mode,
  status: status.status,
  turn_count: status.turnCount,
  max_turns: status.maxTurns,
  turns_remaining: status.turnsRemaining,
  turns_begun: status.turns,
  tokens: status.tokens,
  persona_mode: status.persona,
  audit: status.audit,
  thresholds_set: status.thresholds,
  titled: status.titled,
  erased: status.erased,
  open_turn: status.open && {
    run_id: status.open.run,
    turn_index: status.open.index,
    threshold_key: status.open.threshold
  },
  created_at: status.createdAt,
  updated_at: status.updatedAt
})

export const sessionsOutput = ({ sessions, broken, next }: SessionPage): typeof SessionsOutput.Type => ({
  sessions: sessions.map(sessionOutput),
  broken,
  next
})

const turnOf = (turn: TurnRecord): typeof TurnOf.Type => ({
  turn_index: turn.index,
  run_id: turn.run,
  status: standingOf(turn.status),
  outcome: turn.status,
  session_mode: turn.mode,
  persona_mode: turn.persona,
  instead_of: turn.insteadOf,
  latency_ms: turn.latencyMillis,
  error_code: turn.status === "cancelled" ? "RUN_CANCELLED" : turn.code,
  threshold_key: turn.threshold,
  tokens: turn.tokens,
  memory_keys_loaded: turn.memoryKeys,
  facts: turn.glance && factsOf(turn.glance),
  started_at: turn.startedAt,
  ended_at: turn.endedAt
})

const standingOf = (status: TurnRecord["status"]): typeof standings.Type => {
  if (status === "held" || status === "running") return status
  return status === "released" ? "ok" : "error"
}

export const pastOutput = ({ status, turns, next }: Past): typeof PastOutput.Type => ({
  ...sessionOutput(status),
  turns: turns.map(turnOf),
  next
})

export const titlesOutput = ({ titles, next }: Titles): typeof TitlesOutput.Type => ({
  titles: titles.map(({ session, title }) => ({ session_id: session, title: title && title.text })),
  next
})

export const transcriptOutput = ({
  status,
  title,
  said,
  next
}: Transcript): typeof TranscriptOutput.Type => ({
  ...sessionOutput(status),
  title: title && title.text,
  turns: said.map(({ turn, prompt, file, answer }) => ({
    ...turnOf(turn),
    prompt: prompt && prompt.text,
    file: file && file.text,
    message: answer && answer.text,
    receipt: answer && answer.receipt
  })),
  next
})
