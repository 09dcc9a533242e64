/** Owns `io3 ledger`: reading the record and checking it. */
import { Console, Effect, Option, Schema } from "effect"
import { Argument, Command } from "effect/cli"
import { Ledgers, RunRecord, Verification } from "../core/Ledgers.ts"
import { failure } from "../domain/Failure.ts"
import { Journal } from "../ports/Journal.ts"
import { FailureInResult, print } from "./Output.ts"
import { eventLine, runLine } from "./Events.ts"
import { project } from "./project.ts"
import { root } from "./root.ts"

const RECENT = 20

const runArgument = Argument.String("run").pipe(
  Argument.withDescription("A run id, or as much of it as is unique"),
  Argument.optional
)

const show = Command.make(
  "show",
  { run: runArgument },
  Effect.fn(function* ({ run }) {
    const { output } = yield* root
    const ledgers = yield* Ledgers
    const records = yield* Option.match(run, {
      onNone: () => ledgers.recent(RECENT),
      onSome: (prefix) => Effect.map(ledgers.find(prefix), (record) => [record])
    })
    yield* print(output, Schema.Array(RunRecord), records, () =>
      Option.isSome(run)
        ? records.flatMap((record) => [runLine(record), ...record.entries.map(eventLine(record))]).join("\n")
        : records.map(runLine).join("\n") || "The ledger is empty."
    )
  })
).pipe(Command.withDescription("List the newest runs, or one run's events"))

const verify = Command.make(
  "verify",
  { run: runArgument },
  Effect.fn(function* ({ run }) {
    const { output } = yield* root
    const ledgers = yield* Ledgers
    const result = yield* ledgers.verify(Option.getOrUndefined(run))
    yield* print(output, Verification, result, describe)
    if (result.broken.length === 0) return
    return yield* output === "text" ? failure("LEDGER_BROKEN", "setup") : new FailureInResult()
  })
).pipe(Command.withDescription("Recompute the hash chains and what they say happened"))

const describe = ({ streams, events, broken }: Verification): string =>
  broken.length === 0
    ? `ok: ${events} events in ${streams} ${streams === 1 ? "stream" : "streams"}, every link holds`
    : broken
        .map(
          ({ stream, seq, fault }) => `${stream ?? "the journal"} at ${seq}: ${fault.replaceAll("_", " ")}`
        )
        .join("\n")

const backup = Command.make(
  "backup",
  { file: Argument.String("file").pipe(Argument.withDescription("A file that does not exist yet")) },
  Effect.fn(function* ({ file }) {
    const journal = yield* Journal
    yield* journal.backup(file)
    yield* Console.error("The copy is complete. Content in it opens with the same master key only.")
  })
).pipe(Command.withDescription("Write a consistent copy of the journal"))

export const ledger = Command.make("ledger").pipe(
  Command.withDescription("Read and check the record"),
  Command.withSubcommands([show, verify, backup, project])
)
