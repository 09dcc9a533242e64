/** Owns how `io3 route` is typed. */
import { Argument, Command } from "effect/cli"
import { Mode } from "../../domain/Ids.ts"
import { onDemand } from "../OnDemand.ts"

export const route = Command.make(
  "route",
  {
    mode: Argument.String("mode").pipe(
      Argument.withDescription("A mode of the routing table; all of them when left out"),
      Argument.withSchema(Mode),
      Argument.optional
    )
  },
  onDemand(({ route }) => route.route)
).pipe(Command.withDescription("Show which provider and model a mode, or every mode, resolves to"))
