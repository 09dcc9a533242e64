/** Owns how `io3 run` is typed. */
import { Argument, Command } from "effect/cli"
import { Mode } from "../../domain/Ids.ts"
import { onDemand } from "../OnDemand.ts"
import { inputs } from "./InputFlags.ts"
import { file, fileContext, noStream, off, prompt, raw } from "./PromptFlags.ts"

export const run = Command.make(
  "run",
  {
    mode: Argument.String("mode").pipe(
      Argument.withDescription("A mode of the routing table, e.g. executor"),
      Argument.withSchema(Mode)
    ),
    prompt,
    file,
    fileContext,
    ...inputs,
    audit: off("audit", "Have a second model judge the draft before anything is released"),
    raw,
    noStream,
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
    { command: "io3 run executor --file question.md --file-context report.csv" },
    { command: 'io3 run executor --prompt "In which tone?" --pack pack.style' },
    { command: 'io3 run executor --prompt "Well?" --capability cap.csv_profile --payload-file rows.json' },
    { command: 'git diff | io3 run executor --prompt "Review this change." --file -' }
  ])
)
