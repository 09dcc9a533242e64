/** Owns the shape in which a run is shown at a glance, in every place the same; it changes by addition alone. */
import { Schema } from "effect"
import { Count, ModelName, ProviderName } from "../../domain/Ids.ts"
import type { Glance } from "../../domain/run/Glance.ts"
import { Verdict } from "../../domain/run/Verdict.ts"
import { MemoryContext, memoryContext } from "./RunResults.ts"

/** Earlier turns that are sent along, and those that do not fit and are left out whole; null before that is known. */
export const HistoryOf = Schema.NullOr(Schema.Struct({ turns: Count, dropped: Count }))

/** What is known of a run so far. */
export const FactsOf = Schema.Struct({
  /** Whoever answers; null before that is known. */
  provider: Schema.NullOr(ProviderName),
  model: Schema.NullOr(ModelName),
  fallback_used: Schema.Boolean,
  /** Whether an audit was asked for, and its verdict; where it is over and gave none, `unaudited`. */
  audit: Schema.Boolean,
  verdict: Schema.NullOr(Verdict),
  unaudited: Schema.Boolean,
  revised: Schema.Boolean,
  /** Calls of models that were made, of those that were certified; null before they are. */
  calls: Count,
  calls_certified: Schema.NullOr(Count),
  /** Over all calls; null where a provider did not say. */
  input_tokens: Schema.NullOr(Count),
  output_tokens: Schema.NullOr(Count),
  latency_ms: Count,
  /** Of the call that made the answer. */
  first_token_ms: Schema.NullOr(Count),
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
  revised: seen.revised,
  calls: seen.calls,
  calls_certified: seen.callsCertified,
  input_tokens: seen.inputTokens,
  output_tokens: seen.outputTokens,
  latency_ms: seen.latencyMillis,
  first_token_ms: seen.firstTokenMillis,
  history: seen.history,
  left_out_chars: seen.leftOut,
  memory_context: memoryContext(seen.memory, seen.packs)
})
