/** Owns what is told of an event: identifiers, counts and words of fixed lists, read from the record and from nothing else. */
import { Schema } from "effect"
import type { Event } from "../Event.ts"
import { Code } from "../Failure.ts"
import { Count, RunbookId, RunId, SESSION_PREFIX, SessionId, type StreamId, Timestamp } from "../Ids.ts"
import { SessionMode, Threshold } from "../session/Turn.ts"

/** When the event was recorded. */
const at = { timestamp_ms: Timestamp }

const SessionComplete = Schema.Struct({
  event: Schema.Literal("SESSION_COMPLETE"),
  ...at,
  session_id: SessionId,
  session_status: Schema.Literals(["closed", "at_limit"]),
  /** Turns that came to an answer. */
  turn_count: Count
})

const RunbookComplete = Schema.Struct({
  event: Schema.Literal("RUNBOOK_COMPLETE"),
  ...at,
  /** As its author names it. */
  runbook_id: RunbookId,
  /** This execution. */
  run_id: RunId,
  status: Schema.Literals(["completed", "terminated"]),
  /** From 1; one that was terminated may be gone on with, and is told of again. */
  attempt: Count,
  steps_total: Count,
  steps_completed: Count,
  steps_skipped: Count,
  failed_step_index: Schema.NullOr(Count),
  code: Schema.NullOr(Code)
})

const StewardGateTriggered = Schema.Struct({
  event: Schema.Literal("STEWARD_GATE_TRIGGERED"),
  ...at,
  /** The run that is held: `io3 steward show` takes it. */
  run_id: RunId,
  /** Null for a step of a runbook. */
  session_id: Schema.NullOr(SessionId),
  /** Of which execution of a runbook it is a step; null for a turn. */
  runbook_run_id: Schema.NullOr(RunId),
  runbook_id: Schema.NullOr(RunbookId),
  threshold_key: Threshold,
  /** Place among the steps of a runbook, or among the turns that count, from 0. */
  step_index: Count,
  session_mode: SessionMode
})

export const Payload = Schema.Union([SessionComplete, RunbookComplete, StewardGateTriggered])
export type Payload = typeof Payload.Type

/** What stands in the record: the event that is told, the one that its stream begins with, and the time of the first. */
export interface Told {
  readonly stream: StreamId
  readonly event: Event
  readonly first: Event
  readonly at: Timestamp
}

/** Null where the record does not say what would have to be told. */
export const payloadOf = ({ stream, event, first, at: timestamp_ms }: Told): Payload | null => {
  const started = first._tag === "RunbookStarted" ? first : null
  switch (event._tag) {
    case "SessionStarted":
    case "TurnEnded":
    case "SessionClosed": {
      const { status, steps } = event.after
      const session_id = sessionIn(stream)
      return session_id && (status === "closed" || status === "at_limit")
        ? { event: "SESSION_COMPLETE", timestamp_ms, session_id, session_status: status, turn_count: steps }
        : null
    }
    case "RunbookCompleted":
    case "RunbookTerminated":
      return (
        started && {
          event: "RUNBOOK_COMPLETE",
          timestamp_ms,
          runbook_id: started.runbook,
          run_id: started.run,
          status: event._tag === "RunbookCompleted" ? "completed" : "terminated",
          attempt: event.after.attempt,
          steps_total: started.steps.length,
          steps_completed: event.after.completed,
          steps_skipped: event.after.skipped,
          failed_step_index: event._tag === "RunbookTerminated" ? event.index : null,
          code: event._tag === "RunbookTerminated" ? event.code : null
        }
      )
    case "TurnHeld": {
      const session_id = sessionIn(stream)
      return (
        session_id && {
          ...held(event),
          timestamp_ms,
          session_id,
          runbook_run_id: null,
          runbook_id: null,
          step_index: event.after.steps,
          session_mode: event.after.mode
        }
      )
    }
    case "StepHeld":
      return (
        started && {
          ...held(event),
          timestamp_ms,
          session_id: null,
          runbook_run_id: started.run,
          runbook_id: started.runbook,
          step_index: event.index,
          session_mode: started.mode
        }
      )
    default:
      return null
  }
}

const held = ({ run, threshold }: { readonly run: RunId; readonly threshold: Threshold }) =>
  ({ event: "STEWARD_GATE_TRIGGERED", run_id: run, threshold_key: threshold }) as const

const isSessionId = Schema.is(SessionId)

const sessionIn = (stream: StreamId): SessionId | null => {
  const id = stream.slice(SESSION_PREFIX.length)
  return stream.startsWith(SESSION_PREFIX) && isSessionId(id) ? id : null
}
