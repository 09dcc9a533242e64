/** Owns how `io3 greeting` is typed. */
import { Command } from "effect/cli"
import { onDemand } from "../OnDemand.ts"

export const greeting = Command.make(
  "greeting",
  {},
  onDemand(({ greeting }) => greeting.greeting)
).pipe(Command.withDescription("Print the greeting of the persona"))
