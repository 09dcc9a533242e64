/** Owns what there is to say of a run beside its texts, at a glance: who answered, what it cost of what it might, what was left out. */
import { Schema } from "effect"
import { Count, ModelName, PackId, ProviderName } from "../Ids.ts"
import { Recalled } from "../memory/Recall.ts"
import { Action } from "../session/Turn.ts"
import { Certificate } from "./Bounds.ts"
import { cost, leftOut } from "./Leaving.ts"
import { lastCall, type RunState } from "./Run.ts"
import { Unavailable, Verdict } from "./Verdict.ts"

export const Glance = Schema.Struct({
  /** Who answers: whoever was asked last, else who is to be; null before that is known. */
  provider: Schema.NullOr(ProviderName),
  model: Schema.NullOr(ModelName),
  fallbackUsed: Schema.Boolean,
  /** Whether an audit was asked for; what it said, null where there is no verdict, whether there will be none, and why. */
  audited: Schema.Boolean,
  verdict: Schema.NullOr(Verdict),
  unaudited: Schema.Boolean,
  unavailable: Schema.NullOr(Unavailable),
  revised: Schema.Boolean,
  /** Calls that were made, of those that might be; null before the bounds are certified. */
  calls: Count,
  callsCertified: Schema.NullOr(Count),
  /** All that was certified. */
  certificate: Schema.NullOr(Certificate),
  /** Over all calls; null where a provider did not say. */
  inputTokens: Schema.NullOr(Count),
  outputTokens: Schema.NullOr(Count),
  /** Null where nobody knows how long a call took. */
  latencyMillis: Schema.NullOr(Count),
  /** From the call that made the answer to the first it said; null where it has said nothing. */
  firstTokenMillis: Schema.NullOr(Count),
  /** What a steward has done with it; null where none was asked, or none has decided yet. */
  decided: Schema.NullOr(Action),
  /** Earlier turns that were sent along, and those that did not fit; null where there is no session. */
  history: Schema.NullOr(Schema.Struct({ turns: Count, dropped: Count })),
  /** Code points of what was given that did not fit. */
  leftOut: Count,
  packs: Schema.Array(PackId),
  /** What became of each memory record; null where none was asked for. */
  memory: Schema.NullOr(Schema.Array(Recalled))
})
export type Glance = typeof Glance.Type

export const glance = (state: RunState): Glance => {
  const { accepted, route, bounds, context, audit, decision } = state
  const revision = lastCall(state, "revision")
  const answering = revision ?? lastCall(state, "draft")
  const { provider = null, model = null } = answering?.intended ?? route?.route.selected ?? {}
  return {
    provider,
    model,
    fallbackUsed:
      route?.route.fallbackUsed === true ||
      state.calls.some(({ intended }) => intended.fallbackReason !== null),
    audited: accepted?.audit ?? false,
    verdict: audit?.verdict ?? null,
    unaudited: audit !== null && audit.verdict === null,
    unavailable: audit?.unavailable ?? null,
    revised: revision?.settled?.outcome === "ok",
    ...cost(state),
    callsCertified: bounds?.certificate.calls ?? null,
    certificate: bounds?.certificate ?? null,
    firstTokenMillis: answering?.settled?.firstTokenMillis ?? null,
    decided: decision?.action ?? null,
    history: context?.history ?? null,
    leftOut: leftOut(state),
    packs: accepted?.packs ?? [],
    memory: context?.memory ?? null
  }
}
