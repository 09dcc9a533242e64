/** Owns how `io3 receipt` is typed. */
import { Argument, Command, Flag } from "effect/cli"
import { onDemand } from "../OnDemand.ts"
import { publicKey } from "./FileFlags.ts"
import { off } from "./PromptFlags.ts"

const run = Argument.String("run").pipe(Argument.withDescription("A run id, or as much of it as is unique"))

const show = Command.make(
  "show",
  { run },
  onDemand(({ receipt }) => receipt.show)
).pipe(Command.withDescription("Show what left a run, and how it came about"))

const verify = Command.make(
  "verify",
  {
    run: Argument.optional(run),
    text: Flag.String("text").pipe(
      Flag.withMetavar("FILE"),
      Flag.withDescription("The text in question, e.g. of io3 run --raw > FILE; - is standard input"),
      Flag.optional
    ),
    disclosure: Flag.String("disclosure").pipe(
      Flag.withMetavar("FILE"),
      Flag.withDescription("Check against what somebody disclosed, and not against the journal"),
      Flag.optional
    ),
    publicKey
  },
  onDemand(({ receipt }) => receipt.verify)
).pipe(
  Command.withDescription("Prove that exactly these bytes were released by a run"),
  Command.withExamples([
    { command: "io3 receipt verify 0190 --text answer.txt" },
    { command: "io3 receipt verify --disclosure answer.json --text answer.txt --public-key io3.pub" }
  ])
)

const disclose = Command.make(
  "disclose",
  {
    run,
    file: Argument.String("file").pipe(
      Argument.withDescription("A file that does not exist yet; standard output when left out"),
      Argument.optional
    ),
    capabilityOutput: off("capability-output", "What its capability has made, and not its answer")
  },
  onDemand(({ receipt }) => receipt.disclose)
).pipe(Command.withDescription("Hand out what somebody else needs to check this one text"))

export const receipt = Command.make("receipt").pipe(
  Command.withDescription("Prove what a run released"),
  Command.withSubcommands([show, verify, disclose])
)
