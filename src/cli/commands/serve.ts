/** Owns how `io3 serve` is typed. */
import { Schema } from "effect"
import { Command, Flag } from "effect/cli"
import { onDemand } from "../OnDemand.ts"

const ports = { minimum: 0, maximum: 65_535 }

export const serve = Command.make(
  "serve",
  {
    host: Flag.String("host").pipe(
      Flag.withMetavar("HOST"),
      Flag.withDescription("Where to listen; an address that others reach wants tokens (io3 token)"),
      Flag.withDefault("127.0.0.1")
    ),
    port: Flag.Int("port").pipe(
      Flag.withSchema(Schema.Int.check(Schema.isBetween(ports))),
      Flag.withMetavar("PORT"),
      Flag.withDescription(`${ports.minimum} to ${ports.maximum}; 0 takes one that is free`),
      Flag.withDefault(8080)
    )
  },
  onDemand(({ serve }) => serve.serve)
).pipe(
  Command.withDescription("Serve the HTTP API until Ctrl-C"),
  Command.withExamples([
    { command: "io3 serve" },
    { command: "io3 serve --port 9090" },
    { command: "io3 serve --host 0.0.0.0" },
    { command: "io3 --offline serve" }
  ])
)
