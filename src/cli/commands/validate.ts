/** Owns how `io3 validate` is typed. */
import { Command } from "effect/cli"
import { onDemand } from "../OnDemand.ts"

export const validate = Command.make(
  "validate",
  {},
  onDemand(({ validate }) => validate.validate)
).pipe(Command.withDescription("Check whether the configuration can be used on this machine"))
