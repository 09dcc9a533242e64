/** Owns what principals have reserved and spent, and whether a run's worst case still fit. */
import { hold } from "./chain.mjs"

/** What a run has cost: what is not known, as it was reserved; what never reached a model, no tokens. */
export const spentBy = ({ calls }) => ({
  calls: calls.length,
  tokens: calls.reduce((sum, { intended: { reserved }, settled }) => {
    if (settled.fallback !== null) return sum
    return (
      sum + (settled.inputTokens ?? reserved.inputTokens) + (settled.outputTokens ?? reserved.outputTokens)
    )
  }, 0)
})

const SLICE_MILLIS = 300_000
const sliceOf = (at) => Math.floor(at / SLICE_MILLIS)

/** What principals have spent, by slices of time. */
export const newSpending = () => new Map()

const charge = (slices, slice, calls, tokens) => {
  const amount = slices.get(slice) ?? { calls: 0, tokens: 0 }
  slices.set(slice, { calls: amount.calls + calls, tokens: amount.tokens + tokens })
}

/** Reserves with a run's first intent, and gives back what was not spent with its ending. */
export const account = (spending, run, event, at) => {
  const reserves = event._tag === "CallIntended" && run.calls.length === 1
  const settles = run.ending === event && run.reservedAt !== null
  if (!reserves && !settles) return
  const { principal } = run.accepted
  if (!spending.has(principal)) spending.set(principal, new Map())
  const slices = spending.get(principal)
  const worst = {
    calls: run.certificate.calls,
    tokens: run.certificate.inputTokens + run.certificate.outputTokens
  }
  if (settles) {
    const spent = spentBy(run)
    charge(slices, sliceOf(run.reservedAt), spent.calls - worst.calls, spent.tokens - worst.tokens)
    return
  }
  const { budgets } = run.rules.policy
  if (budgets !== null) {
    const first = sliceOf(at - budgets.window_hours * 3_600_000)
    const used = { ...worst }
    for (const [slice, amount] of slices) {
      if (slice < first) continue
      used.calls += amount.calls
      used.tokens += amount.tokens
    }
    hold(used.calls <= (budgets.calls ?? Infinity) && used.tokens <= (budgets.tokens ?? Infinity), "budget")
  }
  charge(slices, sliceOf(at), worst.calls, worst.tokens)
}
