/** Owns `io3 config show`: the configuration in force, and where each value came from. */
import { Effect, Schema } from "effect"
import { Command, Flag } from "effect/cli"
import { Configuration, origins, rows, type Row } from "../ports/Configuration.ts"
import { FileName } from "../domain/Settings.ts"
import { print, sayUntrusted } from "./Output.ts"
import { root } from "./root.ts"

export const ConfigOutput = Schema.Array(
  Schema.Struct({
    file: FileName,
    key: Schema.String,
    value: Schema.String,
    origin: Schema.Literals(origins)
  })
)

const show = Command.make(
  "show",
  {
    origin: Flag.Boolean("origin").pipe(
      Flag.withDescription("Name the layer each value came from"),
      Flag.withDefault(false)
    )
  },
  Effect.fn(function* ({ origin }) {
    const { output } = yield* root
    const configuration = yield* Configuration
    yield* sayUntrusted
    yield* print(output, ConfigOutput, rows(configuration), (listing) => render(listing, origin))
  })
).pipe(Command.withDescription("Print the configuration in force"))

export const config = Command.make("config").pipe(
  Command.withDescription("Look at the configuration"),
  Command.withSubcommands([show])
)

const render = (listing: ReadonlyArray<Row>, withOrigin: boolean): string => {
  const byFile = Map.groupBy(listing, ({ file }) => file)
  return [...byFile]
    .map(([file, values]) =>
      [
        file,
        ...values.map(({ key, value, origin }) => `  ${key} = ${value}${withOrigin ? `  (${origin})` : ""}`)
      ].join("\n")
    )
    .join("\n\n")
}
