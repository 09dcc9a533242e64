/** Owns the root command and the flags that every command shares. */
import { Schema } from "effect"
import { Flag, Command } from "effect/cli"

/** An empty name, a variable that is not set say, would be the working folder, and what lies there would be trusted. */
const folder = (name: string, description: string) =>
  Flag.String(name).pipe(
    Flag.withMetavar("DIR"),
    Flag.withDescription(description),
    Flag.withSchema(Schema.NonEmptyString),
    Flag.optional
  )

export const root = Command.make("io3").pipe(
  Command.withSharedFlags({
    output: Flag.Literals("output", ["text", "json", "ndjson"]).pipe(
      Flag.withAlias("o"),
      Flag.withDescription("Print text for people, or JSON for programs"),
      Flag.withDefault("text")
    ),
    data: folder("data", "Where the journal and its key are kept"),
    configDir: folder("config-dir", "Read this folder in place of ./.io3/config"),
    offline: Flag.Boolean("offline").pipe(
      Flag.withDescription("Use no provider but the stand-in"),
      Flag.withDefault(false)
    )
  }),
  Command.withDescription("A governed LLM runtime: routed, bounded, audited, recorded")
)
