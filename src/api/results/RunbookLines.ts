/** Owns what the life of a runbook is called in JSON lines: seven names, each with the same keys, null where one says nothing. */
import { failedAt, silent } from "../../domain/projection/RunbookEvents.ts"
import type { Execution } from "../../domain/runbook/Execution.ts"
import type { Lifecycle, StepOutput } from "./RunbookResults.ts"

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
        ...(error && failedAt({ index, code: error.code })),
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
  return { type: "runbook_terminated", ...of, ...failedAt(failed) }
}

/** What the last line is called. */
export const restType = { ok: "finished", paused: "paused", error: "failed" } as const
export type RestType = (typeof restType)[keyof typeof restType]
