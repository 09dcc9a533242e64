/** Owns the shapes in which past runbooks are printed as JSON; they change by addition alone. */
import { Schema } from "effect"
import type { RunbookPage, RunbookPast, Said } from "../../core/runbook/RunbookHistory.ts"
import { type StepRecord, StepRun, StepStanding } from "../../domain/runbook/StepRecord.ts"
import type { Place } from "../../core/runbook/RunbookStream.ts"
import { Code } from "../../domain/Failure.ts"
import {
  CapabilityId,
  Count,
  Digest,
  Mode,
  PackId,
  Principal,
  RunbookId,
  RunId,
  Surface,
  TaskSpecId,
  Timestamp
} from "../../domain/Ids.ts"
import { Certificate } from "../../domain/run/Bounds.ts"
import { Receipt } from "../../domain/run/Receipt.ts"
import { Source } from "../../domain/run/Seat.ts"
import { Condition } from "../../domain/runbook/Condition.ts"
import { RunbookStatus } from "../../domain/runbook/RunbookEvent.ts"
import { OpenTurn, SessionMode } from "../../domain/session/Turn.ts"
import { Made, madeOf } from "./RunbookResults.ts"

const RunbookSummary = Schema.Struct({
  /** This execution. */
  run_id: RunId,
  runbook_id: RunbookId,
  status: RunbookStatus,
  session_mode: SessionMode,
  persona_mode: Mode,
  audit: Schema.Boolean,
  source: Schema.NullOr(Source),
  /** How often it was begun or gone on with. */
  attempt: Count,
  total_steps: Count,
  steps_completed: Count,
  steps_skipped: Count,
  failed_step_index: Schema.NullOr(Count),
  failure_code: Schema.NullOr(Code),
  /** The step that runs or is held; null without one. */
  open: Schema.NullOr(OpenTurn),
  /** Tokens of all its runs. */
  tokens: Count,
  erased: Schema.Boolean,
  created_at: Timestamp,
  updated_at: Timestamp
})

/** `io3 runbook list`. */
export const RunbooksOutput = Schema.Struct({
  runbooks: Schema.Array(RunbookSummary),
  /** How many there are here besides that are broken. */
  broken: Count,
  /** Where the list goes on; null at its end. */
  next: Schema.NullOr(Count)
})

const ShownRun = Schema.Struct({
  run_id: RunId,
  attempt: Count,
  status: StepRun.fields.status,
  code: StepRun.fields.code,
  threshold: StepRun.fields.threshold,
  latency_ms: StepRun.fields.latencyMillis,
  tokens: StepRun.fields.tokens,
  started_at: Timestamp,
  ended_at: Schema.NullOr(Timestamp)
})

const ShownStep = Schema.Struct({
  index: Count,
  task_spec_id: TaskSpecId,
  standing: StepStanding,
  mode: Mode,
  prompt_chars: Count,
  prompt_digest: Digest,
  capability: Schema.NullOr(
    Schema.Struct({ id: CapabilityId, payload_chars: Count, payload_digest: Digest })
  ),
  memory_packs: Schema.NullOr(Schema.Array(PackId)),
  when: Schema.NullOr(Condition),
  /** The oldest first. */
  runs: Schema.Array(ShownRun)
})

/** `io3 runbook show`. */
export const RunbookPastOutput = Schema.Struct({
  ...RunbookSummary.fields,
  principal: Principal,
  surface: Surface,
  config_digest: Digest,
  /** The worst case that it was begun with, and what is left of it. */
  certificate: Certificate,
  left: Certificate,
  steps: Schema.Array(ShownStep)
})

/** `io3 runbook show --text`: what has left of each step. */
export const RunbookTextsOutput = Schema.Struct({
  run_id: RunId,
  runbook_id: RunbookId,
  steps: Schema.Array(
    Schema.Struct({
      index: Count,
      task_spec_id: TaskSpecId,
      standing: StepStanding,
      run_id: Schema.NullOr(RunId),
      /** Null where nothing whole has left, or it was erased. */
      message: Schema.NullOr(Schema.String),
      receipt: Schema.NullOr(Receipt),
      /** What its capability has made; null without one. */
      capability_output: Made
    })
  )
})

const summaryOf = ({ execution, startedAt, at }: Place): typeof RunbookSummary.Type => {
  const { run, runbook, mode, persona, audit, source, steps, after } = execution
  return {
    run_id: run,
    runbook_id: runbook,
    status: after.status,
    session_mode: mode,
    persona_mode: persona,
    audit,
    source,
    attempt: after.attempt,
    total_steps: steps.length,
    steps_completed: after.completed,
    steps_skipped: after.skipped,
    failed_step_index: after.failed && after.failed.index,
    failure_code: after.failed && after.failed.code,
    open: after.open,
    tokens: after.tokens,
    erased: after.erased,
    created_at: startedAt,
    updated_at: at
  }
}

export const runbooksOutput = ({ runbooks, broken, next }: RunbookPage): typeof RunbooksOutput.Type => ({
  runbooks: runbooks.map(summaryOf),
  broken,
  next
})

const shownStep = (step: StepRecord): typeof ShownStep.Type => ({
  index: step.index,
  task_spec_id: step.task,
  standing: step.standing,
  mode: step.mode,
  prompt_chars: step.promptChars,
  prompt_digest: step.promptDigest,
  capability: step.capability && {
    id: step.capability.id,
    payload_chars: step.capability.payloadChars,
    payload_digest: step.capability.payloadDigest
  },
  memory_packs: step.packs,
  when: step.when,
  runs: step.runs.map(({ run, latencyMillis, startedAt, endedAt, ...told }) => ({
    run_id: run,
    ...told,
    latency_ms: latencyMillis,
    started_at: startedAt,
    ended_at: endedAt
  }))
})

export const pastOutput = (past: RunbookPast): typeof RunbookPastOutput.Type => ({
  ...summaryOf(past),
  principal: past.execution.principal,
  surface: past.execution.surface,
  config_digest: past.execution.configDigest,
  certificate: past.certificate,
  left: past.execution.after.left,
  steps: past.steps.map(shownStep)
})

export const textsOutput = (
  { execution: { run, runbook } }: RunbookPast,
  said: ReadonlyArray<Said>
): typeof RunbookTextsOutput.Type => ({
  run_id: run,
  runbook_id: runbook,
  steps: said.map(({ step: { index, task, standing }, run, answer }) => ({
    index,
    task_spec_id: task,
    standing,
    run_id: run,
    message: answer && answer.text,
    receipt: answer && answer.receipt,
    capability_output: madeOf(answer && answer.output)
  }))
})
