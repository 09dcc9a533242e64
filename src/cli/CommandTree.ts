/** Owns the list of everything that can be typed, read from the commands themselves. */
import { Context, Schema } from "effect"
import type { Command } from "effect/cli"

/** One command that does something, e.g. `session start`, and what it says of itself. */
export const Listed = Schema.Struct({ command: Schema.String, description: Schema.String })
export type Listed = typeof Listed.Type

/** The commands of this program; whoever puts them together provides them. */
export class CommandTree extends Context.Service<CommandTree, { readonly commands: ReadonlyArray<Listed> }>()(
  "io-iii/cli/CommandTree"
) {}

/** Every command below this one that has none below itself. */
export const below = ({ subcommands }: Command.Command.Any, path = ""): ReadonlyArray<Listed> =>
  subcommands
    .flatMap(({ commands }) => commands)
    .filter(({ unlisted }) => !unlisted)
    .flatMap((command) => {
      const name = `${path}${command.name}`
      const further = below(command, `${name} `)
      return further.length > 0 ? further : [{ command: name, description: command.description ?? "" }]
    })
