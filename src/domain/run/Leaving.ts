/** Owns what may leave a run, when, and what its receipt says; the letting out itself is `core/run/Release`'s. */
import type { Content } from "../Content.ts"
import type { GateEvaluated } from "../Event.ts"
import { CapabilityClass, type Digest } from "../Ids.ts"
import { gate, mayHold, type Reached } from "../session/Steward.ts"
import { spent } from "./Budget.ts"
import type { AuditResult, Cost, Receipt, Usage } from "./Receipt.ts"
import { NULL_PROVIDER, standIn } from "./Route.ts"
import { asksNobody, lastCall, type RunState } from "./Run.ts"
import { seatOf } from "./Seat.ts"

/** Whether the draft may leave while it is being made: only when nothing can still stop the answer. */
export const mayStream = ({ accepted, bounds }: RunState): boolean => {
  if (accepted === null || accepted.audit) return false
  const { audit, onUnavailable } = accepted
  const seat = seatOf(accepted)
  if (seat === null || seat.mode === "work") return true
  if (bounds === null) return false
  const { inputTokens, outputTokens, capabilityCalls } = bounds.certificate
  return !mayHold(seat.mode, seat.thresholds, {
    step: seat.step,
    tokens: seat.tokens + inputTokens + outputTokens,
    capabilityCalls,
    isAudited: audit,
    onUnavailable
  })
}

/** What the gate of a turn or step is asked with, once its answer is ready; null in a run by itself. */
export const reachedBy = (state: RunState, audit: AuditResult): Reached | null => {
  const { accepted, capability } = state
  const seat = accepted && seatOf(accepted)
  if (!seat) return null
  return {
    step: seat.step,
    tokens: seat.tokens + spent(state).tokens,
    capabilities: capability ? [CapabilityClass.make(capability.category)] : [],
    audit,
    onUnavailable: accepted.onUnavailable
  }
}

/** What the gate comes to, asked about a text. */
export const gateOf = (
  state: RunState,
  audit: AuditResult,
  digest: Digest,
  text: Content
): typeof GateEvaluated.Type => {
  const seat = state.accepted && seatOf(state.accepted)
  const reached = reachedBy(state, audit)
  const { step = 0, tokens = 0 } = reached ?? {}
  const threshold = seat && reached ? gate(seat.mode, seat.thresholds, reached) : null
  return { _tag: "GateEvaluated", threshold, step, tokens, digest, chars: text.length }
}

/** What left, as the door counted it. */
export interface Leaving {
  readonly digest: Digest
  readonly chars: number
  readonly complete: boolean
  readonly audit: AuditResult
}

/** Whose words leave: an edited text is the steward's, on the basis of what a model had made. */
const wordsOf = (
  state: RunState,
  isStandIn: boolean
): Pick<Receipt, "provenance"> & { readonly basis?: Digest } =>
  state.decision?.action === "edit"
    ? { provenance: "mixed", basis: state.decision.digest }
    : { provenance: asksNobody(state) ? "capability" : isStandIn ? "stand_in" : "model" }

/** The receipt of a text that leaves in this state, or null before there is anything to answer with. */
export const receiptOf = (state: RunState, leaving: Leaving): Receipt | null => {
  const { accepted, route, context, bounds } = state
  if (!accepted || !route || !context || !bounds) return null
  const answer = leaving.audit === "revised" ? lastCall(state, "revision") : lastCall(state, "draft")
  const place = asksNobody(state) ? standIn : answer?.intended
  if (!place) return null
  const { basis, provenance } = wordsOf(state, place.provider === NULL_PROVIDER)
  const made = leaving.complete && !asksNobody(state) ? outputOf(state) : null
  return {
    digest: leaving.digest,
    chars: leaving.chars,
    complete: leaving.complete,
    provenance,
    finish: answer?.settled?.finish ?? null,
    mode: accepted.mode,
    provider: place.provider,
    model: place.model,
    // A revision is written where the draft was.
    fallbackUsed:
      route.route.fallbackUsed || state.calls.some(({ intended }) => intended.fallbackReason !== null),
    configDigest: accepted.configDigest,
    promptHash: context.promptHash,
    audit: leaving.audit,
    auditor: auditorOf(state.audit),
    certificate: bounds.certificate,
    usage: usage(state),
    ...(basis !== undefined && { basis }),
    ...(made && { capability: made })
  }
}

/** What a capability made in this run; it leaves with the whole answer, and with no part of one. */
const outputOf = ({ capability }: RunState): Receipt["capability"] | null =>
  capability?.digest ? { id: capability.id, digest: capability.digest, chars: capability.outputChars } : null

const auditorOf = (audit: RunState["audit"]): Receipt["auditor"] =>
  audit?.verdict && audit.provider !== null && audit.model !== null
    ? { provider: audit.provider, model: audit.model, independent: audit.independent }
    : null

/** What the calls of a run cost so far; a count is null when one call's provider did not say. */
export const usage = (state: RunState): Usage => {
  const settled = state.calls.flatMap((call) => (call.settled ? [call.settled] : []))
  const sum = (counts: ReadonlyArray<number | null>) =>
    counts.reduce<number | null>(
      (total, count) => (total === null || count === null ? null : total + count),
      0
    )
  // An attempt that never reached a model cost nothing.
  const paid = settled.filter(
    (call) => call.fallback !== "connection_refused" && call.fallback !== "model_not_found"
  )
  return {
    calls: state.calls.length,
    inputTokens: sum(paid.map((call) => call.inputTokens)),
    outputTokens: sum(paid.map((call) => call.outputTokens)),
    latencyMillis: settled.reduce((total, call) => total + call.latencyMillis, 0)
  }
}

/** The same, also of a run whose process has died while a call was out: how long that took, nobody has measured. */
export const cost = (state: RunState): Cost => {
  const isUntimed = state.calls.some(
    ({ settled }) => settled?.outcome === "indeterminate" && settled.latencyMillis === 0
  )
  const spent = usage(state)
  return isUntimed ? { ...spent, latencyMillis: null } : spent
}

/**
 * Whether part of the draft may have left although there is no receipt over it: a process that dies while a call streams
 * takes along what it knew.
 */
export const isLeftUnknown = (state: RunState): boolean =>
  mayStream(state) && state.calls.some(({ settled }) => settled?.outcome === "indeterminate")

/** Code points of what was given that did not fit and were not sent. */
export const leftOut = ({ context }: RunState): number =>
  (context?.segments ?? []).reduce((sum, { dropped }) => sum + dropped, 0)
