/** Owns the shapes in which `io3 runbook check`, `bounds` and `run` report as JSON; they change by addition alone. */
import { Schema } from "effect"
import type { Planned } from "../../core/runbook/Plan.ts"
import type { StepOutcome } from "../../core/runbook/Runbooks.ts"
import type { Place } from "../../core/runbook/RunbookStream.ts"
import type { Pending } from "../../core/session/Held.ts"
import { Code, codes, Kind } from "../../domain/Failure.ts"
import { CapabilityId, Count, Mode, PackId, RunbookId, RunId, TaskSpecId } from "../../domain/Ids.ts"
import { LifecycleEvent } from "../../domain/projection/RunbookEvents.ts"
import { Certificate } from "../../domain/run/Bounds.ts"
import { Receipt } from "../../domain/run/Receipt.ts"
import { Source } from "../../domain/run/Seat.ts"
import { Condition, type RunbookContext } from "../../domain/runbook/Condition.ts"
import type { Runbook } from "../../domain/runbook/Runbook.ts"
import { SessionMode } from "../../domain/session/Turn.ts"
import {
  AuditMeta,
  auditMeta,
  FailureOutput,
  failureOutput,
  MemoryContext,
  memoryContext
} from "./RunResults.ts"
import { PauseOutput, pauseOutput } from "./TurnResults.ts"

const CheckedStep = Schema.Struct({
  /** Counted from 0. */
  index: Count,
  task_spec_id: Schema.NullOr(TaskSpecId),
  mode: Mode,
  /** In code points. */
  prompt_chars: Count,
  capability: Schema.NullOr(Schema.Struct({ id: CapabilityId, payload_bytes: Schema.NullOr(Count) })),
  /** Null: what the configuration gives to its mode. */
  memory_packs: Schema.NullOr(Schema.Array(PackId)),
  when: Schema.NullOr(Condition),
  /** Whether its condition holds in this context. */
  runs: Schema.Boolean
})

export const RunbookCheckOutput = Schema.Struct({
  status: Schema.Literal("ok"),
  runbook_id: Schema.NullOr(RunbookId),
  session_mode: SessionMode,
  persona_mode: Mode,
  steps: Schema.Array(CheckedStep)
})
export type RunbookCheckOutput = typeof RunbookCheckOutput.Type

/** `io3 runbook bounds`. */
export const RunbookBoundsOutput = Schema.Struct({
  status: Schema.Literal("ok"),
  runbook_id: Schema.NullOr(RunbookId),
  session_mode: SessionMode,
  persona_mode: Mode,
  steps: Schema.Array(
    Schema.Struct({
      index: Count,
      task_spec_id: Schema.NullOr(TaskSpecId),
      mode: Mode,
      /** Over all its attempts; null for a step that its condition leaves out. */
      certificate: Schema.NullOr(Certificate)
    })
  ),
  /** All steps together. */
  certificate: Certificate,
  /** Whether that fits what is left of the budget. */
  affordable: Schema.Boolean
})
export type RunbookBoundsOutput = typeof RunbookBoundsOutput.Type

export const boundsOutput = (
  { id, steps }: Runbook,
  { sessionMode, personaMode }: RunbookContext,
  planned: Planned
): RunbookBoundsOutput => ({
  status: "ok",
  runbook_id: id,
  session_mode: sessionMode,
  persona_mode: personaMode,
  steps: planned.steps.map(({ index, mode, certificate }) => ({
    index,
    task_spec_id: steps[index]?.id ?? null,
    mode,
    certificate
  })),
  certificate: planned.certificate,
  affordable: planned.affordable
})

/** What a capability has made; null where there was none. */
export const Made = Schema.Json
const decode = Schema.decodeUnknownSync(Schema.fromJsonString(Made))
export const madeOf = (output: string | null): Schema.Json => (output === null ? null : decode(output))

/** What became of a step in this process. `message` and `receipt` are there only when its answer has left. */
export const StepOutput = Schema.Struct({
  index: Count,
  task_spec_id: TaskSpecId,
  status: Schema.Literals(["ok", "skipped", "held", "error"]),
  /** Null for one that was skipped. */
  run_id: Schema.NullOr(RunId),
  memory_context: Schema.NullOr(MemoryContext),
  audit_meta: Schema.NullOr(AuditMeta),
  /** Characters of what was given that did not fit and were not sent. */
  left_out_chars: Count,
  /** What its capability has made; null without one, and where nothing left. */
  capability: Schema.NullOr(Schema.Struct({ capability_id: CapabilityId, output: Made })),
  /** What a decision about it has to name; null unless it is held. */
  pause: Schema.NullOr(PauseOutput),
  /** Why it did not end well. */
  error: Schema.NullOr(FailureOutput.fields.error),
  message: Schema.optionalKey(Schema.String),
  receipt: Schema.optionalKey(Receipt)
})
export type StepOutput = typeof StepOutput.Type

/** `io3 runbook run`: how the runbook stands, and what this process had to do with it. */
export const RunbookOutput = Schema.Struct({
  status: Schema.Literals(["ok", "error", "paused"]),
  runbook_id: RunbookId,
  /** This execution: what `io3 resume` and `io3 runbook show` are told. */
  run_id: RunId,
  source: Schema.NullOr(Source),
  /** How often it was begun or gone on with. */
  attempt: Count,
  total_steps: Count,
  steps_completed: Count,
  steps_skipped: Count,
  terminated_early: Schema.Boolean,
  failed_step_index: Schema.NullOr(Count),
  failure_kind: Schema.NullOr(Kind),
  failure_code: Schema.NullOr(Code),
  /** Tokens of all its runs. */
  tokens: Count,
  metadata_projection: Schema.Struct({ runbook_id: RunbookId, event_count: Count }),
  steps: Schema.Array(StepOutput)
})
export type RunbookOutput = typeof RunbookOutput.Type

export const stepOutput = (
  { index, task, status, run, released, memory, packs, leftOut, failure }: StepOutcome,
  pending: Pending | null
): StepOutput => {
  const made = released?.receipt.capability
  return {
    index,
    task_spec_id: task,
    status: status === "released" ? "ok" : status === "failed" ? "error" : status,
    run_id: run,
    memory_context: memoryContext(memory, packs),
    audit_meta: released && auditMeta(released.receipt),
    left_out_chars: leftOut,
    capability: made ? { capability_id: made.id, output: madeOf(released.output) } : null,
    pause: pending && pauseOutput(pending),
    error: failure && failureOutput(failure).error,
    ...(released && { message: released.text, receipt: released.receipt })
  }
}

/** The runbook at rest, and the steps of this process. */
export const runbookOutput = (
  { execution, sequence }: Place,
  steps: ReadonlyArray<StepOutput>
): RunbookOutput => {
  const { run, runbook, source, steps: declared, after } = execution
  const { failed } = after
  return {
    status: after.status === "completed" ? "ok" : after.status === "paused" ? "paused" : "error",
    runbook_id: runbook,
    run_id: run,
    source,
    attempt: after.attempt,
    total_steps: declared.length,
    steps_completed: after.completed,
    steps_skipped: after.skipped,
    terminated_early: failed !== null,
    failed_step_index: failed && failed.index,
    failure_kind: failed && codes[failed.code].kind,
    failure_code: failed && failed.code,
    tokens: after.tokens,
    metadata_projection: { runbook_id: runbook, event_count: sequence },
    steps
  }
}

const { event, ...said } = LifecycleEvent.fields

/** A lifecycle event, as soon as it is known. */
const Lifecycle = Schema.Struct({
  type: event,
  /** This execution. */
  run_id: RunId,
  ...said,
  /** With what a step has let out, once it has ended or waits. */
  step: Schema.optionalKey(StepOutput)
})
export type Lifecycle = typeof Lifecycle.Type

/** What is told of a runbook while it goes. */
export const FollowLine = Schema.Union([
  Lifecycle,
  Schema.Struct({ type: Schema.Literal("chunk"), step_index: Count, text: Schema.String })
])

/** One line of `io3 runbook run --output ndjson`; the last is `finished`, `paused` or `failed`. */
export const RunbookLine = Schema.Union([
  ...FollowLine.members,
  Schema.Struct({ type: Schema.Literals(["finished", "paused", "failed"]), ...RunbookOutput.fields }),
  /** What kept it from being begun, or its steps from being recorded. */
  Schema.Struct({ type: Schema.Literal("failed"), ...FailureOutput.fields })
])
export type RunbookLine = typeof RunbookLine.Type
