/** Owns the shapes in which `io3 resume` and `io3 replay` report, for programs that read them; they change by addition alone. */
import { toldOf } from "../../core/run/Runs.ts"
import { Schema } from "effect"
import type { Again } from "../../core/replay/Again.ts"
import { Recorded } from "../../core/replay/Recordings.ts"
import type { StepOutcome } from "../../core/runbook/Runbooks.ts"
import type { Place } from "../../core/runbook/RunbookStream.ts"
import { Code, codes, Kind } from "../../domain/Failure.ts"
import { Count, RunbookId, RunId, TaskSpecId } from "../../domain/Ids.ts"
import { Receipt } from "../../domain/run/Receipt.ts"
import { FailureOutput, failureOutput, RunLine, RunOutput, runOutput } from "../Results.ts"
import { type Rested, TurnLine, TurnOutput, turnOutput } from "../session/TurnResults.ts"

export const Doing = Schema.Literals(["resume", "replay"])
export type Doing = typeof Doing.Type

const lineage = {
  mode: Doing,
  /** What was gone on with, or done again. */
  source_run_id: RunId
}

/** A run by itself, as `io3 run` prints one. */
export const RunAgainOutput = Schema.Struct({
  ...RunOutput.fields,
  ...lineage,
  status: Schema.Literal("success"),
  runbook_id: Schema.Null
})

/** A turn, as `io3 session continue` prints one. */
export const TurnAgainOutput = Schema.Struct({
  ...TurnOutput.fields,
  ...lineage,
  status: Schema.Literals(["success", "held"]),
  runbook_id: Schema.Null
})

const StepOutput = Schema.Struct({
  index: Count,
  task_spec_id: TaskSpecId,
  status: Schema.Literals(["ok", "skipped", "held", "error"]),
  /** Null for one that was skipped. */
  run_id: Schema.NullOr(RunId),
  error: Schema.NullOr(FailureOutput.fields.error),
  message: Schema.optionalKey(Schema.String),
  receipt: Schema.optionalKey(Receipt)
})

/** A runbook at rest, and the steps of this process. */
export const RunbookAgainOutput = Schema.Struct({
  ...lineage,
  status: Schema.Literals(["success", "error", "paused"]),
  /** This execution. */
  run_id: RunId,
  runbook_id: RunbookId,
  /** How often it was begun or gone on with. */
  attempt: Count,
  steps_completed: Count,
  steps_skipped: Count,
  total_steps: Count,
  terminated_early: Schema.Boolean,
  failed_step_index: Schema.NullOr(Count),
  failure_kind: Schema.NullOr(Kind),
  failure_code: Schema.NullOr(Code),
  metadata: Schema.Struct({ runbook_id: RunbookId, event_count: Count }),
  steps: Schema.Array(StepOutput)
})

/** What kept it from being done. */
export const AgainFailureOutput = Schema.Struct({
  ...FailureOutput.fields,
  mode: Doing,
  source_run_id: Schema.NullOr(RunId),
  runbook_id: Schema.NullOr(RunbookId),
  failed_step_index: Schema.NullOr(Count),
  failure_kind: Kind,
  failure_code: Code,
  terminated_early: Schema.Boolean
})

/** One line of either with `--output ndjson`; the last is `finished`, `paused` or `failed`. */
export const AgainLine = Schema.Union([
  RunLine.members[0],
  RunLine.members[1],
  TurnLine.members[0],
  Schema.Struct({ type: Schema.Literal("finished"), ...RunAgainOutput.fields }),
  Schema.Struct({ type: Schema.Literal("finished"), ...TurnAgainOutput.fields }),
  Schema.Struct({ type: Schema.Literals(["finished", "paused", "failed"]), ...RunbookAgainOutput.fields }),
  Schema.Struct({ type: Schema.Literal("failed"), ...AgainFailureOutput.fields })
])

/** `io3 replay --recorded`. */
export const RecordedOutput = Schema.Struct({
  ...Recorded.fields,
  status: Schema.Literals(["success", "error"]),
  mode: Schema.Literal("replay"),
  recorded: Schema.Literal(true)
})

type RunAgain = Extract<Again, { readonly _tag: "Run" }>

export const runAgainOutput = (
  mode: Doing,
  { run, source, rest, leftOut, memory, state }: RunAgain
): typeof RunAgainOutput.Type | null =>
  rest._tag === "Held"
    ? null
    : {
        ...runOutput({ run, released: rest.released, leftOut, memory, ...toldOf(state) }),
        status: "success",
        mode,
        source_run_id: source,
        runbook_id: null
      }

export const turnAgainOutput = (
  mode: Doing,
  { source }: RunAgain,
  rested: Rested
): typeof TurnAgainOutput.Type => {
  const { status, ...turn } = turnOutput(rested)
  return {
    ...turn,
    status: status === "ok" ? "success" : status,
    mode,
    source_run_id: source,
    runbook_id: null
  }
}

const stepOutput = ({
  index,
  task,
  status,
  run,
  released,
  failure
}: StepOutcome): typeof StepOutput.Type => ({
  index,
  task_spec_id: task,
  status: status === "released" ? "ok" : status === "failed" ? "error" : status,
  run_id: run,
  error: failure && failureOutput(failure).error,
  ...(released && { message: released.text, receipt: released.receipt })
})

export const runbookAgainOutput = (
  mode: Doing,
  source: RunId,
  { execution, sequence }: Place,
  steps: ReadonlyArray<StepOutcome>
): typeof RunbookAgainOutput.Type => {
  const { run, runbook, after, steps: declared } = execution
  const { status, failed, attempt, completed, skipped } = after
  return {
    status: status === "completed" ? "success" : status === "paused" ? "paused" : "error",
    mode,
    run_id: run,
    source_run_id: source,
    runbook_id: runbook,
    attempt,
    steps_completed: completed,
    steps_skipped: skipped,
    total_steps: declared.length,
    terminated_early: failed !== null,
    failed_step_index: failed?.index ?? null,
    failure_kind: failed && codes[failed.code].kind,
    failure_code: failed?.code ?? null,
    metadata: { runbook_id: runbook, event_count: sequence },
    steps: steps.map(stepOutput)
  }
}

export const recordedOutput = (recorded: Recorded): typeof RecordedOutput.Type => ({
  ...recorded,
  status: recorded.broken ? "error" : "success",
  mode: "replay",
  recorded: true
})
