/** Owns how `io3 ledger` is typed. */
import { Argument, Command, Flag } from "effect/cli"
import { onDemand } from "../OnDemand.ts"
import { file, publicKey } from "./FileFlags.ts"

const target = Argument.String("file").pipe(
  Argument.withDescription("A file that does not exist yet; standard output when left out"),
  Argument.optional
)

const show = Command.make(
  "show",
  {
    stream: Argument.String("run").pipe(
      Argument.withDescription(
        "The id of a run, session or runbook, or as much of it as is unique; or a stream's name, as config or tokens"
      ),
      Argument.optional
    )
  },
  onDemand(({ ledger }) => ledger.show)
).pipe(
  Command.withDescription(
    "Show the events of one run, session, runbook or other stream, or the newest streams' last rows"
  )
)

const checkpoint = Command.make(
  "checkpoint",
  { file: target },
  onDemand(({ ledger }) => ledger.checkpoint)
).pipe(
  Command.withDescription(
    "Sign the head of the whole record; kept elsewhere, it shows a record that was cut or made anew"
  )
)

const exported = Command.make(
  "export",
  {
    file: target,
    unverified: Flag.Boolean("unverified").pipe(
      Flag.withoutNegation,
      Flag.withDescription("Export a record that does not verify as well"),
      Flag.withDefault(false)
    )
  },
  onDemand(({ ledger }) => ledger.exported)
).pipe(Command.withDescription("Write the whole record, without any text, for somebody else to verify"))

const key = Command.make(
  "key",
  {},
  onDemand(({ ledger }) => ledger.key)
).pipe(Command.withDescription("Print the public key that this installation signs with"))

const backup = Command.make(
  "backup",
  { file: Argument.String("file").pipe(Argument.withDescription("A file that does not exist yet")) },
  onDemand(({ ledger }) => ledger.backup)
).pipe(Command.withDescription("Write a consistent copy of the journal"))

const verify = Command.make(
  "verify",
  {
    run: Argument.String("run").pipe(
      Argument.withDescription(
        "One run, or one session or runbook with all its runs: its id, or as much of that as is unique"
      ),
      Argument.optional
    ),
    texts: Flag.Boolean("texts").pipe(
      Flag.withoutNegation,
      Flag.withDescription("Also hold every sealed text against its digest"),
      Flag.withDefault(false)
    ),
    exported: file("export", "Verify this export and not the journal; - is standard input"),
    checkpoint: file("checkpoint", "A checkpoint that was kept elsewhere: the record has to contain it"),
    publicKey
  },
  onDemand(({ verify }) => verify.verify)
).pipe(
  Command.withDescription("Make every decision on record again, and recompute what binds the rows together"),
  Command.withExamples([
    { command: "io3 ledger verify --texts" },
    { command: "io3 ledger verify --checkpoint kept-elsewhere.json" },
    { command: "io3 ledger verify --export ledger.ndjson --public-key io3.pub" }
  ])
)

const project = Command.make(
  "project",
  {
    out: Flag.String("out").pipe(
      Flag.withMetavar("FILE"),
      Flag.withDescription("Write to a file that does not exist yet; - is standard output"),
      Flag.optional
    )
  },
  onDemand(({ project }) => project.project)
).pipe(Command.withDescription("Make metadata.jsonl anew from the ledger"))

export const ledger = Command.make("ledger").pipe(
  Command.withDescription("Read, check and export the record"),
  Command.withSubcommands([show, verify, checkpoint, exported, key, backup, project])
)
