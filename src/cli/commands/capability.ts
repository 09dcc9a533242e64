/** Owns how `io3 capability` is typed. */
import { Argument, Command, Flag } from "effect/cli"
import { CapabilityId } from "../../domain/Ids.ts"
import { onDemand } from "../OnDemand.ts"

export const capability = Command.make(
  "capability",
  {
    id: Argument.String("id").pipe(
      Argument.withDescription("A capability, as io3 capabilities lists it"),
      Argument.withSchema(CapabilityId)
    ),
    payload: Argument.String("json").pipe(
      Argument.withDescription("What it is given, {} when left out; seen in the process list"),
      Argument.optional
    ),
    file: Flag.String("file").pipe(
      Flag.withAlias("f"),
      Flag.withMetavar("FILE"),
      Flag.withDescription("A file with what it is given; - is standard input"),
      Flag.optional
    )
  },
  onDemand(({ capability }) => capability.capability)
).pipe(
  Command.withDescription("Invoke one capability and print what it yields; no model is asked"),
  Command.withExamples([
    { command: `io3 capability cap.json_pretty '{"b":1,"a":2}'` },
    { command: "io3 capability cap.validate_json_schema --file document-and-schema.json" }
  ])
)
