/** Owns the guess of how many tokens a text will be: for display alone, learned from what providers have counted. */
import { Schema } from "effect"
import { Count, ModelName, ProviderName } from "../Ids.ts"
import type { RunState } from "./Run.ts"

/** Before anything was counted. */
const DEFAULT_BYTES_PER_TOKEN = 4
/** No tokenizer makes more tokens than bytes, and none in use packs more bytes than this into one. */
const FEWEST_BYTES_PER_TOKEN = 1
const MOST_BYTES_PER_TOKEN = 12

/** What one call told of its model. */
export interface Observation {
  readonly provider: ProviderName
  readonly model: ModelName
  readonly bytes: number
  readonly tokens: number
}

/** What a run's answered draft told; nothing when there was none, or its provider did not count. */
export const observed = ({ context, calls }: RunState): ReadonlyArray<Observation> =>
  calls.flatMap(({ intended: { purpose, provider, model }, settled }) =>
    context && purpose === "draft" && settled?.outcome === "ok" && settled.inputTokens
      ? [{ provider, model, bytes: context.bytes, tokens: settled.inputTokens }]
      : []
  )

/** How many bytes one model reads as a token. */
export const Calibration = Schema.Struct({
  bytesPerToken: Schema.Finite,
  /** How many calls that was learned from; 0 is a guess. */
  calls: Count
})
export type Calibration = typeof Calibration.Type

/** The median, so that a provider which miscounts now and then, or counts only what it had not cached, changes little. */
export const calibrate = (
  observations: ReadonlyArray<Observation>,
  provider: ProviderName,
  model: ModelName
): Calibration => {
  const ratios = observations
    .filter((seen) => seen.provider === provider && seen.model === model && seen.tokens > 0)
    .map(({ bytes, tokens }) => bytes / tokens)
    .toSorted((one, other) => one - other)
  const middle = ratios[Math.floor(ratios.length / 2)] ?? DEFAULT_BYTES_PER_TOKEN
  return {
    bytesPerToken: Math.min(MOST_BYTES_PER_TOKEN, Math.max(FEWEST_BYTES_PER_TOKEN, middle)),
    calls: ratios.length
  }
}

export const estimate = (bytes: number, { bytesPerToken }: Calibration): number =>
  Math.ceil(bytes / bytesPerToken)
