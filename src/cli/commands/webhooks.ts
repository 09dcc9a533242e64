/** Owns how `io3 webhooks` is typed. */
import { Argument, Command } from "effect/cli"
import { EndpointName } from "../../domain/webhook/Webhook.ts"
import { onDemand } from "../OnDemand.ts"
import { cursor, limit } from "./PageFlags.ts"

const list = Command.make(
  "list",
  { limit, cursor },
  onDemand(({ webhooks }) => webhooks.list)
).pipe(Command.withDescription("List endpoints and what was or is to be delivered to them, the newest first"))

const deliver = Command.make(
  "deliver",
  {},
  onDemand(({ webhooks }) => webhooks.deliver)
).pipe(Command.withDescription("Deliver what is due now; a server does so by itself"))

const replay = Command.make(
  "replay",
  {
    delivery: Argument.String("delivery").pipe(
      Argument.withDescription("The id of a delivery (msg_…), or as much of it as is unique")
    )
  },
  onDemand(({ webhooks }) => webhooks.replay)
).pipe(
  Command.withDescription("Put a delivery in the queue again, under the same id"),
  Command.withExamples([{ command: "io3 webhooks replay msg_3fd1" }])
)

const enable = Command.make(
  "enable",
  {
    endpoint: Argument.Literals("endpoint", EndpointName.literals).pipe(
      Argument.withDescription(`An endpoint that is disabled: ${EndpointName.literals.join(", ")}`)
    )
  },
  onDemand(({ webhooks }) => webhooks.enable)
).pipe(Command.withDescription("Try a disabled endpoint again, with what waits for it at once"))

export const command = Command.make("webhooks").pipe(
  Command.withDescription("Look after what is told to others"),
  Command.withSubcommands([list, deliver, replay, enable])
)
