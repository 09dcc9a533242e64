/** Owns how `io3 steward` is typed. */
import { Argument, Command } from "effect/cli"
import { onDemand } from "../OnDemand.ts"
import { digest, reason, service } from "./DecisionFlags.ts"
import { inputs } from "./InputFlags.ts"
import { file, fileContext, noStream, off, prompt, raw } from "./PromptFlags.ts"

const turn = Argument.String("turn").pipe(
  Argument.withDescription(
    "The id of a held run, of its session or of its runbook, or as much of it as is unique"
  )
)

const decision = { turn, digest, reason, service, raw }

const list = Command.make(
  "list",
  {},
  onDemand(({ steward }) => steward.list)
).pipe(Command.withDescription("List the held turns and steps, the oldest first"))

const show = Command.make(
  "show",
  { turn, service },
  onDemand(({ steward }) => steward.show)
).pipe(
  Command.withDescription(
    "Print exactly what would be released, and what is known of it; that it was looked at is recorded"
  )
)

const approve = Command.make(
  "approve",
  decision,
  onDemand(({ steward }) => steward.approve)
).pipe(
  Command.withDescription("Release the held answer as it is"),
  Command.withExamples([{ command: "io3 steward approve 0190 --digest 1f3a9c02" }])
)

const edit = Command.make(
  "edit",
  { ...decision, file },
  onDemand(({ steward }) => steward.edit)
).pipe(
  Command.withDescription(
    "Release another text in its place: a file, standard input, or what you make of it in $VISUAL or $EDITOR"
  )
)

const redirect = Command.make(
  "redirect",
  {
    ...decision,
    prompt,
    file,
    fileContext,
    ...inputs,
    audit: off("audit", "Have a second model judge the next turn; a step is audited as its runbook is"),
    noStream
  },
  onDemand(({ steward }) => steward.redirect)
).pipe(Command.withDescription("Discard the held answer and ask something else in its place"))

const reject = Command.make(
  "reject",
  decision,
  onDemand(({ steward }) => steward.reject)
).pipe(Command.withDescription("Discard the held answer; its session or runbook may go on"))

const close = Command.make(
  "close",
  decision,
  onDemand(({ steward }) => steward.close)
).pipe(Command.withDescription("Discard the held answer and end its session or runbook"))

export const command = Command.make("steward").pipe(
  Command.withDescription("Decide what leaves"),
  Command.withSubcommands([list, show, approve, edit, redirect, reject, close])
)
