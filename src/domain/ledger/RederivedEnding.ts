/** Owns what is derived again of how a run ended: whether it had to, with what code, and what left by then. */
import type { CallSettled, Released, RunCancelled, RunEvent, RunFailed, RunRefused } from "../Event.ts"
import { isDrifting, type Judged, type Now } from "./Decision.ts"
import { type Code, codes, type Phase } from "../Failure.ts"
import { mayStream, receiptOf } from "../run/Leaving.ts"
import { equals } from "./Ledger.ts"
import type { Receipt } from "../run/Receipt.ts"
import { asksNobody, lastCall, type RunState, type Step } from "../run/Run.ts"

/** Whether a whole answer is that of the call that made it, and its receipt what came before. */
export const isReleasable = (
  { state }: Now,
  { receipt }: typeof Released.Type,
  audit: Receipt["audit"]
): boolean => {
  const { digest, chars } = receipt
  const answer = lastCall(state, audit === "revised" ? "revision" : "draft")?.settled
  return (
    equals(receipt, receiptOf(state, { digest, chars, complete: true, audit })) &&
    (asksNobody(state) ? isOutput(state, receipt) : !!answer && isLeaving(state, answer, receipt))
  )
}

/** Where no model was asked, what leaves is what the capability made. */
const isOutput = ({ capability }: RunState, { digest, chars }: Receipt): boolean =>
  digest === capability?.digest && chars === capability.outputChars

/** What leaves is the answer, or what a steward has put in its place. */
const isLeaving = (
  { decision, gate }: RunState,
  answer: typeof CallSettled.Type,
  { digest, chars }: Receipt
): boolean => {
  if (decision?.edited) return digest === decision.edited.digest && chars === decision.edited.chars
  // An answer without a letter was not sealed: its digest is in the receipt, and before that at the gate.
  const made = answer.digest ?? gate?.digest ?? null
  return chars === answer.chars && (made === null || digest === made)
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

/** Whether the route is all that there is. */
const isAfterRoute = ({ _tag }: Step): boolean => _tag === "Invoke" || _tag === "Assemble"

/** A constellation that drifts ends its run at once, and nothing else ends one with that code. */
export const failing = (now: Now, { code, phase }: typeof RunFailed.Type): ReadonlyArray<Judged> => {
  if (!isAfterRoute(now.step) || now.regime === null) return []
  const drifts = isDrifting(now)
  if (!drifts && code !== "CONSTELLATION_DRIFT") return []
  const isDrift = code === "CONSTELLATION_DRIFT" && phase === "route"
  return [{ decision: "drift", holds: drifts && (isDrift || code === "RUN_INTERRUPTED") }]
}

export const refusal = (now: Now, { code }: typeof RunRefused.Type): ReadonlyArray<Judged> => {
  if (now.regime === null) return []
  const { policy } = now.regime
  const drift: ReadonlyArray<Judged> = isAfterRoute(now.step)
    ? [{ decision: "drift", holds: !isDrifting(now) && code !== "CONSTELLATION_DRIFT" }]
    : []
  switch (code) {
    case "CONTEXT_LIMIT_EXCEEDED":
      return [...drift, { decision: "context", holds: policy.contextLimitChars > 0 }]
    case "BOUNDS_EXCEEDED":
      return [...drift, { decision: "bounds", holds: now.step._tag !== "Certify" || now.worst === null }]
    case "BUDGET_EXCEEDED":
      return [...drift, { decision: "budget", holds: policy.budgets !== null }]
    default:
      return drift
  }
}

/**
 * How a run may end at a step. Where an end is asked for it is that one, and nothing excuses a run from it. Elsewhere it may
 * be cancelled, a rule may say no to what comes next, or nobody goes on with it; what has broken besides was a call, and
 * that is asked for. Right after the route its provider is looked at, and may be gone.
 */
const isDue = (
  step: Step,
  event: typeof RunRefused.Type | typeof RunFailed.Type | typeof RunCancelled.Type
): boolean => {
  const says = (code: Code, phase: Phase): boolean =>
    event._tag !== "RunCancelled" && event.code === code && event.phase === phase
  const { _tag } = event
  switch (step._tag) {
    case "Refuse":
      return _tag === "RunRefused" && says(step.code, step.phase)
    case "Fail":
      return _tag === "RunFailed" && says(step.code, step.phase)
    case "Cancel":
      return _tag === "RunCancelled" && event.phase === step.phase
    case "Invoke":
      return _tag !== "RunRefused"
    case "Assemble":
      return _tag !== "RunRefused" || says("CONTEXT_LIMIT_EXCEEDED", "context")
    case "Certify":
      if (_tag === "RunRefused") return says("BOUNDS_EXCEEDED", "bounds")
  }
  // Which refusals there are of a call is `evolve`'s.
  return _tag !== "RunFailed" || says("RUN_INTERRUPTED", "recovery")
}

/** Of what may have been paid for, records from before say that trying again can help. */
const isToldSo = ({ code, retryable }: { readonly code: Code; readonly retryable: boolean }): boolean =>
  code === "PROVIDER_OUTCOME_UNKNOWN" || retryable === codes[code].retryable

/** Where an ending is due, it is that one; and a code says by itself whether trying again can help. */
export const isEndingDue = (step: Step, event: RunEvent): boolean => {
  switch (event._tag) {
    case "RunRefused":
    case "RunFailed":
      return isToldSo(event) && isDue(step, event)
    case "RunCancelled":
      return isDue(step, event)
    default:
      return true
  }
}
