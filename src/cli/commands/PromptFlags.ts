/** Owns the flags of every command that asks a model. */
import { Flag } from "effect/cli"

export const off = (name: string, description: string) =>
  Flag.Boolean(name).pipe(Flag.withoutNegation, Flag.withDescription(description), Flag.withDefault(false))

export const prompt = Flag.String("prompt").pipe(
  Flag.withAlias("p"),
  Flag.withDescription("The prompt; other users of this machine may see it in the process list"),
  Flag.optional
)

export const file = Flag.String("file").pipe(
  Flag.withAlias("f"),
  Flag.withMetavar("FILE"),
  Flag.withDescription("A file with the text, or, beside --prompt, text it is about; - is standard input"),
  Flag.optional
)

export const fileContext = Flag.String("file-context").pipe(
  Flag.withMetavar("FILE"),
  Flag.withDescription(
    "A text file that the prompt is about, wherever the prompt comes from; an empty one is none; - is standard input"
  ),
  Flag.optional
)

export const raw = off("raw", "Print the answer alone")

export const noStream = off("no-stream", "Print the answer whole; an audited answer always comes whole")
