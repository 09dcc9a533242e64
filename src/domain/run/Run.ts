/**
 * Owns where a run stands and the one thing that comes next (`next`). The engine does what `next` says; how an event changes
 * a run is `domain/run/Evolution`'s.
 */
import { Option, Schema } from "effect"
import type { Purpose } from "./Bounds.ts"
import {
  AuditConcluded,
  BoundsCertified,
  CallIntended,
  CapabilityInvoked,
  CallSettled,
  ContextAssembled,
  GateEvaluated,
  Released,
  RouteResolved,
  RunAccepted,
  RunCancelled,
  RunErased,
  RunFailed,
  RunRefused,
  StewardDecided
} from "../Event.ts"
import type { Code, Phase } from "../Failure.ts"
import { ContentId, Count, type PackId } from "../Ids.ts"
import type { AuditResult } from "./Receipt.ts"
import { CAPABILITY, type FallbackReason } from "./Route.ts"
import { seatOf } from "./Seat.ts"
import { outcome } from "./Verdict.ts"
import { discarded } from "../session/Steward.ts"

/** A call of the run: intended, and settled once its outcome is known. */
const Call = Schema.Struct({ intended: CallIntended, settled: Schema.NullOr(CallSettled) })
export type Call = typeof Call.Type

export const RunState = Schema.Struct({
  accepted: Schema.NullOr(RunAccepted),
  route: Schema.NullOr(RouteResolved),
  capability: Schema.NullOr(CapabilityInvoked),
  context: Schema.NullOr(ContextAssembled),
  bounds: Schema.NullOr(BoundsCertified),
  calls: Schema.Array(Call),
  audit: Schema.NullOr(AuditConcluded),
  gate: Schema.NullOr(GateEvaluated),
  decision: Schema.NullOr(StewardDecided),
  ending: Schema.NullOr(Schema.Union([Released, RunRefused, RunFailed, RunCancelled])),
  /** How many processes have worked on it, one after the other. */
  attempt: Count,
  erased: Schema.NullOr(RunErased)
})
export type RunState = typeof RunState.Type

export const initial: RunState = {
  accepted: null,
  route: null,
  capability: null,
  context: null,
  bounds: null,
  calls: [],
  audit: null,
  gate: null,
  decision: null,
  ending: null,
  attempt: 1,
  erased: null
}

/** What a state allows. */
export type Step =
  | { readonly _tag: "Accept" | "Route" | "Invoke" | "Assemble" | "Certify" | "Done" }
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
  /** Ask the thresholds, before anything leaves. */
  | { readonly _tag: "Gate"; readonly audit: AuditResult }
  /** Held: nothing happens until somebody decides. */
  | { readonly _tag: "Decide"; readonly audit: AuditResult }
  | { readonly _tag: "Release"; readonly audit: AuditResult }
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

/**
 * Under which id the text is sealed that a run lets out, or would: the answer, what a steward has put in its place, or what a
 * capability made where no model was asked.
 */
export const leavingId = (state: RunState, audit: AuditResult): ContentId =>
  state.decision?.action === "edit"
    ? EDITED
    : asksNobody(state)
      ? OUTPUT
      : textId(state, audit === "revised" ? "revision" : "draft")
const EDITED = ContentId.make("edit")

/** Under which id the output of a capability is sealed. */
export const OUTPUT = ContentId.make("capability")

/** Whether a run invokes a capability and asks no model. */
export const asksNobody = ({ accepted }: Pick<RunState, "accepted">): boolean => accepted?.mode === CAPABILITY

/** The one thing that comes next. */
export const next = (state: RunState): Step => {
  if (state.ending) return { _tag: "Done" }
  if (!state.accepted) return { _tag: "Accept" }
  if (!state.route) return { _tag: "Route" }
  if (state.accepted.capability) {
    if (!state.capability) return { _tag: "Invoke" }
    const { code } = state.capability
    if (code) return { _tag: "Fail", code, phase: "capability" }
  }
  if (!state.context) return { _tag: "Assemble" }
  if (!state.bounds) return { _tag: "Certify" }

  if (asksNobody(state)) return { _tag: "Release", audit: "none" }
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
  if (!state.accepted.audit) return leave(state, "none")

  const audit = lastCall(state, "audit")
  if (!state.audit) {
    if (!audit) return { _tag: "Audit" }
    if (!audit.settled) return pending(audit)
    return audit.settled.outcome === "cancelled"
      ? { _tag: "Cancel", phase: "audit" }
      : { _tag: "Conclude", settled: audit.settled }
  }
  switch (
    outcome(state.audit.verdict, state.accepted.onUnavailable, seatOf(state.accepted)?.mode === "steward")
  ) {
    case "release":
      return leave(state, "pass")
    case "release_unaudited":
      return isUnread(state.audit)
        ? { _tag: "Fail", code: "RUN_INTERRUPTED", phase: "recovery" }
        : leave(state, "unaudited")
    case "refuse_rejected":
      return { _tag: "Refuse", code: "AUDIT_REJECTED", phase: "audit" }
    case "refuse_unavailable":
      return { _tag: "Refuse", code: "AUDIT_UNAVAILABLE", phase: "audit" }
    case "revise": {
      const revision = lastCall(state, "revision")
      if (!revision) return { _tag: "Call", purpose: "revision", attempt: 1, fallbackReason: null }
      if (!revision.settled) return pending(revision)
      return revision.settled.outcome === "ok"
        ? leave(state, "revised")
        : broken(revision.settled, "revision")
    }
  }
}

/** An answer is ready: it leaves, unless the turn's session asks a steward first. */
const leave = (state: RunState, audit: AuditResult): Step => {
  const { accepted, gate, decision } = state
  if (!accepted || seatOf(accepted)?.mode !== "steward") return { _tag: "Release", audit }
  if (!gate) return { _tag: "Gate", audit }
  if (gate.threshold === null) return { _tag: "Release", audit }
  if (!decision) return { _tag: "Decide", audit }
  return Option.match(discarded(decision), {
    onNone: () => ({ _tag: "Release", audit }),
    onSome: (code) => ({ _tag: "Refuse", code, phase: "gate" })
  })
}

/** Whether a run waits for a steward. */
export const isHeld = (state: RunState): boolean => next(state)._tag === "Decide"

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
  if (
    state.attempt >= MAX_ATTEMPTS ||
    state.decision !== null ||
    lastCall(state, "draft")?.settled?.outcome !== "ok"
  )
    return false
  switch (next(state)._tag) {
    case "Call":
    case "Audit":
    case "Conclude":
    case "Gate":
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

/** What a run's own account says of what went into it besides its prompt, and of what its auditor found. */
export const toldOf = ({
  accepted,
  capability,
  audit
}: RunState): {
  readonly packs: ReadonlyArray<PackId>
  readonly capability: typeof CapabilityInvoked.Type | null
  readonly issues: number
} => ({ packs: accepted?.packs ?? [], capability, issues: audit?.verdict?.issues.length ?? 0 })
