/** Owns whether the steps of the check's runbook stayed within what was certified for all of them. Pure. */
import type { Certificate } from "../run/Bounds.ts"
import type { Evidence, Played } from "./Invariant.ts"

/** The calls of a run, as they were intended. */
export const intended = ({ events }: Pick<Played, "events">) =>
  events.flatMap((event) => (event._tag === "CallIntended" ? [event] : []))

/** Everything that the steps may have taken together is in both certificates of their runbook. */
export const isStaying = ({ played, certified }: Pick<Evidence, "played" | "certified">): boolean => {
  const steps = played.filter(({ scene }) => scene.step)
  const reserved = steps.flatMap((run) => intended(run).map((call) => call.reserved))
  const each = steps.flatMap(({ events }) =>
    events.flatMap((event) => (event._tag === "BoundsCertified" ? [event.certificate] : []))
  )
  const sum = (counts: ReadonlyArray<number>) => counts.reduce((total, count) => total + count, 0)
  const covers = ({ calls, inputTokens, outputTokens }: Certificate): boolean =>
    sum(each.map((one) => one.calls)) <= calls &&
    sum(each.map((one) => one.inputTokens)) <= inputTokens &&
    sum(each.map((one) => one.outputTokens)) <= outputTokens &&
    reserved.length <= calls &&
    sum(reserved.map((one) => one.inputTokens)) <= inputTokens &&
    sum(reserved.map((one) => one.outputTokens)) <= outputTokens
  return (
    steps.length > 0 &&
    each.length === steps.length &&
    certified?.recorded != null &&
    covers(certified.told) &&
    covers(certified.recorded)
  )
}
