/** Owns how `io3 session` is typed. */
import { Argument, Command, Flag } from "effect/cli"
import { Count, Mode } from "../../domain/Ids.ts"
import { Action, SessionMode } from "../../domain/session/Turn.ts"
import { onDemand } from "../OnDemand.ts"
import { cursor, limit } from "./PageFlags.ts"
import { digest, reason, service } from "./DecisionFlags.ts"
import { inputs } from "./InputFlags.ts"
import * as keeping from "./SessionKeeping.ts"
import { file, fileContext, noStream, off, prompt, raw } from "./PromptFlags.ts"

const session = Argument.String("session").pipe(
  Argument.withDescription("A session id, or as much of it as is unique")
)

/** A session, as an argument or, as programs may have learnt it, by a flag. */
const named = {
  session: Argument.optional(session),
  sessionId: Flag.String("session-id").pipe(
    Flag.withMetavar("SESSION"),
    Flag.withDescription("The same as the argument"),
    Flag.optional
  )
}

const persona = Flag.String("persona-mode").pipe(
  Flag.withAlias("persona"),
  Flag.withMetavar("MODE"),
  Flag.withSchema(Mode)
)

const title = Flag.String("title").pipe(Flag.withMetavar("TEXT"), Flag.optional)

const start = Command.make(
  "start",
  {
    mode: Flag.Literals("mode", SessionMode.literals).pipe(
      Flag.withAlias("session-mode"),
      Flag.withDescription("steward asks a person when a threshold of the configuration fires"),
      Flag.withDefault("work")
    ),
    persona: persona.pipe(
      Flag.withDescription("The mode of the routing table that answers its turns, e.g. executor"),
      Flag.withDefault(Mode.make("executor"))
    ),
    title: title.pipe(Flag.withDescription("What it is about; kept sealed, and seen in the process list")),
    audit: off("audit", "Have a second model judge each of its turns"),
    prompt,
    file,
    fileContext,
    ...inputs,
    noStream,
    raw
  },
  onDemand(({ session }) => session.start)
).pipe(
  Command.withDescription("Begin a session; with --prompt or --file, its first turn runs at once"),
  Command.withExamples([
    { command: "io3 session start --mode steward" },
    { command: 'io3 session start --prompt "Draft an answer to this letter." --file letter.txt' }
  ])
)

const proceed = Command.make(
  "continue",
  {
    ...named,
    persona: persona.pipe(
      Flag.withDescription(
        "The mode of the routing table that answers this turn; the session's own when left out"
      ),
      Flag.optional
    ),
    audit: off("audit", "Have a second model judge this turn"),
    insteadOf: Flag.Int("instead-of").pipe(
      Flag.withMetavar("TURN"),
      Flag.withSchema(Count),
      Flag.withDescription(
        "Ask in place of an earlier turn, by its number in io3 session show, as if the conversation ended before it"
      ),
      Flag.optional
    ),
    prompt,
    file,
    fileContext,
    ...inputs,
    noStream,
    raw,
    action: Flag.Literals("action", Action.literals).pipe(
      Flag.withDescription("Decide its held turn, as io3 steward does"),
      Flag.optional
    ),
    digest: Flag.optional(digest),
    reason,
    service
  },
  onDemand(({ session }) => session.proceed)
).pipe(
  Command.withDescription("Run the next turn of a session, or decide the one that is held"),
  Command.withExamples([
    { command: 'io3 session continue 0190 --prompt "Shorter."' },
    { command: "io3 session continue 0190 --action approve --digest 1f3a9c02" }
  ])
)

const list = Command.make(
  "list",
  {
    limit,
    cursor
  },
  onDemand(({ session }) => session.list)
).pipe(Command.withDescription("List sessions, the newest first"))

const show = Command.make(
  "show",
  { session, text: off("text", "Print the conversation: what was asked, and what has left") },
  onDemand(({ session }) => session.show)
).pipe(Command.withDescription("Show how a session stands and what became of its turns, or say it again"))

const status = Command.make(
  "status",
  named,
  onDemand(({ session }) => session.status)
).pipe(Command.withDescription("Show how a session stands"))

const mode = Command.make(
  "mode",
  {
    session,
    mode: Argument.Literals("mode", SessionMode.literals).pipe(
      Argument.withDescription(SessionMode.literals.join(" or "))
    )
  },
  onDemand(({ session }) => session.mode)
).pipe(Command.withDescription("Change the mode, from the next turn on"))

const retitle = Command.make(
  "title",
  { session, title: title.pipe(Flag.withDescription("The title; standard input when left out")) },
  onDemand(({ session }) => session.title)
).pipe(Command.withDescription("Give a session another title"))

const close = Command.make(
  "close",
  named,
  onDemand(({ session }) => session.close)
).pipe(Command.withDescription("End a session for good; what is held is discarded"))

export const command = Command.make("session").pipe(
  Command.withDescription("Hold a conversation under control"),
  Command.withSubcommands([
    start,
    proceed,
    list,
    show,
    status,
    mode,
    retitle,
    close,
    keeping.erase,
    keeping.exported,
    keeping.imported
  ])
)
