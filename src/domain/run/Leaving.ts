/** Owns what may leave a run, when, and what its receipt says; the letting out itself is `core/run/Release`'s. */
import type { Content } from "../Content.ts"
import type { GateEvaluated } from "../Event.ts"
import type { Digest } from "../Ids.ts"
import { gate, mayHold, type Reached } from "../session/Steward.ts"
import { spent } from "./Budget.ts"
import type { AuditResult, Receipt, Usage } from "./Receipt.ts"
import { NULL_PROVIDER } from "./Route.ts"
import { lastCall, type RunState } from "./Run.ts"

/** Whether the draft may leave while it is being made: only when nothing can still stop the answer. */
export const mayStream = ({ accepted, bounds }: RunState): boolean => {
  if (accepted === null || accepted.audit) return false
  const { turn, audit, onUnavailable } = accepted
  if (turn === undefined || turn.mode === "work") return true
  if (bounds === null) return false
  const { inputTokens, outputTokens, capabilityCalls } = bounds.certificate
  return !mayHold(turn.mode, turn.thresholds, {
    step: turn.step,
    tokens: turn.tokens + inputTokens + outputTokens,
    capabilityCalls,
    isAudited: audit,
    onUnavailable
  })
}

/** What the gate of a turn is asked with, once its answer is ready; null in a run that is no turn. */
export const reachedBy = (state: RunState, audit: AuditResult): Reached | null => {
  const { accepted } = state
  if (!accepted?.turn) return null
  return {
    step: accepted.turn.step,
    tokens: accepted.turn.tokens + spent(state).tokens,
    capabilities: [],
    audit,
    onUnavailable: accepted.onUnavailable
  }
}

/** What the gate of a turn comes to, asked about a text. */
export const gateOf = (
  state: RunState,
  audit: AuditResult,
  digest: Digest,
  text: Content
): typeof GateEvaluated.Type => {
  const { accepted } = state
  const reached = reachedBy(state, audit)
  const { step = 0, tokens = 0 } = reached ?? {}
  const threshold =
    accepted?.turn && reached ? gate(accepted.turn.mode, accepted.turn.thresholds, reached) : null
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
  { decision }: RunState,
  isStandIn: boolean
): Pick<Receipt, "provenance"> & { readonly basis?: Digest } =>
  decision?.action === "edit"
    ? { provenance: "mixed", basis: decision.digest }
    : { provenance: isStandIn ? "stand_in" : "model" }

/** The receipt of a text that leaves in this state, or null before there is anything to answer with. */
export const receiptOf = (state: RunState, leaving: Leaving): Receipt | null => {
  const { accepted, route, context, bounds } = state
  const answer = leaving.audit === "revised" ? lastCall(state, "revision") : lastCall(state, "draft")
  if (!accepted || !route || !context || !bounds || !answer) return null
  const { basis, provenance } = wordsOf(state, answer.intended.provider === NULL_PROVIDER)
  return {
    ...leaving,
    provenance,
    finish: answer.settled?.finish ?? null,
    mode: accepted.mode,
    provider: answer.intended.provider,
    model: answer.intended.model,
    // A revision is written where the draft was.
    fallbackUsed:
      route.route.fallbackUsed || state.calls.some(({ intended }) => intended.fallbackReason !== null),
    configDigest: accepted.configDigest,
    promptHash: context.promptHash,
    auditor: auditorOf(state.audit),
    certificate: bounds.certificate,
    usage: usage(state),
    ...(basis !== undefined && { basis })
  }
}

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

/**
 * Whether part of the draft may have left although there is no receipt over it: a process that dies while a call streams
 * takes along what it knew.
 */
export const isLeftUnknown = (state: RunState): boolean =>
  mayStream(state) && state.calls.some(({ settled }) => settled?.outcome === "indeterminate")

/** Code points of what was given that did not fit and were not sent. */
export const leftOut = ({ context }: RunState): number =>
  (context?.segments ?? []).reduce((sum, { dropped }) => sum + dropped, 0)
