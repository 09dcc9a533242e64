/** Owns what principals spend over time as a journal's rows tell it; what fits a budget is `domain/Budget`'s. */
import { type Amount, fits, nothing, type Settle, sliceOf, windowFrom } from "./Budget.ts"
import type { Principal } from "./Ids.ts"
import type { Budgets } from "./Settings.ts"

interface Slice {
  readonly slice: number
  calls: number
  tokens: number
}

/** Reservations and what was given back of them, in the order in which they were made. */
export class Spending {
  /** Of each principal, in the order of time. */
  readonly #slices = new Map<Principal, Array<Slice>>()

  /** Takes a reservation in: whether it fits beside what was spent and reserved in the window. */
  reserve(principal: Principal, at: number, amount: Amount, budget: Budgets | null): boolean {
    const isFitting = budget === null || fits(budget, this.#spent(principal, windowFrom(at, budget)), amount)
    this.#charge(principal, sliceOf(at), amount)
    return isFitting
  }

  settle({ principal, reservedAt, unused }: Settle): void {
    this.#charge(principal, sliceOf(reservedAt), { calls: -unused.calls, tokens: -unused.tokens })
  }

  #spent(principal: Principal, from: number): Amount {
    const slices = this.#slices.get(principal) ?? []
    const used = { ...nothing }
    for (let index = slices.length - 1; index >= 0; index--) {
      const { slice, calls, tokens } = slices[index]!
      if (slice < from) break
      used.calls += calls
      used.tokens += tokens
    }
    return used
  }

  #charge(principal: Principal, slice: number, { calls, tokens }: Amount): void {
    const slices = this.#slices.get(principal) ?? []
    if (slices.length === 0) this.#slices.set(principal, slices)
    // Nearly always the last: clocks go forward.
    const before = slices.findLastIndex((other) => other.slice <= slice)
    const found = slices[before]
    if (found?.slice === slice) {
      found.calls += calls
      found.tokens += tokens
    } else slices.splice(before + 1, 0, { slice, calls, tokens })
  }
}
