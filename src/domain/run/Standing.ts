/** Owns where a run stands, for people: its ending, or what became of the process that had it. */
import { Schema } from "effect"

/**
 * `indeterminate`: its process died while a call was out, and nobody knows what came of it. `abandoned`: its process died
 * between two calls. `held`: it waits for a steward, and no process has to. `broken`: its rows are missing, unreadable or not those of such a run; verification says where.
 */
export const Standing = Schema.Literals([
  "running",
  "indeterminate",
  "abandoned",
  "held",
  "released",
  "refused",
  "failed",
  "cancelled",
  "broken"
])
export type Standing = typeof Standing.Type

/** Standings of runs that have something left to do. */
export const unended: ReadonlySet<Standing> = new Set(["running", "indeterminate", "abandoned", "held"])
