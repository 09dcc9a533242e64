/** Owns `io3 ledger`: reading the record, and writing what of it is to be kept elsewhere. */
import { Console, Effect, Option, Ref, Schema, Stream } from "effect"
import { Exports } from "../core/ledger/Exports.ts"
import { Ledgers } from "../core/ledger/Ledgers.ts"
import { RunRecord, StreamHead, StreamRecord } from "../domain/ledger/Records.ts"
import { Footer, parseFooter } from "../domain/ledger/Export.ts"
import { Checkpoint } from "../domain/ledger/Head.ts"
import { PublicKey, RUN_PREFIX } from "../domain/Ids.ts"
import { canonical } from "../domain/ledger/Ledger.ts"
import { Journal } from "../ports/Journal.ts"
import { entryLine, eventLine, runLine, time } from "./Events.ts"
import { creatable, create } from "./GivenFile.ts"
import { print, write } from "./Output.ts"
import { recorded } from "./Recorded.ts"
import { root } from "./root.ts"

const NEWEST = 20

export const show = Effect.fn(function* ({ stream }: { readonly stream: Option.Option<string> }) {
  const { output } = yield* root
  const ledgers = yield* Ledgers
  if (Option.isNone(stream)) {
    const heads = yield* ledgers.heads(NEWEST)
    return yield* print(output, Schema.Array(StreamHead), heads, () =>
      heads.length === 0 ? "The ledger is empty." : heads.map(headLine).join("\n")
    )
  }
  const found = yield* ledgers.stream(stream.value)
  if (!found.stream.startsWith(RUN_PREFIX)) {
    return yield* print(output, StreamRecord, found, ({ entries }) => entries.map(entryLine).join("\n"))
  }
  const record = yield* ledgers.find(found.stream.slice(RUN_PREFIX.length))
  yield* print(output, Schema.Array(RunRecord), [record], () =>
    [runLine(record), ...record.entries.map(eventLine(record))].join("\n")
  )
})

const headLine = ({ stream, rows, head, position, at }: StreamHead): string =>
  `${stream.padEnd(44)}  ${String(rows).padStart(4)} rows  ${head}  ${time(at)}  position ${position}`

export const checkpoint = Effect.fn(function* ({ file }: { readonly file: Option.Option<string> }) {
  const { output } = yield* root
  yield* recorded
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

export const exported = Effect.fn(function* ({
  file,
  unverified
}: {
  readonly file: Option.Option<string>
  readonly unverified: boolean
}) {
  const { output } = yield* root
  yield* recorded
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

export const KeyOutput = Schema.Struct({ key: PublicKey })

export const key = Effect.fn(function* () {
  const { output } = yield* root
  const publicKey = yield* (yield* Exports).publicKey
  yield* print(output, KeyOutput, { key: publicKey }, () => publicKey)
})

export const BackupOutput = Schema.Struct({ complete: Schema.Literal(true) })

export const backup = Effect.fn(function* ({ file }: { readonly file: string }) {
  const { output } = yield* root
  yield* recorded
  const journal = yield* Journal
  // The journal could only say that something could not be written, and not that it is this file.
  yield* creatable(file)
  yield* journal.backup(file)
  yield* Console.error(
    "The copy is complete. Content in it opens with the same master key only, and stays there when a run is erased here."
  )
  if (output !== "text") yield* print(output, BackupOutput, { complete: true }, () => "")
})
