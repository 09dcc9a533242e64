/** Owns how `io3 config` is typed. */
import { Command, Flag } from "effect/cli"
import { onDemand } from "../OnDemand.ts"

const show = Command.make(
  "show",
  {
    origin: Flag.Boolean("origin").pipe(
      Flag.withDescription("Name the layer each value came from"),
      Flag.withDefault(false)
    )
  },
  onDemand(({ config }) => config.show)
).pipe(Command.withDescription("Print the configuration in force"))

export const config = Command.make(
  "config",
  {},
  onDemand(
    ({ config }) =>
      () =>
        config.show({ origin: false })
  )
).pipe(
  Command.withDescription("Look at the configuration; without a subcommand, as show does"),
  Command.withSubcommands([show])
)
