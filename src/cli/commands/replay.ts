/** Owns how `io3 resume` and `io3 replay` are typed. */
import { Argument, Command, Flag } from "effect/cli"
import { onDemand } from "../OnDemand.ts"
import { file as fileOf, publicKey } from "./FileFlags.ts"
import { file, fileContext, noStream, off, prompt, raw } from "./PromptFlags.ts"

const id = Argument.String("id").pipe(
  Argument.withDescription("The id of a run, a turn, a step or a runbook, or as much of it as is unique")
)

const manner = {
  audit: off("audit", "Have a second model judge each draft, also where that was not asked for before"),
  raw,
  noStream,
  noHealthCheck: off("no-health-check", "Do not ask the provider whether it is there"),
  noConstellationCheck: off(
    "no-constellation-check",
    "Run although the routing table breaks a constellation rule"
  )
}

export const resume = Command.make(
  "resume",
  {
    id,
    ...manner,
    acceptConfig: off("accept-config", "Go on under the configuration of now where it has changed"),
    from: fileOf("from", "Not for resume: an export is begun anew, with the same flag of io3 replay")
  },
  onDemand(({ replay }) => replay.resume)
).pipe(
  Command.withDescription("Go on with what has not ended well: a runbook at its first unfinished step"),
  Command.withExamples([
    { command: "io3 resume 0190a1b2" },
    { command: "io3 resume 0190a1b2 --accept-config" }
  ])
)

export const replay = Command.make(
  "replay",
  {
    id,
    ...manner,
    recorded: off("recorded", "Make every recorded decision again, of a session too, and ask no model"),
    from: fileOf("from", "An export of another machine, checked first; - is standard input"),
    publicKey,
    runbook: fileOf("runbook", "With --from: the runbook, whose texts no export has"),
    prompt,
    file,
    fileContext,
    payload: Flag.String("payload").pipe(
      Flag.withMetavar("JSON"),
      Flag.withDescription("With --from: what the capability of the run is given"),
      Flag.optional
    )
  },
  onDemand(({ replay }) => replay.replay)
).pipe(
  Command.withDescription("Do the same again from the start, as a lineage of its own"),
  Command.withExamples([
    { command: "io3 replay 0190a1b2" },
    { command: "io3 replay 0190a1b2 --recorded" },
    { command: "io3 replay 0190a1b2 --from ledger.ndjson --recorded --public-key io3.pub" },
    { command: "io3 replay 0190a1b2 --from ledger.ndjson --runbook nightly.yaml" }
  ])
)
