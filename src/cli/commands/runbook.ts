/** Owns how `io3 runbook` is typed. */
import { Argument, Command, Flag } from "effect/cli"
import { Mode } from "../../domain/Ids.ts"
import { SessionMode } from "../../domain/session/Turn.ts"
import { onDemand } from "../OnDemand.ts"
import { cursor, limit } from "./PageFlags.ts"
import { off } from "./PromptFlags.ts"

const file = Argument.String("file").pipe(
  Argument.withDescription("A runbook in JSON or YAML; - is standard input")
)

const context = {
  sessionMode: Flag.Literals("session-mode", SessionMode.literals).pipe(
    Flag.withDescription(
      "What conditions on session_mode are held against; in steward mode a step may be held, as a turn is"
    ),
    Flag.withDefault("work")
  ),
  personaMode: Flag.String("persona-mode").pipe(
    Flag.withMetavar("MODE"),
    Flag.withDescription("The mode that conditions on persona_mode are held against, e.g. executor"),
    Flag.withSchema(Mode),
    Flag.withDefault(Mode.make("executor"))
  )
}

const start = {
  file,
  ...context,
  audit: off("audit", "Have a second model judge the draft of each step"),
  noHealthCheck: off("no-health-check", "Do not ask the provider whether it is there before each step"),
  noConstellationCheck: off(
    "no-constellation-check",
    "Run although the routing table breaks a constellation rule"
  )
}

export const check = Command.make(
  "check",
  { file, ...context },
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

export const bounds = Command.make(
  "bounds",
  start,
  onDemand(({ runbook }) => runbook.bounds)
).pipe(
  Command.withDescription("Say what a runbook may cost at most; call and record nothing"),
  Command.withExamples([{ command: "io3 runbook bounds chat_session.yaml --audit" }])
)

export const run = Command.make(
  "run",
  { ...start, raw: off("raw", "Print the answers alone") },
  onDemand(({ runbook }) => runbook.run)
).pipe(
  Command.withDescription("Do the steps of a file one after the other, each a governed run"),
  Command.withExamples([
    { command: "io3 runbook run chat_session.yaml" },
    { command: "io3 runbook run chat_session.yaml --session-mode steward" },
    { command: "io3 runbook run - -o ndjson < chat_session.yaml" }
  ])
)

export const list = Command.make(
  "list",
  { limit, cursor },
  onDemand(({ runbookHistory }) => runbookHistory.list)
).pipe(Command.withDescription("List the runbooks that were run, the newest first"))

export const show = Command.make(
  "show",
  {
    run: Argument.String("run").pipe(
      Argument.withDescription("The run id of a runbook, or as much of it as is unique")
    ),
    text: off("text", "Print what its steps have let out, and nothing else")
  },
  onDemand(({ runbookHistory }) => runbookHistory.show)
).pipe(Command.withDescription("Show what became of each step, or say its answers again"))

export const command = Command.make("runbook").pipe(
  Command.withDescription("Run, check and look after runbooks: up to twenty steps, each a governed run")
)
