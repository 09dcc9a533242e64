/** Owns what is counted of one's own decisions, so that whoever only ever agrees, and at once, can see it. Kept in memory alone. */
import type { Action } from "./fold.ts"

export interface Made {
  readonly action: Action
  readonly reviewMillis: number
}

export interface Figures {
  readonly decided: number
  /** Share of those that did not let the answer out as it was, of 1. */
  readonly overrides: number
  readonly medianMillis: number
  /** Share of those that were made in less than two seconds, of 1. */
  readonly hasty: number
}

const HASTY_MILLIS = 2000

/** Null before the first. */
export const figuresOf = (made: ReadonlyArray<Made>): Figures | null => {
  if (made.length === 0) return null
  const times = made.map(({ reviewMillis }) => reviewMillis).toSorted((a, b) => a - b)
  const share = (some: ReadonlyArray<unknown>) => some.length / made.length
  return {
    decided: made.length,
    overrides: share(made.filter(({ action }) => action !== "approve")),
    medianMillis: (times[(times.length - 1) >> 1]! + times[times.length >> 1]!) / 2,
    hasty: share(times.filter((millis) => millis < HASTY_MILLIS))
  }
}
