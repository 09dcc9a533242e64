/** Owns the gate: when a steward is asked, whether anything may leave before that, and what a decision has to say. */
import { spentBy } from "./budget.mjs"
import { hold } from "./chain.mjs"

const isStep = ({ stepCount }, step) => stepCount !== null && stepCount > 0 && step % stepCount === 0
const isOver = ({ tokenBudget }, tokens) => tokenBudget !== null && tokens > tokenBudget

/** Whether anything is set that could ever ask. */
const isSet = ({ stepCount, tokenBudget, capabilityClasses, audit, always }) =>
  stepCount !== null || tokenBudget !== null || capabilityClasses.length > 0 || audit || always

/** What a run is told of the session or the runbook that it is a part of; null in a run by itself. */
export const seatOf = ({ turn, step }) => turn ?? step ?? null

/** How many times a steward may be asked in a run. */
export const gatesOf = (accepted) => {
  const seat = seatOf(accepted)
  const isHeldUnaudited = accepted.audit && accepted.onUnavailable === "hold"
  return seat?.mode === "steward" && (isSet(seat.thresholds) || isHeldUnaudited) ? 1 : 0
}

/** The first threshold that fires, or null. */
const thresholdOf = ({ accepted, invoked }, tokens, audit) => {
  const { thresholds, step } = seatOf(accepted)
  const { onUnavailable } = accepted
  if (isStep(thresholds, step)) return "step_count"
  if (isOver(thresholds, tokens)) return "token_budget"
  if (invoked !== null && thresholds.capabilityClasses.includes(invoked.category)) return "capability_classes"
  if (thresholds.audit && (audit === "revised" || audit === "unaudited")) return "audit"
  if (audit === "unaudited" && onUnavailable === "hold") return "audit"
  return thresholds.always ? "always" : null
}

/** Whether the draft may leave while it is made: only where nothing can still hold or refuse the answer. */
export const mayStream = ({ accepted, certificate }) => {
  if (accepted.audit) return false
  const seat = seatOf(accepted)
  if (seat === null || seat.mode === "work") return true
  if (certificate === null) return false
  const { thresholds, step, tokens } = seat
  const { inputTokens, outputTokens, capabilityCalls } = certificate
  return !(
    thresholds.always ||
    isStep(thresholds, step) ||
    isOver(thresholds, tokens + inputTokens + outputTokens) ||
    (thresholds.capabilityClasses.length > 0 && capabilityCalls > 0)
  )
}

/** The gate was asked with the real numbers, about the text that waits. */
export const checkGate = (run, event, settled, audit) => {
  const seat = seatOf(run.accepted)
  const tokens = seat.tokens + spentBy(run).tokens
  hold(event.threshold === thresholdOf(run, tokens, audit), "gate")
  hold(event.step === seat.step && event.tokens === tokens, "gate")
  hold(event.chars === settled.chars && event.digest === (settled.digest ?? event.digest), "gate")
}

/** A decision names the row that holds the run, and one for want of a decision comes at the deadline and not before. */
export const checkDecision = ({ accepted, held }, event, at) => {
  const { action, by, reason, principal, edited, sequence } = event
  const { expirySeconds } = seatOf(accepted)
  const isLate = expirySeconds !== null && at >= held.at + expirySeconds * 1000
  hold(sequence === held.seq, "steward")
  hold((action === "edit") === (edited !== null) && edited?.chars !== 0, "steward")
  hold((by === "deadline") === (reason === "expired"), "steward")
  hold(by !== "deadline" || (action === "reject" && principal === "deadline" && isLate), "steward")
}

/** With which code a decision ends its run; null where something leaves. */
export const discardedBy = ({ action, by }) => {
  if (action === "approve" || action === "edit") return null
  if (action === "redirect") return "STEWARD_REDIRECTED"
  return by === "deadline" ? "STEWARD_EXPIRED" : "STEWARD_REJECTED"
}
