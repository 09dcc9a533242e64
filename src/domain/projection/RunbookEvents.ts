/** Owns the lifecycle events of a runbook: the seed's seven kinds with its twelve fields, read from the rows of its stream. */
import { Schema } from "effect"
import { Code, codes, Kind } from "../Failure.ts"
import { Count, RunbookId, RunId, TaskSpecId, type Timestamp } from "../Ids.ts"
import type { RunbookEvent, RunbookStarted, StepEnded } from "../runbook/RunbookEvent.ts"

/** Every field is always there; null is "does not apply". */
export const LifecycleEvent = Schema.Struct({
  event: Schema.Literals([
    "runbook_started",
    "runbook_step_started",
    "runbook_step_completed",
    "runbook_step_skipped",
    "runbook_step_failed",
    "runbook_completed",
    "runbook_terminated"
  ]),
  runbook_id: RunbookId,
  steps_total: Count,
  /** Of a step that is over: its run. */
  request_id: Schema.NullOr(RunId),
  task_spec_id: Schema.NullOr(TaskSpecId),
  /** Counted from 0. */
  step_index: Schema.NullOr(Count),
  terminated_early: Schema.NullOr(Schema.Boolean),
  failed_step_index: Schema.NullOr(Count),
  /** Milliseconds of a step, without the time that it was held for a steward. */
  duration_ms: Schema.NullOr(Count),
  /** Likewise, since the runbook was begun or gone on with. */
  total_duration_ms: Schema.NullOr(Count),
  failure_kind: Schema.NullOr(Kind),
  failure_code: Schema.NullOr(Code)
})
export type LifecycleEvent = typeof LifecycleEvent.Type

/** An event of a runbook's stream and the time of its row. */
export interface RunbookMoment {
  readonly at: Timestamp
  readonly event: RunbookEvent
}

/** An event that says nothing but of which runbook it is. */
export const silent = {
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

/** What an event says besides of which runbook. */
type Said = Pick<LifecycleEvent, "event"> & Partial<LifecycleEvent>

/**
 * In the order in which they happened. Whoever goes on with a runbook begins it anew; a step that a steward has redirected is
 * one step, however many runs it took. Empty where these are not the events of a runbook.
 */
export const lifecycle = (moments: ReadonlyArray<RunbookMoment>): ReadonlyArray<LifecycleEvent> => {
  const started = moments[0]?.event
  if (started?._tag !== "RunbookStarted") return []
  return moments.flatMap((_, index) =>
    said(started, moments, index).map((what): LifecycleEvent => ({
      runbook_id: started.runbook,
      steps_total: started.steps.length,
      ...silent,
      ...what
    }))
  )
}

const said = (
  started: typeof RunbookStarted.Type,
  moments: ReadonlyArray<RunbookMoment>,
  index: number
): ReadonlyArray<Said> => {
  const event = moments[index]?.event
  const stepOf = (step: number) => ({
    task_spec_id: started.steps[step]?.task ?? null,
    step_index: step
  })
  switch (event?._tag) {
    case "RunbookStarted":
    case "RunbookResumed":
      return [{ event: "runbook_started" }]
    case "StepSkipped":
      return [{ event: "runbook_step_skipped", ...stepOf(event.index) }]
    case "StepStarted":
      return event.step.redirected ? [] : [{ event: "runbook_step_started", ...stepOf(event.step.index) }]
    case "StepEnded": {
      if (event.status === "redirected") return []
      const duration_ms = since(moments, index, isBeginningOf(event))
      const about = { ...stepOf(event.index), request_id: event.run, duration_ms }
      const next = moments[index + 1]?.event
      return next?._tag === "RunbookTerminated"
        ? [{ event: "runbook_step_failed", ...about, ...failedAt(next) }]
        : [{ event: "runbook_step_completed", ...about }]
    }
    case "RunbookCompleted": {
      const total_duration_ms = since(moments, index, isBeginning)
      return [{ event: "runbook_completed", terminated_early: false, total_duration_ms }]
    }
    case "RunbookTerminated": {
      const total_duration_ms = since(moments, index, isBeginning)
      return [{ event: "runbook_terminated", total_duration_ms, ...failedAt(event) }]
    }
    default:
      return []
  }
}

/** Where a runbook has ended early, and why. */
export const failedAt = ({ index, code }: { readonly index: number; readonly code: Code }) => ({
  terminated_early: true,
  failed_step_index: index,
  failure_kind: codes[code].kind,
  failure_code: code
})

const isBeginning = ({ _tag }: RunbookEvent): boolean =>
  _tag === "RunbookStarted" || _tag === "RunbookResumed"

/** A step begins with its first run that nobody has redirected yet, since it was last begun. */
const isBeginningOf =
  ({ index }: typeof StepEnded.Type) =>
  (event: RunbookEvent): boolean =>
    event._tag === "StepStarted" && event.step.index === index && !event.step.redirected

/** From the last such event to this one; what was held in between does not count. */
const since = (
  moments: ReadonlyArray<RunbookMoment>,
  index: number,
  isFirst: (event: RunbookEvent) => boolean
): number => {
  const last = moments[index]
  const from = moments.slice(0, index).findLastIndex(({ event }) => isFirst(event))
  const first = moments[from]
  if (!last || !first) return 0
  const held = moments.slice(from, index + 1).reduce((total, { at, event }, step, between) => {
    const ended = event._tag === "StepHeld" ? between[step + 1]?.at : undefined
    return ended === undefined ? total : total + Math.max(0, ended - at)
  }, 0)
  return Math.max(0, last.at - first.at - held)
}
