/** Owns what is derived again of how a run ended: whether it had to, with what code, and what left by then. */
import type { Released, RunCancelled, RunEvent, RunFailed, RunRefused } from "./Event.ts"
import { isDrifting, type Judged, type Now } from "./Decision.ts"
import { codes } from "./Failure.ts"
import { mayStream, receiptOf } from "./Leaving.ts"
import { equals } from "./Ledger.ts"
import type { Receipt } from "./Receipt.ts"
import { lastCall, type RunState, type Step } from "./Run.ts"

/** Whether a whole answer is that of the call that made it, and its receipt what came before. */
export const isReleasable = (
  { state }: Now,
  { receipt }: typeof Released.Type,
  audit: Receipt["audit"]
): boolean => {
  const answer = lastCall(state, audit === "revised" ? "revision" : "draft")?.settled
  if (!answer) return false
  const { digest, chars } = receipt
  return (
    equals(receipt, receiptOf(state, { digest, chars, complete: true, audit })) &&
    chars === answer.chars &&
    // An answer without a letter was not sealed: its digest is in the receipt alone.
    (answer.digest === null || digest === answer.digest)
  )
}

/** What left of a draft before its run ended otherwise: nothing, the start of it, or all of it. */
export const partial = (
  state: RunState,
  { receipt }: typeof RunRefused.Type | typeof RunFailed.Type | typeof RunCancelled.Type
): Judged => {
  const decision = "receipt"
  // While a call is out nothing can end.
  if (receipt === null || state.calls.at(-1)?.settled === null) return { decision, holds: true }
  const { digest, chars } = receipt
  const draft = lastCall(state, "draft")?.settled
  const isStart =
    draft !== null &&
    draft !== undefined &&
    (chars < draft.chars || (chars === draft.chars && digest === draft.digest))
  const leaving = { digest, chars, complete: false, audit: "none" } as const
  return { decision, holds: isStart && mayStream(state) && equals(receipt, receiptOf(state, leaving)) }
}

/** A constellation that drifts ends its run at once, and nothing else ends one with that code. */
export const failing = (now: Now, { code, phase }: typeof RunFailed.Type): ReadonlyArray<Judged> => {
  if (now.step._tag !== "Assemble" || now.regime === null) return []
  const drifts = isDrifting(now)
  if (!drifts && code !== "CONSTELLATION_DRIFT") return []
  const isDrift = code === "CONSTELLATION_DRIFT" && phase === "route"
  return [{ decision: "drift", holds: drifts && (isDrift || code === "RUN_INTERRUPTED") }]
}

export const refusal = (now: Now, { code }: typeof RunRefused.Type): ReadonlyArray<Judged> => {
  if (now.regime === null) return []
  const { policy } = now.regime
  switch (code) {
    case "CONTEXT_LIMIT_EXCEEDED":
      return [
        { decision: "drift", holds: now.step._tag !== "Assemble" || !isDrifting(now) },
        { decision: "context", holds: policy.contextLimitChars > 0 }
      ]
    case "BOUNDS_EXCEEDED":
      return [{ decision: "bounds", holds: now.step._tag !== "Certify" || now.worst === null }]
    case "BUDGET_EXCEEDED":
      return [{ decision: "budget", holds: policy.budgets !== null }]
    default:
      return []
  }
}

/** The one way to end that there is at a step; of other steps nothing is said. */
const isDue = (
  step: Step,
  { _tag, code, phase }: typeof RunRefused.Type | typeof RunFailed.Type
): boolean => {
  switch (step._tag) {
    case "Refuse":
    case "Fail":
      return code === step.code && phase === step.phase
    case "Assemble":
      return _tag === "RunFailed" || (code === "CONTEXT_LIMIT_EXCEEDED" && phase === "context")
    case "Certify":
      return _tag === "RunFailed" || (code === "BOUNDS_EXCEEDED" && phase === "bounds")
    default:
      return code !== "CONSTELLATION_DRIFT"
  }
}

/** Where an ending is due, it is that one; and a code says by itself whether trying again can help. */
export const isEndingDue = (step: Step, event: RunEvent): boolean => {
  switch (event._tag) {
    case "RunRefused":
    case "RunFailed":
      return event.retryable === codes[event.code].retryable && isDue(step, event)
    case "RunCancelled":
      return step._tag !== "Cancel" || event.phase === step.phase
    default:
      return true
  }
}
