/** Owns how `io3 run` is typed. */
import { Argument, Command, Flag } from "effect/cli"
import { Mode } from "../../domain/Ids.ts"
import { onDemand } from "../OnDemand.ts"

const off = (name: string, description: string) =>
  Flag.Boolean(name).pipe(Flag.withoutNegation, Flag.withDescription(description), Flag.withDefault(false))

export const run = Command.make(
  "run",
  {
    mode: Argument.String("mode").pipe(
      Argument.withDescription("A mode of the routing table, e.g. executor"),
      Argument.withSchema(Mode)
    ),
    prompt: Flag.String("prompt").pipe(
      Flag.withAlias("p"),
      Flag.withDescription("The prompt; other users of this machine may see it in the process list"),
      Flag.optional
    ),
    file: Flag.String("file").pipe(
      Flag.withAlias("f"),
      Flag.withMetavar("FILE"),
      Flag.withDescription(
        "A file with the prompt, or, beside --prompt, text it is about; - is standard input"
      ),
      Flag.optional
    ),
    audit: off("audit", "Have a second model judge the draft before anything is released"),
    raw: off("raw", "Print the answer alone"),
    noStream: off("no-stream", "Print the answer whole; an audited answer always comes whole"),
    dryRun: off(
      "dry-run",
      "Show route, context, worst case and what is left of the budget; call and record nothing"
    ),
    noHealthCheck: off("no-health-check", "Do not ask the provider whether it is there before the run"),
    noConstellationCheck: off(
      "no-constellation-check",
      "Run although the routing table breaks a constellation rule"
    )
  },
  onDemand(({ run }) => run.run)
).pipe(
  Command.withDescription("Ask once"),
  Command.withExamples([
    { command: 'io3 run executor --prompt "Explain deterministic routing in one sentence."' },
    { command: "io3 run executor --file notes.txt --audit" },
    { command: "io3 run executor --file notes.txt --dry-run" },
    { command: 'git diff | io3 run executor --prompt "Review this change." --file -' }
  ])
)
