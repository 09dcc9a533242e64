/** Owns what the life of a runbook is called in JSON lines: seven names, each with the same keys, null where one says nothing. */
import { codes } from "../../domain/Failure.ts"
import type { Execution } from "../../domain/runbook/Execution.ts"
import type { Lifecycle, RunbookLine, RunbookOutput, StepOutput } from "./RunbookResults.ts"

const silent = {
  request_id: null,
  task_spec_id: null,
  step_index: null,
  terminated_early: null,
  failed_step_index: null,
  duration_ms: null,
  total_duration_ms: null,
  failure_kind: null,
  failure_code: null
} as const

const about = ({ run, runbook, steps }: Execution) => ({
  run_id: run,
  runbook_id: runbook,
  steps_total: steps.length,
  ...silent
})

export const startedLine = (execution: Execution): Lifecycle => ({
  type: "runbook_started",
  ...about(execution)
})

export const stepLine = (execution: Execution, index: number): Lifecycle => ({
  type: "runbook_step_started",
  ...about(execution),
  task_spec_id: execution.steps[index]?.task ?? null,
  step_index: index
})

/** Null for one that is held: it has not ended. */
export const endedLine = (execution: Execution, step: StepOutput, millis: number): Lifecycle | null => {
  const { index, status, task_spec_id, run_id, error } = step
  const of = { ...about(execution), task_spec_id, step_index: index }
  switch (status) {
    case "held":
      return null
    case "skipped":
      return { type: "runbook_step_skipped", ...of }
    case "ok":
      return { type: "runbook_step_completed", ...of, request_id: run_id, duration_ms: millis, step }
    case "error":
      return {
        type: "runbook_step_failed",
        ...of,
        request_id: run_id,
        duration_ms: millis,
        terminated_early: true,
        failed_step_index: index,
        failure_kind: error && error.kind,
        failure_code: error && error.code,
        step
      }
  }
}

/** Null for one that is not over. */
export const overLine = (execution: Execution, millis: number): Lifecycle | null => {
  const { status, failed } = execution.after
  const of = { ...about(execution), total_duration_ms: millis }
  if (status === "completed") return { type: "runbook_completed", ...of, terminated_early: false }
  if (!failed || status !== "terminated") return null
  return {
    type: "runbook_terminated",
    ...of,
    terminated_early: true,
    failed_step_index: failed.index,
    failure_kind: codes[failed.code].kind,
    failure_code: failed.code
  }
}

const kinds = { ok: "finished", paused: "paused", error: "failed" } as const

/** The last line, with all of it. */
export const restLine = (whole: RunbookOutput): RunbookLine => ({ type: kinds[whole.status], ...whole })
