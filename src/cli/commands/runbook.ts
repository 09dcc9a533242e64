/** Owns how `io3 runbook` is typed. */
import { Argument, Command, Flag } from "effect/cli"
import { Mode } from "../../domain/Ids.ts"
import { SessionMode } from "../../domain/session/Turn.ts"
import { onDemand } from "../OnDemand.ts"
import { off } from "./PromptFlags.ts"

const file = Argument.String("file").pipe(
  Argument.withDescription("A runbook in JSON or YAML; - is standard input")
)

const sessionMode = Flag.Literals("session-mode", SessionMode.literals).pipe(
  Flag.withDescription("What conditions on session_mode are held against"),
  Flag.withDefault("work")
)

const personaMode = Flag.String("persona-mode").pipe(
  Flag.withMetavar("MODE"),
  Flag.withDescription("What conditions on persona_mode are held against"),
  Flag.withSchema(Mode),
  Flag.withDefault(Mode.make("executor"))
)

export const check = Command.make(
  "check",
  { file, sessionMode, personaMode },
  onDemand(({ runbookCheck }) => runbookCheck.check)
).pipe(
  Command.withDescription("Read a runbook and say what each step would be, without doing any"),
  Command.withExamples([
    { command: "io3 runbook check chat_session.yaml" },
    { command: "io3 runbook check chat_session.yaml --session-mode steward" }
  ])
)

export const erase = Command.make(
  "erase",
  {
    run: Argument.String("run").pipe(
      Argument.withDescription("A runbook's run that has ended: its id, or as much of it as is unique")
    ),
    yes: off("yes", "Do not ask; required where there is no terminal")
  },
  onDemand(({ runbookErase }) => runbookErase.erase)
).pipe(
  Command.withDescription(
    "Destroy the keys of a runbook's prompts and of all its steps' texts for good; its record stands"
  )
)

export const command = Command.make("runbook").pipe(
  Command.withDescription("Check and look after runbooks: up to twenty steps, each a governed run")
)
