/** Owns what a policy says of a run: who drafts, who audits, what a call may cost. Deciding a run is `domain/run/Run`'s. */
import { Result } from "effect"
import type { CallLimits, Purpose, Wish } from "./Bounds.ts"
import type { AuditConcluded, CallSettled, ContextAssembled, RunAccepted } from "../Event.ts"
import type { CapabilityId, Mode } from "../Ids.ts"
import { type Policy, switchesOf } from "../config/Policy.ts"
import {
  CAPABILITY,
  CHALLENGER,
  type Destination,
  drift,
  isSameModel,
  NULL_PROVIDER,
  resolve,
  type Route,
  standIn,
  unrouted
} from "./Route.ts"
import { lastCall, type RunState } from "./Run.ts"
import { type Seat, seatOf } from "./Seat.ts"
import { isSet } from "../session/Steward.ts"
import type { Unavailable, Verdict } from "./Verdict.ts"

/** Whether executor and auditor are not kept apart, or a mode has too many steps. */
export const drifts = ({ routing, allowSameModel }: Policy): boolean =>
  drift(routing, allowSameModel).length > 0

/** Whether a run is audited: because somebody asked, or because its mode always is. */
export const isAudited = (
  policy: Pick<Policy, "audit">,
  asked: { readonly mode: Mode; readonly audit: boolean }
): boolean => asked.audit || policy.audit.default_modes.includes(asked.mode)

/** Who audits; null when nobody able to is configured. */
export const auditorOf = (policy: Policy): Destination | null => {
  const selected = Result.getOrNull(resolve(policy.routing, CHALLENGER, switchesOf(policy)))?.selected
  return selected && factsOf(policy, selected)?.canAudit ? selected : null
}

/** Who answers a call; under which target is not asked. */
export type Place = Pick<Destination, "provider" | "model">

/** Whether an auditor may judge what another model, or the same, has drafted; unchecked, it may. */
export const mayAudit = (
  { allowSameModel }: Policy,
  isChecked: boolean,
  auditor: Place,
  drafter: Place
): boolean => allowSameModel || !isChecked || !isSameModel(auditor.model, drafter.model)

/** Where an attempt at the draft goes. */
export const drafterOf = (route: Route, attempt: number): Destination =>
  (attempt === 1 ? route.selected : route.alternate) ?? standIn

/** Whose draft a run has: that of the last attempt. */
export const drafterIn = (state: RunState, route: Route): Destination =>
  drafterOf(route, lastCall(state, "draft")?.intended.attempt ?? 1)

/** Where a call goes: whoever drafted revises. */
export const destinationOf = (
  state: RunState,
  route: Route,
  auditor: Destination | null,
  { purpose, attempt }: { readonly purpose: Purpose; readonly attempt: number }
): Destination | null => {
  switch (purpose) {
    case "draft":
      return drafterOf(route, attempt)
    case "audit":
      return auditor
    case "revision":
      return drafterIn(state, route)
  }
}

/** What a run wants to be allowed once its messages are known. `auditor` is null where nothing is to be audited. */
export const wishOf = (
  policy: Policy,
  route: Route,
  auditor: Destination | null,
  context: Pick<typeof ContextAssembled.Type, "bytes" | "messages">,
  { mode, gates, capability, maxOutputTokens }: Asked
): Wish => ({
  gates,
  capability: capability === null ? null : limitOf(policy, capability),
  inputBytes: context.bytes,
  messages: context.messages,
  draft: mode === CAPABILITY ? null : limitsOf(policy, drafterOf(route, 1), maxOutputTokens),
  alternate: route.alternate && limitsOf(policy, route.alternate, maxOutputTokens),
  // Whoever asks says how long an answer may be, and nothing of a verdict on it.
  audit: auditor && limitsOf(policy, auditor, null)
})

/** What of a request its worst case depends on. */
export interface Asked {
  readonly mode: Mode
  /** How many times a steward may be asked. */
  readonly gates: 0 | 1
  readonly capability: CapabilityId | null
  /** How long the answer may be at most; null leaves that to the policy. */
  readonly maxOutputTokens: number | null
}

/** The same, of a run that is on record. */
export const askedIn = (accepted: typeof RunAccepted.Type): Asked => ({
  mode: accepted.mode,
  gates: gatesOf(accepted),
  capability: accepted.capability?.id ?? null,
  maxOutputTokens: accepted.generation?.maxOutputTokens ?? null
})

/** One that is not registered takes no time: it is not there to be invoked. */
const limitOf = ({ capabilities = [] }: Policy, capability: CapabilityId) => ({
  wallMillis: capabilities.find(({ id }) => id === capability)?.bounds.timeoutMillis ?? 0
})

/** Whether any model of a run is somewhere else than on this machine or network. */
export const isCloud = (policy: Policy, route: Route, auditor: Destination | null): boolean =>
  [drafterOf(route, 1), route.alternate, auditor].some(
    (place) => place !== null && place.provider !== NULL_PROVIDER && factsOf(policy, place)?.cloud !== false
  )

/** Tokens that every model of a run can read and write at once. */
export const windowOf = (policy: Policy, route: Route, auditor: Destination | null): number =>
  Math.min(
    ...[drafterOf(route, 1), route.alternate, auditor].flatMap((place) =>
      place ? [factsOf(policy, place)?.window ?? 0] : []
    )
  )

/** How many times a steward may be asked: once, in a turn or step where a threshold is set. */
export const gatesOf = ({
  turn,
  step,
  audit,
  onUnavailable
}: Pick<typeof RunAccepted.Type, "turn" | "step" | "audit" | "onUnavailable">): 0 | 1 =>
  mayAsk(seatOf({ turn, step }), audit && onUnavailable === "hold") ? 1 : 0

/** Whether a steward may have to be asked at all. */
export const mayAsk = (seat: Pick<Seat, "mode" | "thresholds"> | null, isHeldUnaudited: boolean): boolean =>
  seat?.mode === "steward" && (isSet(seat.thresholds) || isHeldUnaudited)

/** No wish is granted beyond the policy. */
const limitsOf = (policy: Policy, destination: Destination, most: number | null): CallLimits => ({
  window: factsOf(policy, destination)?.window ?? 0,
  maxOutputTokens: Math.min(policy.maxOutputTokens, most ?? policy.maxOutputTokens),
  wallMillis: policy.timeouts.total_seconds * 1000
})

const factsOf = ({ providers }: Policy, { provider }: Destination) =>
  providers.find(({ name }) => name === provider)

/** Why a settled audit has no verdict, whatever its text says; null when that is to be read. */
export const silence = ({
  outcome,
  finish
}: Pick<typeof CallSettled.Type, "outcome" | "finish">): Unavailable | null =>
  outcome !== "ok"
    ? "call_failed"
    : // A verdict that was cut off may still parse as one that says less.
      finish !== "stop"
      ? "cut_short"
      : null

/** The record of an audit: what was said, or why nothing was, and by whom of whom. */
export const conclude = (
  auditor: Place | null,
  drafter: Place,
  said: Verdict | Unavailable
): typeof AuditConcluded.Type => ({
  _tag: "AuditConcluded",
  verdict: typeof said === "string" ? null : said,
  unavailable: typeof said === "string" ? said : null,
  provider: auditor?.provider ?? null,
  model: auditor?.model ?? null,
  independent: auditor !== null && !isSameModel(auditor.model, drafter.model),
  version: "verdict/v1"
})

/** A policy and what it decides for every run under it. */
export interface Regime {
  readonly policy: Policy
  readonly auditor: Destination | null
  readonly drifts: boolean
  readonly route: (mode: Mode) => Route | null
}

/** What a policy says is worked out once, not once for each run. */
export const regimeOf = (policy: Policy): Regime => {
  const switches = switchesOf(policy)
  const routes = new Map<Mode, Route | null>()
  return {
    policy,
    auditor: auditorOf(policy),
    drifts: drifts(policy),
    route: (mode) => {
      if (mode === CAPABILITY) return unrouted
      const known = routes.get(mode)
      if (known !== undefined) return known
      const route = Result.getOrNull(resolve(policy.routing, mode, switches))
      if (route) routes.set(mode, route)
      return route
    }
  }
}
