/** Owns where a run stands, for people: its ending, or what became of the process that had it. */
import { Option, Schema } from "effect"
import { next, type RunState } from "./Run.ts"

/**
 * `indeterminate`: its process died while a call was out, and nobody knows what came of it. `abandoned`: its process died
 * between two calls. `broken`: its rows are missing, unreadable or not those of such a run; verification says where.
 */
export const Standing = Schema.Literals([
  "running",
  "indeterminate",
  "abandoned",
  "released",
  "refused",
  "failed",
  "cancelled",
  "broken"
])
export type Standing = typeof Standing.Type

/** `None` is a run whose rows do not fold; `alive`, whether the process that has it is. */
export const standingOf = (run: Option.Option<RunState>, alive: boolean): Standing =>
  Option.match(run, {
    onNone: () => "broken" as const,
    onSome: (state) => {
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
          if (alive) return "running"
          return next(state)._tag === "Settle" ? "indeterminate" : "abandoned"
      }
    }
  })

/** Standings of runs that have something left to do. */
export const unended: ReadonlySet<Standing> = new Set(["running", "indeterminate", "abandoned"])
