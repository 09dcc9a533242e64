/** Owns the commands of the program as the program itself lists them: in what it tells a shell of its tree. */
import { Effect } from "effect"
import { type Home, io3 } from "./io3.ts"

/** Every command that does something, e.g. `runs list`. */
export const commands = (where: Home): Effect.Effect<ReadonlyArray<string>> =>
  Effect.map(io3(where, ["--completions", "bash"]), ({ stdout }) => {
    const all = [...stdout.matchAll(/^_io3_([a-z][a-z_]*)\(\)/gmu)].map(([, path]) =>
      (path ?? "").replaceAll("_", " ")
    )
    return all.filter((path) => !all.some((other) => other.startsWith(`${path} `)))
  })
