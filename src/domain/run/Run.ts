/**
 * Owns the life of one run as a fold over its events: what has happened (`evolve`), and what may happen next (`next`).
 * The engine does what `next` says; a restart folds the stream and goes on from there.
 */
import { Result, Schema } from "effect"
import { type Certificate, covers, isWithin, type Purpose } from "./Bounds.ts"
import {
  AuditConcluded,
  BoundsCertified,
  CallIntended,
  CallSettled,
  ContextAssembled,
  Released,
  RouteResolved,
  RunAccepted,
  RunCancelled,
  RunErased,
  type RunEvent,
  RunFailed,
  RunRefused
} from "../Event.ts"
import { type Code, failure, type Phase, type RuntimeFailure } from "../Failure.ts"
import { ContentId, Count } from "../Ids.ts"
import type { AuditResult } from "./Receipt.ts"
import { type FallbackReason, mayAnswer } from "./Route.ts"
import { outcome } from "./Verdict.ts"

/** A call of the run: intended, and settled once its outcome is known. */
const Call = Schema.Struct({ intended: CallIntended, settled: Schema.NullOr(CallSettled) })
export type Call = typeof Call.Type

export const RunState = Schema.Struct({
  accepted: Schema.NullOr(RunAccepted),
  route: Schema.NullOr(RouteResolved),
  context: Schema.NullOr(ContextAssembled),
  bounds: Schema.NullOr(BoundsCertified),
  calls: Schema.Array(Call),
  audit: Schema.NullOr(AuditConcluded),
  ending: Schema.NullOr(Schema.Union([Released, RunRefused, RunFailed, RunCancelled])),
  /** How many processes have worked on it, one after the other. */
  attempt: Count,
  erased: Schema.NullOr(RunErased)
})
export type RunState = typeof RunState.Type

export const initial: RunState = {
  accepted: null,
  route: null,
  context: null,
  bounds: null,
  calls: [],
  audit: null,
  ending: null,
  attempt: 1,
  erased: null
}

/** What a state allows. */
export type Step =
  | { readonly _tag: "Accept" | "Route" | "Assemble" | "Certify" | "Done" }
  | {
      readonly _tag: "Call"
      readonly purpose: "draft" | "revision"
      readonly attempt: number
      readonly fallbackReason: FallbackReason | null
    }
  /** Call the auditor, or conclude that there is none. */
  | { readonly _tag: "Audit" }
  /** A call is out: nothing else may happen before its outcome is known. */
  | { readonly _tag: "Settle"; readonly purpose: Purpose; readonly attempt: number }
  /** The auditor's call is over: say what came of it. */
  | { readonly _tag: "Conclude"; readonly settled: CallSettledEvent }
  | { readonly _tag: "Release"; readonly answer: CallSettledEvent; readonly audit: AuditResult }
  | { readonly _tag: "Refuse"; readonly code: Code; readonly phase: Phase }
  | { readonly _tag: "Fail"; readonly code: Code; readonly phase: Phase }
  | { readonly _tag: "Cancel"; readonly phase: Phase }
type CallSettledEvent = typeof CallSettled.Type

/** The last call made for a purpose. */
export const lastCall = (state: RunState, purpose: Purpose): Call | undefined =>
  state.calls.findLast((call) => call.intended.purpose === purpose)

/** The id under which the text of the last call made for a purpose is sealed. */
export const textId = (state: RunState, purpose: Purpose): ContentId =>
  ContentId.make(`${purpose}.${lastCall(state, purpose)?.intended.attempt ?? 1}`)

/** The one thing that comes next. */
export const next = (state: RunState): Step => {
  if (state.ending) return { _tag: "Done" }
  if (!state.accepted) return { _tag: "Accept" }
  if (!state.route) return { _tag: "Route" }
  if (!state.context) return { _tag: "Assemble" }
  if (!state.bounds) return { _tag: "Certify" }

  const draft = lastCall(state, "draft")
  if (!draft) return { _tag: "Call", purpose: "draft", attempt: 1, fallbackReason: null }
  if (!draft.settled) return pending(draft)
  if (draft.settled.outcome !== "ok") {
    const { fallback } = draft.settled
    const again = fallback !== null && draft.intended.attempt === 1 && state.route.route.alternate !== null
    return again
      ? { _tag: "Call", purpose: "draft", attempt: 2, fallbackReason: fallback }
      : broken(draft.settled, "draft")
  }
  if (!state.accepted.audit) return { _tag: "Release", answer: draft.settled, audit: "none" }

  const audit = lastCall(state, "audit")
  if (!state.audit) {
    if (!audit) return { _tag: "Audit" }
    if (!audit.settled) return pending(audit)
    return audit.settled.outcome === "cancelled"
      ? { _tag: "Cancel", phase: "audit" }
      : { _tag: "Conclude", settled: audit.settled }
  }
  switch (outcome(state.audit.verdict, state.accepted.onUnavailable)) {
    case "release":
      return { _tag: "Release", answer: draft.settled, audit: "pass" }
    case "release_unaudited":
      return isUnread(state.audit)
        ? { _tag: "Fail", code: "RUN_INTERRUPTED", phase: "recovery" }
        : { _tag: "Release", answer: draft.settled, audit: "unaudited" }
    case "refuse_rejected":
      return { _tag: "Refuse", code: "AUDIT_REJECTED", phase: "audit" }
    case "refuse_unavailable":
      return { _tag: "Refuse", code: "AUDIT_UNAVAILABLE", phase: "audit" }
    case "revise": {
      const revision = lastCall(state, "revision")
      if (!revision) return { _tag: "Call", purpose: "revision", attempt: 1, fallbackReason: null }
      if (!revision.settled) return pending(revision)
      return revision.settled.outcome === "ok"
        ? { _tag: "Release", answer: revision.settled, audit: "revised" }
        : broken(revision.settled, "revision")
    }
  }
}

/**
 * Whether nobody read what the auditor said: so concludes whoever ends a run that a dead process left, and names no auditor.
 * The answer may have been a rejection, so nothing is released after it.
 */
export const isUnread = ({ verdict, unavailable, provider, model }: typeof AuditConcluded.Type): boolean =>
  verdict === null && unavailable === "call_failed" && provider === null && model === null

/** A run that takes its process with it each time is not tried for ever. */
export const MAX_ATTEMPTS = 3

/** Whether another process may go on: the draft is paid for, no call is out, and no end is due. */
export const mayContinue = (state: RunState): boolean => {
  if (state.attempt >= MAX_ATTEMPTS || lastCall(state, "draft")?.settled?.outcome !== "ok") return false
  switch (next(state)._tag) {
    case "Call":
    case "Audit":
    case "Conclude":
    case "Release":
      return true
    default:
      return false
  }
}

const pending = (call: Call): Step => ({
  _tag: "Settle",
  purpose: call.intended.purpose,
  attempt: call.intended.attempt
})

const broken = (settled: CallSettledEvent, phase: Phase): Step => {
  if (settled.outcome === "cancelled") return { _tag: "Cancel", phase }
  const code = settled.outcome === "indeterminate" ? "PROVIDER_OUTCOME_UNKNOWN" : settled.code
  return { _tag: "Fail", code: code ?? "INTERNAL_ERROR", phase }
}

/** Folds one event in, or says that it cannot have happened here. */
export const evolve = (state: RunState, event: RunEvent): Result.Result<RunState, RuntimeFailure> =>
  allows(state, event)
    ? Result.succeed(apply(state, event))
    : Result.fail(failure("RUN_TRANSITION_INVALID", "setup"))

/** Folds a whole stream. */
export const replay = (
  events: Iterable<RunEvent>,
  from: RunState = initial
): Result.Result<RunState, RuntimeFailure> => {
  let state = from
  for (const event of events) {
    const evolved = evolve(state, event)
    if (Result.isFailure(evolved)) return evolved
    state = evolved.success
  }
  return Result.succeed(state)
}

const allows = (state: RunState, event: RunEvent): boolean => {
  const step = next(state)
  switch (event._tag) {
    case "RunAccepted":
      return step._tag === "Accept" && mayAnswer(event.mode)
    case "RouteResolved":
      return step._tag === "Route"
    case "ContextAssembled":
      return step._tag === "Assemble"
    case "BoundsCertified":
      return step._tag === "Certify"
    case "CallIntended":
      if (
        !covers(certified(state), [...state.calls.map(({ intended }) => intended.reserved), event.reserved])
      ) {
        return false
      }
      return step._tag === "Call"
        ? event.purpose === step.purpose &&
            event.attempt === step.attempt &&
            event.fallbackReason === step.fallbackReason
        : step._tag === "Audit" &&
            event.purpose === "audit" &&
            event.attempt === 1 &&
            event.fallbackReason === null
    case "CallSettled":
      return (
        step._tag === "Settle" &&
        event.purpose === step.purpose &&
        event.attempt === step.attempt &&
        isWithin(lastReservation(state), event)
      )
    case "AuditConcluded":
      return (
        (event.verdict === null) === (event.unavailable !== null) &&
        (step._tag === "Audit"
          ? event.verdict === null
          : step._tag === "Conclude" && (event.verdict === null || step.settled.outcome === "ok"))
      )
    case "Released":
      return step._tag === "Release" && event.receipt.audit === step.audit
    case "RunRefused":
      return step._tag === "Refuse"
        ? event.code === step.code
        : step._tag === "Assemble" ||
            step._tag === "Certify" ||
            // The worst case is reserved with the first intent, or there is none.
            (event.code === "BUDGET_EXCEEDED" && state.bounds !== null && state.calls.length === 0) ||
            // What the auditor or the revision would have to read grows with the draft.
            (event.code === "CONTEXT_LIMIT_EXCEEDED" &&
              (step._tag === "Audit" || (step._tag === "Call" && step.purpose === "revision")))
    // A run cannot end while a call is out: what became of the call is said first.
    case "RunFailed":
    case "RunCancelled":
      return isBetweenCalls(step)
    case "RunResumed":
      return mayContinue(state) && event.attempt === state.attempt + 1
    case "RunErased":
      return state.ending !== null && state.erased === null
  }
}

const isBetweenCalls = (step: Step): boolean =>
  step._tag !== "Accept" && step._tag !== "Settle" && step._tag !== "Done"

const nothing: Certificate = {
  calls: 0,
  inputTokens: 0,
  outputTokens: 0,
  wallMillis: 0,
  capabilityCalls: 0,
  gates: 0
}
const certified = (state: RunState): Certificate => state.bounds?.certificate ?? nothing

const lastReservation = (state: RunState) => state.calls.at(-1)?.intended.reserved ?? nothing

const apply = (state: RunState, event: RunEvent): RunState => {
  switch (event._tag) {
    case "RunAccepted":
      return { ...state, accepted: event }
    case "RouteResolved":
      return { ...state, route: event }
    case "ContextAssembled":
      return { ...state, context: event }
    case "BoundsCertified":
      return { ...state, bounds: event }
    case "CallIntended":
      return { ...state, calls: [...state.calls, { intended: event, settled: null }] }
    case "CallSettled":
      return {
        ...state,
        calls: state.calls.map((call) => (call.settled === null ? { ...call, settled: event } : call))
      }
    case "AuditConcluded":
      return { ...state, audit: event }
    case "Released":
    case "RunRefused":
    case "RunFailed":
    case "RunCancelled":
      return { ...state, ending: event }
    case "RunResumed":
      return { ...state, attempt: event.attempt }
    case "RunErased":
      return { ...state, erased: event }
  }
}
