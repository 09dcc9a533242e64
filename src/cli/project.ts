/** Owns `io3 ledger project`: the metadata log, made anew from the ledger or written elsewhere. */
import { Effect, Option, Schema, Stream } from "effect"
import { Projections } from "../core/ledger/Projections.ts"
import { Count } from "../domain/Ids.ts"
import { Metadata } from "../domain/projection/Metadata.ts"
import { MetadataLog } from "../ports/MetadataLog.ts"
import { print, printLine } from "./Output.ts"
import { root } from "./root.ts"

export const ProjectOutput = Schema.Struct({ records: Count })

export const project = Effect.fn(function* ({ out }: { readonly out: Option.Option<string> }) {
  const { output } = yield* root
  const projections = yield* Projections
  const log = yield* MetadataLog
  if (Option.contains(out, "-")) {
    return yield* Stream.runForEach(projections.ended, (record) => printLine(Metadata, record))
  }
  const records = yield* Option.match(out, {
    onNone: () => projections.rebuild(log),
    onSome: (path) => log.copy(projections.ended, path)
  })
  yield* print(
    output,
    ProjectOutput,
    { records },
    () => `${records} ended run${records === 1 ? "" : "s"}, a line each`
  )
})
