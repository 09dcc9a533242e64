/** Owns how the commands that are about a whole session are typed: erasing it, and taking its control state elsewhere. */
import { Argument, Command, Flag } from "effect/cli"
import { onDemand } from "../OnDemand.ts"
import { publicKey } from "./FileFlags.ts"
import { off } from "./PromptFlags.ts"

const session = Argument.String("session").pipe(
  Argument.withDescription("A session id, or as much of it as is unique")
)

export const erase = Command.make(
  "erase",
  { session, yes: off("yes", "Do not ask; required where there is no terminal") },
  onDemand(({ sessionKeeping }) => sessionKeeping.erase)
).pipe(
  Command.withDescription("Close a session and destroy the keys of all its texts for good; its record stands")
)

export const exported = Command.make(
  "export",
  {
    session,
    file: Argument.String("file").pipe(
      Argument.withDescription("A file that does not exist yet; standard output when left out"),
      Argument.optional
    )
  },
  onDemand(({ sessionKeeping }) => sessionKeeping.exported)
).pipe(
  Command.withDescription("Write how a session stands, with the rows that prove it and without any text")
)

export const imported = Command.make(
  "import",
  {
    snapshot: Flag.String("snapshot").pipe(
      Flag.withMetavar("FILE"),
      Flag.withDescription("What io3 session export wrote; - is standard input")
    ),
    publicKey
  },
  onDemand(({ sessionKeeping }) => sessionKeeping.imported)
).pipe(
  Command.withDescription("Begin a session with the mode, counters and thresholds that another one had"),
  Command.withExamples([{ command: "io3 session import --snapshot session.json --public-key io3.pub" }])
)
