/** Owns what a run cost, as a projection: over every call it made, audit and revision included, in tokens or not at all. */
import { Schema } from "effect"
import { Count, ModelName } from "../Ids.ts"
import { usage } from "../run/Leaving.ts"
import { NULL_PROVIDER } from "../run/Route.ts"
import { answering, elapsed, type Timeline } from "../run/Timeline.ts"

export const Telemetry = Schema.Struct({
  call_count: Count,
  /** Null when one provider did not say; characters are no tokens. */
  input_tokens: Schema.NullOr(Count),
  output_tokens: Schema.NullOr(Count),
  /** From the acceptance of the run. */
  latency_ms: Count,
  /** The model that answered, or was to answer. */
  model_used: ModelName
})
export type Telemetry = typeof Telemetry.Type

/** Null where no model was called: the stand-in is none. */
export const telemetry = (line: Timeline): Telemetry | null => {
  const { calls } = line.state
  const answer = answering(line.state)
  if (!answer || calls.every(({ intended }) => intended.provider === NULL_PROVIDER)) return null
  const { calls: call_count, inputTokens, outputTokens } = usage(line.state)
  return {
    call_count,
    input_tokens: inputTokens,
    output_tokens: outputTokens,
    latency_ms: elapsed(line),
    model_used: answer.model
  }
}
