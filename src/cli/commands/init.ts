/** Owns how `io3 init` and `io3 trust` are typed. */
import { Command, Flag } from "effect/cli"
import { onDemand } from "../OnDemand.ts"

export const init = Command.make(
  "init",
  {
    replace: Flag.Boolean("replace").pipe(
      Flag.withoutNegation,
      Flag.withDescription("Put existing files aside as *.old and write new ones"),
      Flag.withDefault(false)
    )
  },
  onDemand(({ init }) => init.init)
).pipe(
  Command.withDescription(
    "Look for a local Ollama, where OLLAMA_HOST says or at 127.0.0.1:11434, and write a configuration to ./.io3/config"
  )
)

export const trust = Command.make(
  "trust",
  {},
  onDemand(({ init }) => init.trust)
).pipe(Command.withDescription("Let this folder's provider settings count"))
