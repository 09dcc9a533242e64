/** Owns the shapes in which a turn that came to rest is printed as JSON; they change by addition alone. */
import { Schema } from "effect"
import type { Pending } from "../../core/session/Held.ts"
import type { Accepted } from "../../core/run/Request.ts"
import type { TurnRest } from "../../core/run/Runs.ts"
import type { Status } from "../../core/session/Status.ts"
import { Count, Digest, Mode, RunId, SessionId, Timestamp } from "../../domain/Ids.ts"
import { countOf } from "../../domain/memory/Recall.ts"
import { seatOf } from "../../domain/run/Seat.ts"
import { glance } from "../../domain/run/Glance.ts"
import { usage } from "../../domain/run/Leaving.ts"
import { Receipt } from "../../domain/run/Receipt.ts"
import { Action, SessionMode, SessionStatus, Threshold } from "../../domain/session/Turn.ts"
import {
  AcceptedLine,
  acceptedLine,
  AuditMeta,
  auditMeta,
  ChunkLine,
  MemoryContext,
  memoryContext,
  Meta,
  metaOf
} from "./RunResults.ts"
import { FactsOf, factsOf, HistoryOf } from "./TurnFacts.ts"

/** Why a session waits, and what a decision has to name. */
export const PauseOutput = Schema.Struct({
  threshold_key: Threshold,
  /** Which of the turns that count it is, or which of the runbook's steps, from 0. */
  step_index: Count,
  steps_total: Count,
  session_mode: SessionMode,
  run_id: RunId,
  valid_actions: Schema.Array(Action),
  digest: Digest,
  sequence: Count,
  held_at: Timestamp,
  /** When it rejects itself; null never. */
  deadline: Schema.NullOr(Timestamp)
})

/** A turn as it came to rest. `message` and `receipt` are there only when its answer has left. */
export const TurnOutput = Schema.Struct({
  /** Null for a step of a runbook, like what is said of the session. */
  session_id: Schema.NullOr(SessionId),
  /** The runbook it is a step of; null in a session. */
  runbook_run_id: Schema.NullOr(RunId),
  session_mode: SessionMode,
  turn_index: Count,
  run_id: RunId,
  status: Schema.Literals(["ok", "held"]),
  persona_mode: Mode,
  latency_ms: Count,
  error_code: Schema.Null,
  session_status: Schema.NullOr(SessionStatus),
  turn_count: Schema.NullOr(Count),
  turns_remaining: Schema.NullOr(Count),
  /** How many memory records were sent along. */
  memory_keys_loaded: Count,
  memory_context: Schema.NullOr(MemoryContext),
  /** What a capability made is in it only when the answer has left. */
  meta: Meta,
  history: HistoryOf,
  left_out_chars: Count,
  facts: FactsOf,
  audit_meta: Schema.NullOr(AuditMeta),
  pause: Schema.NullOr(PauseOutput),
  message: Schema.optionalKey(Schema.String),
  receipt: Schema.optionalKey(Receipt)
})

/** One line of a turn with `--output ndjson`; the last is `finished` or `failed`. */
export const TurnLine = Schema.Union([
  Schema.Struct({ ...AcceptedLine.fields, history: HistoryOf }),
  ChunkLine,
  Schema.Struct({ type: Schema.Literal("finished"), ...TurnOutput.fields })
])

export const pauseOutput = (pending: Pending): typeof PauseOutput.Type => ({
  threshold_key: pending.threshold,
  step_index: pending.runbook ? pending.index : pending.step - 1,
  steps_total: pending.maxTurns,
  session_mode: pending.sessionMode,
  run_id: pending.run,
  valid_actions: pending.validActions,
  digest: pending.digest,
  sequence: pending.sequence,
  held_at: pending.heldAt,
  deadline: pending.deadline
})

/** A turn at rest, its session by then, and what waits of it: null where nothing does, or not any more. */
export interface Rested {
  readonly turn: TurnRest
  /** Null for a step of a runbook. */
  readonly status: Status | null
  readonly pending: Pending | null
}

export const turnOutput = ({
  turn: { run, rest, leftOut, memory, state },
  status,
  pending
}: Rested): typeof TurnOutput.Type => {
  const released = rest._tag === "Released" ? rest.released : null
  const { accepted } = state
  return {
    session_id: status?.session ?? null,
    runbook_run_id: accepted?.step?.runbook ?? null,
    session_mode: (accepted && seatOf(accepted)?.mode) ?? "work",
    turn_index: accepted?.turn?.index ?? accepted?.step?.index ?? 0,
    run_id: run,
    status: released ? "ok" : "held",
    persona_mode: accepted?.mode ?? Mode.make("executor"),
    latency_ms: usage(state).latencyMillis,
    error_code: null,
    session_status: status?.status ?? null,
    turn_count: status?.turnCount ?? null,
    turns_remaining: status?.turnsRemaining ?? null,
    memory_keys_loaded: memory ? countOf(memory, "released") : 0,
    memory_context: memoryContext(memory, accepted?.packs),
    meta: metaOf(state.capability, released),
    history: state.context?.history ?? null,
    left_out_chars: leftOut,
    facts: factsOf(glance(state)),
    audit_meta: released && auditMeta(released.receipt),
    pause: pending && pauseOutput(pending),
    ...(released && { message: released.text, receipt: released.receipt })
  }
}

export const turnAcceptedLine = (facts: Accepted): typeof TurnLine.Type => ({
  ...acceptedLine(facts),
  history: facts.history
})
