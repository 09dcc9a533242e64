/** Owns what a run is told of the session it is a turn of, and the words in which a steward's decisions are recorded. */
import { Schema } from "effect"
import { CapabilityClass, ContentId, Count, Digest, Principal, RunId, SessionId } from "../Ids.ts"

/** `work` lets answers out by themselves; `steward` asks a person when a threshold fires. */
export const SessionMode = Schema.Literals(["work", "steward"])
export type SessionMode = typeof SessionMode.Type

/** `paused`: a turn is held. `at_limit`: no turn is left. */
export const SessionStatus = Schema.Literals(["active", "paused", "closed", "at_limit"])
export type SessionStatus = typeof SessionStatus.Type

/** The thresholds in the order in which they are asked. */
export const Threshold = Schema.Literals([
  "step_count",
  "token_budget",
  "capability_classes",
  "audit",
  "always"
])
export type Threshold = typeof Threshold.Type

/** When a steward is asked; null, empty or false never asks. */
export const Thresholds = Schema.Struct({
  /** At every so many turns. */
  stepCount: Schema.NullOr(Count),
  /** At more tokens than this over all turns of the session. */
  tokenBudget: Schema.NullOr(Count),
  /** When a capability of one of these classes was invoked in the turn. */
  capabilityClasses: Schema.Array(CapabilityClass),
  /** When an audit was asked for and did not pass the answer as it was. */
  audit: Schema.Boolean,
  always: Schema.Boolean
})
export type Thresholds = typeof Thresholds.Type

/** What a session is governed by, from its start on. */
export const Terms = Schema.Struct({
  thresholds: Thresholds,
  /** Seconds after which a held turn is rejected by itself; null never. */
  expirySeconds: Schema.NullOr(Count),
  maxTurns: Count
})
export type Terms = typeof Terms.Type

/** Where a run stands in its session: fixed when it is accepted, so that whatever changes meanwhile counts from the next turn on. */
export const Turn = Schema.Struct({
  session: SessionId,
  /** Place among the session's turns, from 0. */
  index: Count,
  /** Which of the turns that count this one is, from 1. */
  step: Count,
  mode: SessionMode,
  /** Tokens of the session's turns before this one. */
  tokens: Count,
  /** How many of the turns that it follows let an answer out: each of them is in its history, or did not fit. */
  answers: Count,
  thresholds: Thresholds,
  expirySeconds: Schema.NullOr(Count),
  /** The earlier turn that it stands in place of: it follows what that one followed. Left out of one that follows the newest. */
  insteadOf: Schema.optionalKey(Count)
})
export type Turn = typeof Turn.Type

/** What can be done with a held turn. */
export const Action = Schema.Literals(["approve", "edit", "redirect", "reject", "close"])
export type Action = typeof Action.Type

/** Why, in a fixed word: nothing a steward types is recorded. */
export const Reason = Schema.Literals([
  "acceptable",
  "incorrect",
  "incomplete",
  "off_task",
  "unsafe",
  "privacy",
  "tone",
  "policy",
  "expired",
  "other"
])
export type Reason = typeof Reason.Type

/** Who decided: a person, a program by a rule, or nobody before the deadline. */
export const Decider = Schema.Literals(["person", "service", "deadline"])
export type Decider = typeof Decider.Type

/** A decision, bound to what was shown: the digest of the held text, and the row of the run that holds it. */
export const Decision = Schema.Struct({
  action: Action,
  reason: Reason,
  principal: Principal,
  by: Decider,
  digest: Digest,
  sequence: Count,
  /** What left in place of the held text; null unless it was edited. */
  edited: Schema.NullOr(Schema.Struct({ digest: Digest, chars: Count }))
})
export type Decision = typeof Decision.Type

/** How a turn ended. */
export const TurnStatus = Schema.Literals([
  "released",
  "refused",
  "failed",
  "cancelled",
  "rejected",
  "redirected"
])
export type TurnStatus = typeof TurnStatus.Type

/** The text a turn let out, under its id in the run's stream. */
export const Answered = Schema.Struct({ content: ContentId, digest: Digest, chars: Count })
export type Answered = typeof Answered.Type

/** The turn that a session waits for; its threshold is null while it runs, and names the pause once it is held. */
export const OpenTurn = Schema.Struct({ run: RunId, index: Count, threshold: Schema.NullOr(Threshold) })
export type OpenTurn = typeof OpenTurn.Type
