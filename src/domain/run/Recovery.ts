/**
 * Owns how a run ends whose process is gone, where no other may go on with it (`mayContinue`). Nothing is repeated, nothing
 * is guessed, and every call gets an outcome.
 */
import { Result } from "effect"
import type { RunEvent } from "../Event.ts"
import type { Code, Phase } from "../Failure.ts"
import { codes } from "../Failure.ts"
import { next, type RunState } from "./Run.ts"
import { evolve } from "./Evolution.ts"

/** The events that bring a run whose process is gone to its end. Empty when it has already ended. */
export const abandon = (state: RunState): ReadonlyArray<RunEvent> => {
  const event = last(state)
  if (event === null) return []
  const evolved = evolve(state, event)
  return Result.isFailure(evolved) ? [] : [event, ...abandon(evolved.success)]
}

const last = (state: RunState): RunEvent | null => {
  const step = next(state)
  switch (step._tag) {
    case "Done":
    case "Accept":
      return null
    case "Settle":
      return {
        _tag: "CallSettled",
        purpose: step.purpose,
        attempt: step.attempt,
        outcome: "indeterminate",
        code: "PROVIDER_OUTCOME_UNKNOWN",
        fallback: null,
        inputTokens: null,
        outputTokens: null,
        latencyMillis: 0,
        firstTokenMillis: null,
        finish: null,
        digest: null,
        chars: 0,
        thinkingChars: 0
      }
    case "Conclude":
      return {
        _tag: "AuditConcluded",
        verdict: null,
        unavailable: "call_failed",
        provider: null,
        model: null,
        independent: false,
        version: "verdict/v1"
      }
    case "Refuse":
      return { _tag: "RunRefused", ...reason(step.code, step.phase) }
    case "Fail":
      return { _tag: "RunFailed", ...reason(step.code, step.phase) }
    case "Cancel":
      return { _tag: "RunCancelled", phase: step.phase, receipt: null }
    default:
      return { _tag: "RunFailed", ...reason("RUN_INTERRUPTED", "recovery") }
  }
}

const reason = (code: Code, phase: Phase) => ({
  code,
  phase,
  retryable: codes[code].retryable,
  receipt: null
})
