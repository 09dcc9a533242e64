/** Owns how `io3 budgets` is typed. */
import { Command } from "effect/cli"
import { onDemand } from "../OnDemand.ts"

export const budgets = Command.make(
  "budgets",
  {},
  onDemand(({ budgets }) => budgets.budgets)
).pipe(Command.withDescription("Show what was spent in the window, what is left, and when more comes back"))
