/** Owns how `io3 about` is typed. */
import { Command } from "effect/cli"
import { onDemand } from "../OnDemand.ts"

export const about = Command.make(
  "about",
  {},
  onDemand(({ about }) => about.about)
).pipe(Command.withDescription("Say what this is and where it keeps things"))
