/** Owns what a principal may spend in a rolling window: what a run takes out of it, and what it gives back. */
import { Schema } from "effect"
import type { Limit } from "../Failure.ts"
import type { Certificate } from "./Bounds.ts"
import { Count, Principal, Timestamp } from "../Ids.ts"
import type { Call, RunState } from "./Run.ts"
import type { Budgets } from "../config/Settings.ts"

export const Amount = Schema.Struct({
  calls: Count,
  /** Tokens read and written. */
  tokens: Count
})
export type Amount = typeof Amount.Type

export const nothing: Amount = { calls: 0, tokens: 0 }

export const plus = (one: Amount, other: Amount): Amount => ({
  calls: one.calls + other.calls,
  tokens: one.tokens + other.tokens
})

/** What one principal has spent and reserved in one slice of time. */
export const Spending = Schema.Struct({ principal: Principal, slice: Count, ...Amount.fields })
export type Spending = typeof Spending.Type

/** Taken out of a principal's budget together with the first intent of a run, or the commit fails as a whole. */
export interface Reserve {
  readonly principal: Principal
  readonly amount: Amount
  /** Null: spending is counted and not limited. */
  readonly budget: Budgets | null
}

/** Given back when a run has ended: what it had reserved and did not spend. */
export interface Settle {
  readonly principal: Principal
  /** When the reservation was made. */
  readonly reservedAt: Timestamp
  readonly unused: Amount
}

/**
 * Spending is counted in slices of this length. A window reaches back to the start of the slice it begins in, so that
 * nothing spent inside of it is ever left out.
 */
export const SLICE_MILLIS = 5 * 60_000

/** The slice a moment belongs to. */
export const sliceOf = (at: number): number => Math.floor(at / SLICE_MILLIS)

/** The first slice of the window that ends at a moment. */
export const windowFrom = (at: number, { window_hours }: Budgets): number =>
  sliceOf(at - window_hours * 3_600_000)

/** When a slice falls out of the window. */
export const fallsOutAt = (slice: number, { window_hours }: Budgets): Timestamp =>
  Timestamp.make((slice + 1) * SLICE_MILLIS + window_hours * 3_600_000)

/** The limit an amount would break beside what was spent and reserved in the window; null when it fits. */
export const excess = ({ calls, tokens }: Budgets, used: Amount, wanted: Amount): Limit | null => {
  const sum = plus(used, wanted)
  if (calls !== undefined && sum.calls > calls) return { actual: sum.calls, allowed: calls, unit: "calls" }
  return tokens !== undefined && sum.tokens > tokens
    ? { actual: sum.tokens, allowed: tokens, unit: "tokens" }
    : null
}

export const fits = (budget: Budgets, used: Amount, wanted: Amount): boolean =>
  excess(budget, used, wanted) === null

/** What a principal has spent and reserved, of what was listed. */
export const total = (spending: Iterable<Spending>, of: Principal): Amount => {
  let sum = nothing
  for (const { principal, calls, tokens } of spending) {
    if (principal === of) sum = plus(sum, { calls, tokens })
  }
  return sum
}

/** What a run may cost at most. */
export const worst = ({ calls, inputTokens, outputTokens }: Certificate): Amount => ({
  calls,
  tokens: inputTokens + outputTokens
})

/** What a run has cost. What is not known is charged as it was reserved; what never reached a model costs no tokens. */
export const spent = ({ calls }: Pick<RunState, "calls">): Amount => ({
  calls: calls.length,
  tokens: calls.reduce((sum, call) => sum + tokensOf(call), 0)
})

const tokensOf = ({ intended: { reserved }, settled }: Call): number =>
  settled !== null && settled.fallback !== null
    ? 0
    : (settled?.inputTokens ?? reserved.inputTokens) + (settled?.outputTokens ?? reserved.outputTokens)

/** What a run had reserved and did not spend; nothing before it has reserved. */
export const unused = (state: RunState): Amount => {
  if (state.bounds === null || state.calls.length === 0) return nothing
  const reserved = worst(state.bounds.certificate)
  const cost = spent(state)
  return { calls: reserved.calls - cost.calls, tokens: reserved.tokens - cost.tokens }
}

/** What a run gives back once it has ended; nothing when it had reserved nothing. */
export const settlement = (state: RunState, reservedAt: Timestamp | null): Settle | undefined =>
  state.accepted === null || state.ending === null || reservedAt === null
    ? undefined
    : { principal: state.accepted.principal, reservedAt, unused: unused(state) }

/** What a run's own events say that it takes out of the budget: its worst case until it has ended, its cost from then on. */
export const evidence = (
  state: Pick<RunState, "accepted" | "bounds" | "calls"> & { readonly ending: unknown },
  reservedAt: Timestamp | null
): Spending | null =>
  state.accepted === null || state.bounds === null || reservedAt === null
    ? null
    : {
        principal: state.accepted.principal,
        slice: sliceOf(reservedAt),
        ...(state.ending === null ? worst(state.bounds.certificate) : spent(state))
      }

/** Where the counter of a slice is not what the runs in it add up to. */
export const Miscount = Schema.Struct({
  principal: Principal,
  slice: Count,
  counted: Amount,
  evidenced: Amount
})
export type Miscount = typeof Miscount.Type

/** Compares counters with what the runs say for themselves. */
export const compare = (
  counted: ReadonlyArray<Spending>,
  evidenced: ReadonlyArray<Spending>
): ReadonlyArray<Miscount> => {
  const name = ({ principal, slice }: Spending) => `${slice} ${principal}`
  const counters = new Map(counted.map((spending) => [name(spending), spending]))
  const sums = new Map<string, Spending>()
  for (const spending of evidenced) {
    sums.set(name(spending), { ...spending, ...plus(sums.get(name(spending)) ?? nothing, spending) })
  }
  return [...new Map([...sums, ...counters])].flatMap(([key, { principal, slice }]) => {
    const of = ({ calls, tokens }: Amount): Amount => ({ calls, tokens })
    const found = { counted: of(counters.get(key) ?? nothing), evidenced: of(sums.get(key) ?? nothing) }
    const same =
      found.counted.calls === found.evidenced.calls && found.counted.tokens === found.evidenced.tokens
    return same ? [] : [{ principal, slice, ...found }]
  })
}
