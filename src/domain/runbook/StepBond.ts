/** Owns what a runbook has to say of a step's run: with its beginning, its pause and its ending, in the row beside it. */
import { endsRun, type RunEvent } from "../Event.ts"
import { endedOf } from "../run/Ended.ts"
import type { RunState } from "../run/Run.ts"
import type { RunbookStep } from "../run/Seat.ts"
import type { Facts } from "./Execution.ts"

/** Where an event has brought a step to this state; null where nothing. */
export const stepFacts = (state: RunState, step: RunbookStep, event: RunEvent): Facts | null => {
  const { accepted, bounds } = state
  if (!accepted) return null
  const { run } = accepted
  const { index } = step
  if (event._tag === "RunAccepted") {
    const { mode, audit, promptChars } = accepted
    const capability = accepted.capability?.id ?? null
    return { _tag: "StepStarted", run, mode, audit, step, promptChars, capability }
  }
  if (event._tag === "GateEvaluated") {
    const { threshold, digest } = event
    return threshold === null ? null : { _tag: "StepHeld", run, index, threshold, digest }
  }
  return endsRun(event)
    ? { _tag: "StepEnded", ...endedOf(state, run, index), certified: bounds?.certificate ?? null }
    : null
}
