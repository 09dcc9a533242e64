/** Owns the shape in which a run is shown at a glance, in every place the same; it changes by addition alone. */
import { Schema } from "effect"
import { Count, ModelName, ProviderName } from "../../domain/Ids.ts"
import { Certificate } from "../../domain/run/Bounds.ts"
import type { Glance } from "../../domain/run/Glance.ts"
import { Unavailable, Verdict } from "../../domain/run/Verdict.ts"
import { Action } from "../../domain/session/Turn.ts"
import { MemoryContext, memoryContext } from "./RunResults.ts"

/** Earlier turns that are sent along, and those that do not fit and are left out whole; null before that is known. */
export const HistoryOf = Schema.NullOr(Schema.Struct({ turns: Count, dropped: Count }))

/** What is known of a run so far. */
export const FactsOf = Schema.Struct({
  /** Whoever answers; null before that is known. */
  provider: Schema.NullOr(ProviderName),
  model: Schema.NullOr(ModelName),
  fallback_used: Schema.Boolean,
  /** Whether an audit was asked for, and its verdict; where it is over and gave none, `unaudited`, and why. */
  audit: Schema.Boolean,
  verdict: Schema.NullOr(Verdict),
  unaudited: Schema.Boolean,
  unavailable: Schema.NullOr(Unavailable),
  revised: Schema.Boolean,
  /** Calls of models that were made, of those that were certified; null before they are. */
  calls: Count,
  calls_certified: Schema.NullOr(Count),
  /** The worst case that was certified before the first call; null before it is, and where none could be. */
  certificate: Schema.NullOr(Certificate),
  /** Over all calls; null where a provider did not say. */
  input_tokens: Schema.NullOr(Count),
  output_tokens: Schema.NullOr(Count),
  /** Null where nobody knows how long a call took. */
  latency_ms: Schema.NullOr(Count),
  /** Of the call that made the answer. */
  first_token_ms: Schema.NullOr(Count),
  /** What a steward has done with what was held; null where nothing was, or nobody has decided yet. */
  decided: Schema.NullOr(Action),
  history: HistoryOf,
  left_out_chars: Count,
  memory_context: Schema.NullOr(MemoryContext)
})

export const factsOf = (seen: Glance): typeof FactsOf.Type => ({
  provider: seen.provider,
  model: seen.model,
  fallback_used: seen.fallbackUsed,
  audit: seen.audited,
  verdict: seen.verdict,
  unaudited: seen.unaudited,
  unavailable: seen.unavailable,
  revised: seen.revised,
  calls: seen.calls,
  calls_certified: seen.callsCertified,
  certificate: seen.certificate,
  input_tokens: seen.inputTokens,
  output_tokens: seen.outputTokens,
  latency_ms: seen.latencyMillis,
  first_token_ms: seen.firstTokenMillis,
  decided: seen.decided,
  history: seen.history,
  left_out_chars: seen.leftOut,
  memory_context: memoryContext(seen.memory, seen.packs)
})
