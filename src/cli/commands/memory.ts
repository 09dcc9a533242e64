/** Owns how `io3 memory` is typed. */
import { Argument, Command, Flag } from "effect/cli"
import { Provenance, Sensitivity } from "../../domain/memory/MemoryEvent.ts"
import { Count } from "../../domain/Ids.ts"
import { onDemand } from "../OnDemand.ts"
import { cursor, limit } from "./PageFlags.ts"
import { off } from "./PromptFlags.ts"

export const command = Command.make("memory").pipe(
  Command.withDescription("Keep what runs may be told, record by record; no run writes here")
)

const named = (name: "scope" | "key", description: string, example: string) =>
  [
    Argument.String(name).pipe(
      Argument.withDescription(`${description}, e.g. ${example}`),
      Argument.optional
    ),
    Flag.String(name).pipe(
      Flag.withMetavar(name.toUpperCase()),
      Flag.withDescription("The same as the argument"),
      Flag.optional
    )
  ] as const

const [scope, scopeFlag] = named("scope", "What the record belongs to", "project")
const [key, keyFlag] = named("key", "The record within its scope", "style.language")

/** A record, by arguments or, as programs may have learnt it, by flags. */
const record = { scope, key, scopeFlag, keyFlag }

const yes = off("yes", "Do not ask; required where there is no terminal")

export const write = Command.make(
  "write",
  {
    ...record,
    file: Flag.String("file").pipe(
      Flag.withAlias("f"),
      Flag.withMetavar("FILE"),
      Flag.withDescription("A file with the value; standard input when left out, and for -"),
      Flag.optional
    ),
    value: Flag.String("value").pipe(
      Flag.withMetavar("TEXT"),
      Flag.withDescription("The value; other users of this machine may see it in the process list"),
      Flag.optional
    ),
    sensitivity: Flag.Literals("sensitivity", Sensitivity.literals).pipe(
      Flag.withDescription(
        "How far it may go (memory_retrieval_policy.yaml says which modes may read it); else as it was, or standard"
      ),
      Flag.optional
    ),
    provenance: Flag.String("provenance").pipe(
      Flag.withMetavar("WHOSE"),
      Flag.withDescription("Whose words it is: human, mixed or llm:MODEL"),
      Flag.withSchema(Provenance),
      Flag.withDefault(Provenance.make("human"))
    ),
    expect: Flag.Int("expect").pipe(
      Flag.withMetavar("VERSION"),
      Flag.withDescription("Write only in place of this version, a number; 0 where there is to be none"),
      Flag.withSchema(Count),
      Flag.optional
    ),
    yes
  },
  onDemand(({ memory }) => memory.write)
).pipe(
  Command.withDescription("Write the next version of a record"),
  Command.withExamples([
    { command: "echo 'Answers are to be in French.' | io3 memory write project style.language --yes" },
    { command: "io3 memory write project glossary -f glossary.md --expect 3" }
  ])
)

export const list = Command.make(
  "list",
  {
    scope: Flag.String("scope").pipe(
      Flag.withMetavar("SCOPE"),
      Flag.withDescription("Only what belongs to it"),
      Flag.optional
    ),
    limit,
    cursor
  },
  onDemand(({ memory }) => memory.list)
).pipe(Command.withDescription("List records without their values, those first that came last"))

export const show = Command.make(
  "show",
  record,
  onDemand(({ memory }) => memory.show)
).pipe(Command.withDescription("Print the value of a record, and on standard error what is known of it"))

export const forget = Command.make(
  "forget",
  { ...record, yes },
  onDemand(({ memory }) => memory.forget)
).pipe(
  Command.withDescription("Destroy the key of every version of a record for good; that it was there stands")
)

export const packs = Command.make(
  "packs",
  {},
  onDemand(({ memory }) => memory.packs)
).pipe(Command.withDescription("List the declared packs, their records, and who reads them unasked"))
