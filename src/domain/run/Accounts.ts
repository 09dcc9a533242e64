/** Owns what principals took out of their budgets over time, as rows tell it; what fits is `domain/run/Budget`'s. */
import { type Amount, fits, nothing, type Settle, sliceOf, type Spending, windowFrom } from "./Budget.ts"
import type { Principal } from "../Ids.ts"
import type { Budgets } from "../config/Settings.ts"

/** What one row does to its principal's budget. */
export type Charge =
  | {
      readonly _tag: "Reserved"
      readonly principal: Principal
      readonly at: number
      readonly amount: Amount
      readonly budget: Budgets | null
    }
  | ({ readonly _tag: "Settled" } & Settle)

type Slice = { -readonly [K in keyof Spending]: Spending[K] }

export class Accounts {
  /** Of each principal, in the order of time. */
  readonly #slices = new Map<Principal, Array<Slice>>()

  /** Takes in the next charge, in the order of their rows: whether it fits beside what its window has. */
  take(charge: Charge): boolean {
    const { principal } = charge
    if (charge._tag === "Settled") {
      const { calls, tokens } = charge.unused
      this.#add(principal, sliceOf(charge.reservedAt), { calls: -calls, tokens: -tokens })
      return true
    }
    const { at, amount, budget } = charge
    const isFitting = budget === null || fits(budget, this.#spent(principal, windowFrom(at, budget)), amount)
    this.#add(principal, sliceOf(at), amount)
    return isFitting
  }

  /** What each slice of time comes to. */
  spendings(): ReadonlyArray<Spending> {
    return [...this.#slices.values()].flat()
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

  #add(principal: Principal, slice: number, { calls, tokens }: Amount): void {
    const slices = this.#slices.get(principal) ?? []
    if (slices.length === 0) this.#slices.set(principal, slices)
    // Nearly always the last: clocks go forward.
    const before = slices.findLastIndex((other) => other.slice <= slice)
    const found = slices[before]
    if (found?.slice === slice) {
      found.calls += calls
      found.tokens += tokens
    } else slices.splice(before + 1, 0, { principal, slice, calls, tokens })
  }
}
