/** Owns how `io3 capabilities` is typed. */
import { Command, Flag } from "effect/cli"
import { onDemand } from "../OnDemand.ts"

export const capabilities = Command.make(
  "capabilities",
  {
    json: Flag.Boolean("json").pipe(
      Flag.withDescription("The same as --output json"),
      Flag.withDefault(false)
    )
  },
  onDemand(({ capabilities }) => capabilities.capabilities)
).pipe(
  Command.withDescription(
    "List the capabilities there are and their bounds; with --json, what each takes and yields as well"
  )
)
