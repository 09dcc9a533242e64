/**
 * Owns what is decided in a run made again: what was recorded is held against the run's policy and its own past. What
 * holds and what not is all that it says.
 */
import { Result } from "effect"
import { isWithin, type WorstCase, worstCase } from "../run/Bounds.ts"
import { isDrifting, type Judged, type Now, type Standing } from "./Decision.ts"
import { isEnding } from "../Event.ts"
import type {
  AuditConcluded,
  CallIntended,
  CallSettled,
  ContextAssembled,
  GateEvaluated,
  RunAccepted,
  RunEvent,
  StewardDecided
} from "../Event.ts"
import * as Governance from "../run/Governance.ts"
import { RUN_PREFIX, Timestamp } from "../Ids.ts"
import { reachedBy } from "../run/Leaving.ts"
import type { AuditResult } from "../run/Receipt.ts"
import { deadline, gate, isSound as isSoundDecision } from "../session/Steward.ts"
import { equals } from "./Ledger.ts"
import { isInvoked, isRecalled } from "./RederivedInputs.ts"
import { failing, isEndingDue, isReleasable, partial, refusal } from "./RederivedEnding.ts"
import { CAPABILITY, type Destination, mayAnswer } from "../run/Route.ts"
import { asksNobody, isUnread, lastCall, next, type RunState } from "../run/Run.ts"
import { seatOf } from "../run/Seat.ts"
import { evolve } from "../run/Evolution.ts"
import { isSound } from "../run/Verdict.ts"

/** The decisions that an event records, and the state after it; null where the event cannot have happened. */
export const judge = (
  standing: Standing,
  event: RunEvent,
  at: number
): { readonly judged: ReadonlyArray<Judged>; readonly state: RunState | null } => {
  const now = { ...standing, step: next(standing.state) }
  const state = Result.getOrNull(evolve(standing.state, event))
  const transition = {
    decision: "transition",
    holds: state !== null && isEndingDue(now.step, event)
  } as const
  const all = recorded(now, event, at)
  // What an ending says at its place comes before what it says of a policy and of what has left; only a drift is before that.
  const first =
    isEnding(event) && event._tag !== "Released" ? all.filter(({ decision }) => decision === "drift") : all
  return { judged: [...first, transition, ...all.filter((one) => !first.includes(one))], state }
}

/** The worst case of a run, once its context is known. */
export const worstOf = (
  { policy, auditor }: Governance.Regime,
  { accepted, route, context }: RunState
): WorstCase | null =>
  accepted && route && context
    ? Result.getOrNull(
        worstCase(
          Governance.wishOf(
            policy,
            route.route,
            accepted.audit ? auditor : null,
            context,
            Governance.askedIn(accepted)
          )
        )
      )
    : null

/** Where an event is out of place, only the transition is false: nothing else can be said of it. */
const recorded = (now: Now, event: RunEvent, at: number): ReadonlyArray<Judged> => {
  const { regime, state, step } = now
  switch (event._tag) {
    case "RunAccepted":
      return [{ decision: "accepted", holds: step._tag !== "Accept" || isAccepted(now, event) }]
    case "RouteResolved": {
      if (regime === null) return []
      const route = state.accepted && regime.route(state.accepted.mode)
      return [{ decision: "route", holds: step._tag !== "Route" || equals(event.route, route) }]
    }
    case "CapabilityInvoked":
      return [
        { decision: "drift", holds: step._tag !== "Invoke" || !isDrifting(now) },
        { decision: "capability", holds: step._tag !== "Invoke" || isInvoked(now, event) }
      ]
    case "ContextAssembled":
      return [
        { decision: "drift", holds: step._tag !== "Assemble" || !isDrifting(now) },
        { decision: "context", holds: step._tag !== "Assemble" || isContext(now, event) },
        ...(event.memory === undefined
          ? []
          : [
              {
                decision: "memory" as const,
                holds: step._tag !== "Assemble" || isRecalled(now, event.memory)
              }
            ])
      ]
    case "BoundsCertified": {
      if (regime === null) return []
      const holds = step._tag !== "Certify" || equals(event.certificate, now.worst?.certificate)
      return [{ decision: "bounds", holds }]
    }
    case "CallIntended":
      return [{ decision: "call", holds: isCallDue(now, event) }]
    case "CallSettled":
      return [{ decision: "settlement", holds: step._tag !== "Settle" || isSettled(state, event) }]
    case "AuditConcluded":
      return [{ decision: "audit", holds: isConcluded(now, event) }]
    case "GateEvaluated":
      return [{ decision: "gate", holds: step._tag !== "Gate" || isGate(state, event, step.audit) }]
    case "StewardDecided":
      return [{ decision: "steward", holds: step._tag !== "Decide" || isDecision(now, event, at) }]
    case "Released":
      return [{ decision: "receipt", holds: step._tag !== "Release" || isReleasable(now, event, step.audit) }]
    case "RunRefused":
      return [...refusal(now, event), partial(state, event)]
    case "RunFailed":
      return [...failing(now, event), partial(state, event)]
    case "RunCancelled":
      return [partial(state, event)]
    case "HeldViewed":
    case "RunResumed":
    case "RunErased":
      return []
  }
}

/** The gate was asked with the real numbers, about the text that waits. */
const isGate = (state: RunState, event: typeof GateEvaluated.Type, audit: AuditResult): boolean => {
  const { accepted } = state
  const reached = reachedBy(state, audit)
  const answer = lastCall(state, audit === "revised" ? "revision" : "draft")?.settled
  const seat = accepted && seatOf(accepted)
  if (!seat || !reached || !answer) return false
  return (
    event.threshold === gate(seat.mode, seat.thresholds, reached) &&
    event.step === reached.step &&
    event.tokens === reached.tokens &&
    event.chars === answer.chars &&
    (answer.digest === null || event.digest === answer.digest)
  )
}

/** A decision is about the row that holds the run; one for want of a decision comes at the deadline and not before. */
const isDecision = ({ state, held }: Now, event: typeof StewardDecided.Type, at: number): boolean => {
  const seat = state.accepted && seatOf(state.accepted)
  if (!seat || held === null || !isSoundDecision(event) || event.sequence !== held.seq) return false
  const due = deadline(seat, Timestamp.make(held.at))
  return event.by !== "deadline" || (due !== null && at >= due)
}

const isAccepted = ({ stream, regime }: Now, event: typeof RunAccepted.Type): boolean =>
  RUN_PREFIX + event.run === stream &&
  (mayAnswer(event.mode) || event.mode === CAPABILITY) &&
  (regime === null ||
    ((event.audit || !regime.policy.audit.default_modes.includes(event.mode)) &&
      event.onUnavailable === regime.policy.audit.on_unavailable))

/** The prompt is the last of its segments, and the one that was accepted; where no model is asked, nothing is assembled. */
const isContext = (
  { regime, state }: Now,
  { chars, bytes, messages, segments, history, clientHistory }: typeof ContextAssembled.Type
): boolean => {
  const { accepted } = state
  if (asksNobody(state)) return segments.length + messages + chars + bytes === 0 && !history && !clientHistory
  const limit = regime?.policy.contextLimitChars ?? 0
  const prompt = segments.at(-1)
  return (
    (limit === 0 || chars <= limit) &&
    segments.filter(({ name }) => name === "prompt").length === 1 &&
    prompt?.name === "prompt" &&
    prompt.digest === accepted?.promptDigest &&
    prompt.chars === accepted.promptChars &&
    // Each earlier answer is in it, or was left out.
    (history ? history.turns + history.dropped : undefined) === accepted.turn?.answers &&
    isGiven(accepted.client, segments, clientHistory)
  )
}

/** A client's instructions are in it, and each of its messages is, or was left out; where none was, they are what was given. */
const isGiven = (
  client: (typeof RunAccepted.Type)["client"],
  segments: (typeof ContextAssembled.Type)["segments"],
  kept: (typeof ContextAssembled.Type)["clientHistory"]
): boolean => {
  const { instructions = null, history = null } = client ?? {}
  const said = segments.find(({ name }) => name === "history")
  return (
    segments.filter(({ name }) => name === "instructions").length === (instructions ? 1 : 0) &&
    (kept ? kept.messages + kept.dropped : undefined) === history?.messages &&
    (kept?.dropped !== 0 || said?.digest === history?.digest)
  )
}

/** The one who is to audit a run under this policy; null when nobody is. */
const auditorOf = (regime: Governance.Regime, state: RunState): Destination | null =>
  state.accepted?.audit ? regime.auditor : null

/** Whose draft a run has: that of its last draft call. */
const drafterIn = (state: RunState): Governance.Place | null => lastCall(state, "draft")?.intended ?? null

const isCallDue = (now: Now, event: typeof CallIntended.Type): boolean => {
  const { regime, state, step } = now
  const asked =
    step._tag === "Call"
      ? step
      : step._tag === "Audit"
        ? { purpose: "audit", attempt: 1, fallbackReason: null }
        : null
  if (asked === null || !state.route) return true
  const isAsked =
    event.purpose === asked.purpose &&
    event.attempt === asked.attempt &&
    event.fallbackReason === asked.fallbackReason
  if (regime === null || !isAsked) return isAsked
  const auditor = auditorOf(regime, state)
  const destination = Governance.destinationOf(state, state.route.route, auditor, event)
  const reserved = now.worst?.calls.find(
    ({ purpose, attempt }) => purpose === event.purpose && attempt === event.attempt
  )
  return (
    event.provider === destination?.provider &&
    event.model === destination.model &&
    equals(event.reserved, reserved?.reservation) &&
    (step._tag !== "Audit" || (auditor !== null && mayAudit(regime, state, auditor)))
  )
}

const mayAudit = (regime: Governance.Regime, state: RunState, auditor: Governance.Place): boolean => {
  const drafter = drafterIn(state)
  return (
    state.accepted !== null &&
    drafter !== null &&
    Governance.mayAudit(regime.policy, state.accepted.checks.constellation, auditor, drafter)
  )
}

const isSettled = (state: RunState, event: typeof CallSettled.Type): boolean => {
  const reserved = state.calls.at(-1)?.intended.reserved
  return reserved !== undefined && isWithin(reserved, event) && isCoherent(event)
}

/** What an outcome says of code, end and second attempt, and a text of its digest and its first piece. */
const isCoherent = (event: typeof CallSettled.Type): boolean => {
  const { outcome, code, fallback, finish, digest, chars, firstTokenMillis } = event
  const hasBegun = firstTokenMillis !== null
  return (
    (outcome === "failed"
      ? code !== null && code !== "PROVIDER_OUTCOME_UNKNOWN" && (fallback === null || !hasBegun)
      : code === (outcome === "indeterminate" ? "PROVIDER_OUTCOME_UNKNOWN" : null) && fallback === null) &&
    (outcome !== "ok" || finish !== null) &&
    (digest === null) === (chars === 0) &&
    (chars === 0 || hasBegun) &&
    (firstTokenMillis === null || firstTokenMillis <= event.latencyMillis)
  )
}

const isConcluded = (now: Now, event: typeof AuditConcluded.Type): boolean => {
  const { regime, state, step } = now
  const drafter = drafterIn(state)
  if (drafter === null || (step._tag !== "Audit" && step._tag !== "Conclude")) return true
  if (step._tag === "Conclude" && isUnread(event)) return !event.independent
  const auditor = concluding(now, event)
  if (step._tag === "Audit" && regime && auditor && mayAudit(regime, state, auditor)) return false
  const said = event.verdict ?? event.unavailable
  const silent =
    step._tag === "Conclude"
      ? Governance.silence(step.settled)
      : auditor === null
        ? "no_challenger"
        : "not_independent"
  return (
    said !== null &&
    (silent === null ? said === "unparsable" || typeof said !== "string" : said === silent) &&
    (typeof said === "string" || isSound(said)) &&
    equals(event, Governance.conclude(auditor, drafter, said))
  )
}

/** Whom the record of an audit has to name: who was asked, or who would have been. Without a policy, whom it names. */
const concluding = (
  { regime, state, step }: Now,
  { provider, model }: typeof AuditConcluded.Type
): Governance.Place | null => {
  if (step._tag === "Conclude") return lastCall(state, "audit")?.intended ?? null
  if (regime) return auditorOf(regime, state)
  return provider !== null && model !== null ? { provider, model } : null
}
