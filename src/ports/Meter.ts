/** Owns where what is counted is added up. Nobody need count: then there is none. */
import { Context } from "effect"
import type { Sample } from "../domain/observability/Metrics.ts"

export interface Meter {
  /** Never waits and never fails. */
  readonly add: (sample: Sample) => void
  /** The value of a gauge, as it is now. */
  readonly set: (sample: Sample) => void
  /** All counts, as Prometheus reads them. */
  readonly text: () => string
}

/** Null, as it is by itself, where nothing is counted. */
export const Meter = Context.Reference<Meter | null>("io-iii/ports/Meter", { defaultValue: () => null })
