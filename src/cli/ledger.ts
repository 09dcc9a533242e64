/** Owns `io3 ledger`: reading the record, and writing what of it is to be kept elsewhere. */
import { Console, Effect, Option, Ref, Schema, Stream } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { Exports } from "../core/Exports.ts"
import { Entry, Ledgers, RunRecord, StreamHead } from "../core/Ledgers.ts"
import { Footer, parseFooter } from "../domain/Export.ts"
import { Checkpoint } from "../domain/Head.ts"
import { configStream, PublicKey, RUN_PREFIX, StreamId } from "../domain/Ids.ts"
import { canonical } from "../domain/Ledger.ts"
import { Journal } from "../ports/Journal.ts"
import { entryLine, eventLine, runLine, time } from "./Events.ts"
import { create } from "./GivenFile.ts"
import { print, write } from "./Output.ts"
import { project } from "./project.ts"
import { root } from "./root.ts"
import { verify } from "./verify.ts"

const NEWEST = 20

/** `io3 ledger show config`. */
export const StreamRecord = Schema.Struct({ stream: StreamId, entries: Schema.Array(Entry) })

const show = Command.make(
  "show",
  {
    stream: Argument.String("run").pipe(
      Argument.withDescription("A run id, or as much of it as is unique; or config"),
      Argument.optional
    )
  },
  Effect.fn(function* ({ stream }) {
    const { output } = yield* root
    const ledgers = yield* Ledgers
    if (Option.isNone(stream)) {
      const heads = yield* ledgers.heads(NEWEST)
      return yield* print(output, Schema.Array(StreamHead), heads, () =>
        heads.length === 0 ? "The ledger is empty." : heads.map(headLine).join("\n")
      )
    }
    if (stream.value === configStream) {
      const entries = yield* ledgers.configurations
      return yield* print(output, StreamRecord, { stream: configStream, entries }, () =>
        entries.map(entryLine).join("\n")
      )
    }
    const record = yield* ledgers.find(stream.value.replace(RUN_PREFIX, ""))
    yield* print(output, Schema.Array(RunRecord), [record], () =>
      [runLine(record), ...record.entries.map(eventLine(record))].join("\n")
    )
  })
).pipe(Command.withDescription("Show one run's events, the configurations, or the newest streams' last rows"))

const headLine = ({ stream, rows, head, position, at }: StreamHead): string =>
  `${stream.padEnd(40)}  ${String(rows).padStart(4)} rows  ${head}  ${time(at)}  position ${position}`

const target = Argument.String("file").pipe(
  Argument.withDescription("A file that does not exist yet; standard output when left out"),
  Argument.optional
)

const checkpoint = Command.make(
  "checkpoint",
  { file: target },
  Effect.fn(function* ({ file }) {
    const { output } = yield* root
    const signed = yield* (yield* Exports).checkpoint()
    const line = `${canonical(signed)}\n`
    if (Option.isNone(file)) return yield* write(line)
    yield* create(file.value, Stream.succeed(line))
    yield* print(
      output,
      Checkpoint,
      signed,
      ({ position, key }) => `head at position ${position}, signed with ${key}`
    )
  })
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
  Effect.fn(function* ({ file, unverified }) {
    const { output } = yield* root
    const pieces = (yield* Exports).lines(!unverified)
    if (Option.isNone(file)) return yield* Stream.runForEach(pieces, write)
    const last = yield* Ref.make("")
    yield* create(
      file.value,
      Stream.tap(pieces, (piece) => Ref.set(last, piece))
    )
    const footer = yield* Effect.orDie(Effect.fromOption(parseFooter((yield* Ref.get(last)).trimEnd())))
    yield* print(
      output,
      Footer,
      footer,
      ({ rows, streams, key }) => `${rows} rows of ${streams} streams, signed with ${key}`
    )
  })
).pipe(Command.withDescription("Write the whole record, without any text, for somebody else to verify"))

export const KeyOutput = Schema.Struct({ key: PublicKey })

const key = Command.make(
  "key",
  {},
  Effect.fn(function* () {
    const { output } = yield* root
    const publicKey = yield* (yield* Exports).publicKey
    yield* print(output, KeyOutput, { key: publicKey }, () => publicKey)
  })
).pipe(Command.withDescription("Print the public key that this installation signs with"))

const backup = Command.make(
  "backup",
  { file: Argument.String("file").pipe(Argument.withDescription("A file that does not exist yet")) },
  Effect.fn(function* ({ file }) {
    const journal = yield* Journal
    yield* journal.backup(file)
    yield* Console.error(
      "The copy is complete. Content in it opens with the same master key only, and stays there when a run is erased here."
    )
  })
).pipe(Command.withDescription("Write a consistent copy of the journal"))

export const ledger = Command.make("ledger").pipe(
  Command.withDescription("Read, check and export the record"),
  Command.withSubcommands([show, verify, checkpoint, exported, key, backup, project])
)
