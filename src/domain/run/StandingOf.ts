/** Owns how a run's standing follows from its state and from whether its process lives. */
import { Option } from "effect"
import { isHeld, next, type RunState } from "./Run.ts"
import type { Standing } from "./Standing.ts"

/** `None` is a run whose rows do not fold; `alive`, whether the process that has it is. */
export const standingOf = (run: Option.Option<RunState>, alive: boolean): Standing =>
  Option.match(run, {
    onNone: () => "broken" as const,
    onSome: (state) => {
      const rested = restedOf(state)
      if (rested) return rested
      if (alive) return "running"
      return next(state)._tag === "Settle" ? "indeterminate" : "abandoned"
    }
  })

/** How a run has come to rest: it has ended, or waits for a steward; null while it does neither. */
export const restedOf = (state: RunState) => {
  switch (state.ending?._tag) {
    case "Released":
      return "released"
    case "RunRefused":
      return "refused"
    case "RunFailed":
      return "failed"
    case "RunCancelled":
      return "cancelled"
    case undefined:
      return isHeld(state) ? "held" : null
  }
}
