/** Owns when a steward is asked, whether a draft may stream at all, and which decision may be taken. Pure. */
import { Option } from "effect"
import type { Code } from "../Failure.ts"
import { type CapabilityClass, Principal, type Timestamp } from "../Ids.ts"
import type { AuditResult } from "../run/Receipt.ts"
import type { OnUnavailable } from "../run/Verdict.ts"
import type { Action, Decision, Threshold, Thresholds, Turn, TurnStatus } from "./Turn.ts"

/** The real numbers of a turn whose answer is ready. */
export interface Reached {
  /** Which of the turns that count this one is, from 1. */
  readonly step: number
  /** Tokens of the session, this turn's included. */
  readonly tokens: number
  /** Classes of the capabilities that were invoked in this turn. */
  readonly capabilities: ReadonlyArray<CapabilityClass>
  readonly audit: AuditResult
  readonly onUnavailable: OnUnavailable
}

/** The first threshold that fires, or null: then nobody is asked. */
export const gate = (mode: Turn["mode"], thresholds: Thresholds, reached: Reached): Threshold | null => {
  if (mode === "work") return null
  const { stepCount, tokenBudget, capabilityClasses } = thresholds
  const { step, tokens, capabilities, audit, onUnavailable } = reached
  if (stepCount !== null && stepCount > 0 && step % stepCount === 0) return "step_count"
  if (tokenBudget !== null && tokens > tokenBudget) return "token_budget"
  if (capabilities.some((one) => capabilityClasses.includes(one))) return "capability_classes"
  if (thresholds.audit && (audit === "revised" || audit === "unaudited")) return "audit"
  // Without a verdict the operator wants a person to look, whatever the thresholds are.
  if (audit === "unaudited" && onUnavailable === "hold") return "audit"
  return thresholds.always ? "always" : null
}

/** What is certain of a turn before its first call: nothing it comes to is more than this. */
export interface AtMost {
  readonly step: number
  readonly tokens: number
  readonly capabilityCalls: number
  readonly isAudited: boolean
  readonly onUnavailable: OnUnavailable
}

/** Whether a threshold may still fire. While it may, not one character leaves. */
export const mayHold = (mode: Turn["mode"], thresholds: Thresholds, atMost: AtMost): boolean => {
  if (mode === "work") return false
  const { stepCount, tokenBudget, capabilityClasses, audit, always } = thresholds
  return (
    always ||
    (stepCount !== null && stepCount > 0 && atMost.step % stepCount === 0) ||
    (tokenBudget !== null && atMost.tokens > tokenBudget) ||
    (capabilityClasses.length > 0 && atMost.capabilityCalls > 0) ||
    (atMost.isAudited && (audit || atMost.onUnavailable === "hold"))
  )
}

/** Whether anything is set that could ever ask a steward. */
export const isSet = ({ stepCount, tokenBudget, capabilityClasses, audit, always }: Thresholds): boolean =>
  stepCount !== null || tokenBudget !== null || capabilityClasses.length > 0 || audit || always

/** What may be done with a held turn: at the ceiling there is no next turn to redirect to. */
export const validActions = (isLast: boolean): ReadonlyArray<Action> =>
  isLast ? ["approve", "edit", "reject", "close"] : ["approve", "edit", "redirect", "reject", "close"]

/** The code a discarded draft ends its run with; none where something leaves. */
export const discarded = ({ action, by }: Pick<Decision, "action" | "by">): Option.Option<Code> => {
  switch (action) {
    case "approve":
    case "edit":
      return Option.none()
    case "redirect":
      return Option.some("STEWARD_REDIRECTED")
    case "reject":
    case "close":
      return Option.some(by === "deadline" ? "STEWARD_EXPIRED" : "STEWARD_REJECTED")
  }
}

/** What a decision makes of its turn. */
export const statusAfter = ({ action }: Pick<Decision, "action">): TurnStatus => {
  switch (action) {
    case "approve":
    case "edit":
      return "released"
    case "redirect":
      return "redirected"
    case "reject":
    case "close":
      return "rejected"
  }
}

/** Who rejects what nobody decided in time. */
export const DEADLINE = Principal.make("deadline")

/**
 * Whether a decision says by itself what it has to: an edit brings a text, a deadline rejects in its own name, and nothing
 * else expires.
 */
export const isSound = ({ action, by, reason, principal, edited }: Decision): boolean =>
  (action === "edit") === (edited !== null) &&
  edited?.chars !== 0 &&
  (by === "deadline") === (reason === "expired") &&
  (by !== "deadline" || (action === "reject" && principal === DEADLINE))

/** When a turn that is held since then rejects itself; null never. */
export const deadline = ({ expirySeconds }: Pick<Turn, "expirySeconds">, heldAt: Timestamp): number | null =>
  expirySeconds === null ? null : heldAt + expirySeconds * 1000
