/** Owns the root command and the flags that every command shares. */
import { Flag, Command } from "effect/cli"

export const root = Command.make("io3").pipe(
  Command.withSharedFlags({
    output: Flag.Literals("output", ["text", "json", "ndjson"]).pipe(
      Flag.withAlias("o"),
      Flag.withDescription("Print text for people, or JSON for programs"),
      Flag.withDefault("text")
    ),
    data: Flag.String("data").pipe(
      Flag.withMetavar("DIR"),
      Flag.withDescription("Where the journal and its key are kept"),
      Flag.optional
    ),
    configDir: Flag.String("config-dir").pipe(
      Flag.withMetavar("DIR"),
      Flag.withDescription("Read this folder in place of ./.io3/config"),
      Flag.optional
    ),
    offline: Flag.Boolean("offline").pipe(
      Flag.withDescription("Use no provider but the stand-in"),
      Flag.withDefault(false)
    )
  }),
  Command.withDescription("A governed LLM runtime: routed, bounded, audited, recorded")
)
