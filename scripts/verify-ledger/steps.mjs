/** Owns which event may stand where in a run: what is next follows from the events before. */
import { discardedBy, seatOf } from "./gate.mjs"
import { asksNobody } from "./laws.mjs"
import { RETRYABLE } from "./codes.mjs"

export const lastCall = (run, purpose) => run.calls.findLast(({ intended }) => intended.purpose === purpose)

const afterFailure = (settled, phase) =>
  settled.outcome === "cancelled"
    ? { next: "cancel", phase }
    : {
        next: "fail",
        phase,
        code:
          settled.outcome === "indeterminate"
            ? "PROVIDER_OUTCOME_UNKNOWN"
            : (settled.code ?? "INTERNAL_ERROR")
      }
const callFor = (purpose, attempt = 1, fallbackReason = null) => ({
  next: purpose,
  place: { purpose, attempt, fallbackReason }
})

/** Nobody read what the auditor said: so concludes whoever ends a run that a dead process left, and releases nothing. */
export const isUnread = ({ unavailable, provider, model }) =>
  unavailable === "call_failed" && provider === null && model === null

/** An answer is ready: it leaves, unless its session or runbook asks a steward first. */
const leave = ({ accepted, gate, decision }, audit) => {
  if (seatOf(accepted)?.mode !== "steward") return { next: "release", audit }
  if (gate === null) return { next: "gate", audit }
  if (gate.threshold === null) return { next: "release", audit }
  if (decision === null) return { next: "decide", audit }
  const code = discardedBy(decision)
  return code === null ? { next: "release", audit } : { next: "refuse", code, phase: "gate" }
}

/** Whether an answer may go on without a verdict: held for somebody, where the operator wants that and there is one. */
const goesOn = (accepted) =>
  accepted.onUnavailable === "release" ||
  (accepted.onUnavailable === "hold" && seatOf(accepted)?.mode === "steward")

/** What comes next in a run. */
export const stepOf = (run) => {
  if (run.ending) return { next: run.erased ? "nothing" : "ended" }
  if (!run.accepted) return { next: "begin" }
  if (!run.route) return { next: "route" }
  if (run.accepted.capability) {
    if (!run.invoked) return { next: "invoke" }
    const { code } = run.invoked
    if (code !== null) return { next: "fail", code, phase: "capability" }
  }
  if (!run.context) return { next: "context" }
  if (!run.certificate) return { next: "bounds" }
  if (asksNobody(run)) return { next: "release", audit: "none" }
  const draft = lastCall(run, "draft")
  if (!draft) return callFor("draft")
  if (run.calls.at(-1).settled === null) return { next: "settle" }
  if (draft.settled.outcome !== "ok") {
    const { fallback } = draft.settled
    const again = fallback !== null && draft.intended.attempt === 1 && run.route.alternate !== null
    return again ? callFor("draft", 2, fallback) : afterFailure(draft.settled, "draft")
  }
  if (!run.accepted.audit) return leave(run, "none")
  if (!run.audit) {
    const audit = lastCall(run, "audit")
    if (!audit) return callFor("audit")
    return audit.settled.outcome === "cancelled" ? { next: "cancel", phase: "audit" } : { next: "conclude" }
  }
  switch (run.audit.verdict?.decision) {
    case "pass":
      return leave(run, "pass")
    case "reject":
      return { next: "refuse", code: "AUDIT_REJECTED", phase: "audit" }
    case "needs_work": {
      const revision = lastCall(run, "revision")
      if (!revision) return callFor("revision")
      return revision.settled.outcome === "ok"
        ? leave(run, "revised")
        : afterFailure(revision.settled, "revision")
    }
    default:
      if (!goesOn(run.accepted)) return { next: "refuse", code: "AUDIT_UNAVAILABLE", phase: "audit" }
      return isUnread(run.audit)
        ? { next: "fail", code: "RUN_INTERRUPTED", phase: "recovery" }
        : leave(run, "unaudited")
  }
}

/** Where another process may go on: a draft is there, and nothing asks for an end. */
const GONE_ON_WITH = new Set(["audit", "conclude", "revision", "gate", "release"])
const MAX_ATTEMPTS = 3

/** Where nobody ends a run from outside: a call is out, or a steward is asked. */
const NOT_BETWEEN_CALLS = new Set(["begin", "settle", "decide", "ended", "nothing"])
const PLACES = {
  RunAccepted: ["begin"],
  RouteResolved: ["route"],
  CapabilityInvoked: ["invoke"],
  ContextAssembled: ["context"],
  BoundsCertified: ["bounds"],
  CallIntended: ["draft", "audit", "revision"],
  CallSettled: ["settle"],
  AuditConcluded: ["audit", "conclude"],
  GateEvaluated: ["gate"],
  HeldViewed: ["decide"],
  StewardDecided: ["decide"],
  Released: ["release"],
  RunErased: ["ended"]
}
export const mayStand = (run, event, { next }) => {
  switch (event._tag) {
    case "RunFailed":
    case "RunCancelled":
      // What was decided is carried out with the decision.
      return !NOT_BETWEEN_CALLS.has(next) && run.decision === null
    case "RunResumed":
      return GONE_ON_WITH.has(next) && !asksNobody(run) && run.attempt < MAX_ATTEMPTS && run.decision === null
    case "RunRefused":
      return (
        next === "refuse" ||
        // Whether the constellation drifts comes first.
        next === "invoke" ||
        (Object.hasOwn(REFUSALS, next) && (next !== "draft" || run.calls.length === 0))
      )
    default:
      return PLACES[event._tag].includes(next)
  }
}

/** What a refusal says where no verdict asks for one. */
const REFUSALS = {
  context: { code: "CONTEXT_LIMIT_EXCEEDED", phase: "context" },
  bounds: { code: "BOUNDS_EXCEEDED", phase: "bounds" },
  draft: { code: "BUDGET_EXCEEDED" },
  audit: { code: "CONTEXT_LIMIT_EXCEEDED" },
  revision: { code: "CONTEXT_LIMIT_EXCEEDED" }
}
/** Ends that are asked for. */
const ENDS = { refuse: "RunRefused", fail: "RunFailed", cancel: "RunCancelled" }
/** Whether a run has a route, and no context yet. */
export const isBeforeContext = ({ next }) => next === "invoke" || next === "context"
const INTERRUPTED = { code: "RUN_INTERRUPTED", phase: "recovery" }

/** Whether trying again can help is the code's; of what may have been paid for it was told either way. */
const isToldSo = ({ code, retryable }) =>
  code === "PROVIDER_OUTCOME_UNKNOWN" || retryable === RETRYABLE.includes(code)

/** Whether an ending says what it has to at its place. */
export const saysWhatIsDue = (event, step) => {
  const { _tag, code, phase } = event
  const says = (due) => code === (due.code ?? code) && phase === (due.phase ?? phase)
  if (_tag !== "RunCancelled" && !isToldSo(event)) return false
  if (Object.hasOwn(ENDS, step.next)) return _tag === ENDS[step.next] && says(step)
  if (_tag === "RunRefused") return Object.hasOwn(REFUSALS, step.next) && says(REFUSALS[step.next])
  // Before there is a context somebody may look at its provider, at what is to be invoked, and at what is remembered.
  return _tag === "RunCancelled" || isBeforeContext(step) || says(INTERRUPTED)
}
