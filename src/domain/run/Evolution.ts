/** Owns how an event changes a run: it is folded in (`evolve`), or it cannot have happened there and is refused. */
import { Result } from "effect"
import { type Certificate, covers, isIn, isWithin } from "./Bounds.ts"
import type { CapabilityInvoked, RunAccepted, RunEvent } from "../Event.ts"
import { codes, failure, type RuntimeFailure } from "../Failure.ts"
import { isGeneration } from "./Generation.ts"
import { CAPABILITY, mayAnswer } from "./Route.ts"
import { initial, mayContinue, next, type RunState, type Step } from "./Run.ts"

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
      return step._tag === "Accept" && isRequest(event)
    case "RouteResolved":
      return step._tag === "Route"
    case "CapabilityInvoked":
      return step._tag === "Invoke" && event.id === state.accepted?.capability?.id && isInvocation(event)
    case "ContextAssembled":
      return (
        step._tag === "Assemble" && (event.memory === undefined) === (state.accepted?.packs === undefined)
      )
    case "BoundsCertified":
      return step._tag === "Certify" && state.accepted !== null && isLeft(state.accepted, event.certificate)
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
    case "GateEvaluated":
      return step._tag === "Gate"
    case "HeldViewed":
      return step._tag === "Decide" && event.digest === state.gate?.digest
    case "StewardDecided":
      return step._tag === "Decide" && event.digest === state.gate?.digest
    case "Released":
      return step._tag === "Release" && event.receipt.audit === step.audit
    case "RunRefused":
      return step._tag === "Refuse"
        ? event.code === step.code
        : step._tag === "Assemble" ||
            step._tag === "Certify" ||
            // The worst case is reserved with the first intent, or there is none.
            (event.code === "BUDGET_EXCEEDED" && step._tag === "Call" && state.calls.length === 0) ||
            // What the auditor or the revision would have to read grows with the draft.
            (event.code === "CONTEXT_LIMIT_EXCEEDED" &&
              (step._tag === "Audit" || (step._tag === "Call" && step.purpose === "revision")))
    // A run cannot end while a call is out: what became of the call is said first.
    case "RunFailed":
    case "RunCancelled":
      // What was decided is carried out with the decision.
      return isBetweenCalls(step) && state.decision === null
    case "RunResumed":
      return mayContinue(state) && event.attempt === state.attempt + 1
    case "RunErased":
      return state.ending !== null && state.erased === null
  }
}

/** A run is a turn, or a step, or a client's, or none of it; one that asks no model has a capability, and nothing a model would need. */
const isRequest = (accepted: typeof RunAccepted.Type): boolean => {
  const { mode, capability, turn, step, packs, audit, client, generation } = accepted
  return mode === CAPABILITY
    ? capability !== undefined && !turn && !step && !packs && !audit && !client && !generation
    : mayAnswer(mode) &&
        // A conversation is a session's, a runbook's or the client's.
        [turn, step, client].filter((one) => one !== undefined).length <= 1 &&
        packs?.length !== 0 &&
        (generation === undefined || isGeneration(generation))
}

/** An answer of a capability has an output, and says why it is none; what has failed has neither. */
const isInvocation = ({ ok, errorCode, code, digest, outputChars }: typeof CapabilityInvoked.Type): boolean =>
  code === null
    ? digest !== null && (ok ? errorCode === null : true)
    : codes[code].kind === "capability" && !ok && errorCode === null && digest === null && outputChars === 0

/** What is certified for a step is within what was certified for its runbook. */
export const isLeft = ({ step }: Pick<typeof RunAccepted.Type, "step">, certificate: Certificate): boolean =>
  step === undefined || isIn(certificate, step.left)

/** What is held ends by a decision alone. */
const isBetweenCalls = (step: Step): boolean =>
  step._tag !== "Accept" && step._tag !== "Settle" && step._tag !== "Decide" && step._tag !== "Done"

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
    case "CapabilityInvoked":
      return { ...state, capability: event }
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
    case "GateEvaluated":
      return { ...state, gate: event }
    case "HeldViewed":
      return state
    case "StewardDecided":
      return { ...state, decision: event }
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
