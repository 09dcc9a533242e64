/** Owns how `io3 chat` is typed. */
import { Command, Flag } from "effect/cli"
import { Mode } from "../../domain/Ids.ts"
import { SessionMode } from "../../domain/session/Turn.ts"
import { onDemand } from "../OnDemand.ts"
import { packs } from "./InputFlags.ts"
import { fileContext } from "./PromptFlags.ts"

export const chat = Command.make(
  "chat",
  {
    mode: Flag.Literals("mode", SessionMode.literals).pipe(
      Flag.withAlias("session-mode"),
      Flag.withDescription(
        "Who lets answers out: nobody has to be asked, or a steward; work where it is left out"
      ),
      Flag.optional
    ),
    persona: Flag.String("persona").pipe(
      Flag.withAlias("persona-mode"),
      Flag.withMetavar("MODE"),
      Flag.withDescription("A mode of the routing table that answers; executor where it is left out"),
      Flag.withSchema(Mode),
      Flag.optional
    ),
    last: Flag.Boolean("continue").pipe(
      Flag.withoutNegation,
      Flag.withAlias("c"),
      Flag.withDescription("Go on with the session that was used last and is not closed"),
      Flag.withDefault(false)
    ),
    session: Flag.String("session-id").pipe(
      Flag.withMetavar("ID"),
      Flag.withDescription("Go on with this session: its id, or as much of it as is unique"),
      Flag.optional
    ),
    audit: Flag.Boolean("audit").pipe(
      Flag.withoutNegation,
      Flag.withDescription("Have a second model judge each draft before anything is released"),
      Flag.withDefault(false)
    ),
    fileContext: fileContext.pipe(
      Flag.withDescription("A text file that the first message is about; an empty one is none")
    ),
    ...packs,
    title: Flag.String("title").pipe(
      Flag.withDescription("Name the session; other users of this machine may see it in the process list"),
      Flag.optional
    )
  },
  onDemand(({ chat }) => chat.chat)
).pipe(
  Command.withDescription("Hold a conversation"),
  Command.withExamples([
    { command: "io3 chat" },
    { command: "io3 chat -c" },
    { command: "io3 chat --mode steward --audit" },
    { command: "printf 'One question\\nAnother\\n' | io3 chat" }
  ])
)
