/** Owns the gate: when a steward is asked, whether anything may leave before that, and what a decision has to say. */
import { spentBy } from "./budget.mjs"
import { hold } from "./chain.mjs"

const isStep = ({ stepCount }, step) => stepCount !== null && stepCount > 0 && step % stepCount === 0
const isOver = ({ tokenBudget }, tokens) => tokenBudget !== null && tokens > tokenBudget

/** Whether anything is set that could ever ask. */
const isSet = ({ stepCount, tokenBudget, capabilityClasses, audit, always }) =>
  stepCount !== null || tokenBudget !== null || capabilityClasses.length > 0 || audit || always

/** How many times a steward may be asked in a run. */
export const gatesOf = ({ turn, audit, onUnavailable }) =>
  turn?.mode === "steward" && (isSet(turn.thresholds) || (audit && onUnavailable === "hold")) ? 1 : 0

/** The first threshold that fires, or null. No run has made a capability's call yet. */
const thresholdOf = ({ turn: { thresholds, step }, onUnavailable }, tokens, audit) => {
  if (isStep(thresholds, step)) return "step_count"
  if (isOver(thresholds, tokens)) return "token_budget"
  if (thresholds.audit && (audit === "revised" || audit === "unaudited")) return "audit"
  if (audit === "unaudited" && onUnavailable === "hold") return "audit"
  return thresholds.always ? "always" : null
}

/** Whether the draft may leave while it is made: only where nothing can still hold or refuse the answer. */
export const mayStream = ({ accepted, certificate }) => {
  if (accepted.audit) return false
  const { turn } = accepted
  if (turn === undefined || turn.mode === "work") return true
  if (certificate === null) return false
  const { thresholds, step, tokens } = turn
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
  const { turn } = run.accepted
  const tokens = turn.tokens + spentBy(run).tokens
  hold(event.threshold === thresholdOf(run.accepted, tokens, audit), "gate")
  hold(event.step === turn.step && event.tokens === tokens, "gate")
  hold(event.chars === settled.chars && event.digest === (settled.digest ?? event.digest), "gate")
}

/** A decision names the row that holds the run, and one for want of a decision comes at the deadline and not before. */
export const checkDecision = ({ accepted, held }, event, at) => {
  const { action, by, reason, principal, edited, sequence } = event
  const { expirySeconds } = accepted.turn
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
