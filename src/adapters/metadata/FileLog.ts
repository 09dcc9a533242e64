/** Owns the metadata log as files: records become lines, and what a file system says becomes a code. */
import { Effect, Layer, Stream } from "effect"
import { type Code, failure, type RuntimeFailure } from "../../domain/Failure.ts"
import { encode, type Metadata } from "../../domain/projection/Metadata.ts"
import { MetadataLog } from "../../ports/MetadataLog.ts"
import { isCode } from "../FirstUse.ts"
import { draftOf, type LogDraft, name } from "./LogDraft.ts"
import { LogFolder } from "./LogFolder.ts"

const MEBIBYTE = 1024 * 1024

export interface Options {
  /** Made with the first line, for this user alone. */
  readonly folder: string
  /** A file that would be larger is put aside first. */
  readonly maxBytes?: number | undefined
}

type Records = Stream.Stream<Metadata, RuntimeFailure>

export const layer = ({ folder, maxBytes = MEBIBYTE }: Options): Layer.Layer<MetadataLog> =>
  Layer.sync(MetadataLog, () => {
    const log = new LogFolder(folder, maxBytes)

    const append = (records: ReadonlyArray<Metadata>) => attempt(() => log.append(records.map(encode)))
    return MetadataLog.of({
      append,
      replace: (records, late) =>
        drafting(
          () => log.draft(),
          (draft) =>
            Effect.gen(function* () {
              const count = yield* fill(draft, records)
              const has = yield* attempt(() => log.replace(draft))
              yield* Stream.runForEach(late, (record) =>
                Effect.flatMap(
                  attempt(() => has(record.request_id)),
                  (there) => (there ? Effect.void : append([record]))
                )
              )
              return count
            })
        ),
      copy: (records, path) =>
        drafting(
          () => draftOf(path),
          (draft) => Effect.tap(fill(draft, records), () => attempt(() => name(draft, path), nameCode))
        )
    })
  })

const drafting = <A>(
  begin: () => LogDraft,
  use: (draft: LogDraft) => Effect.Effect<A, RuntimeFailure>
): Effect.Effect<A, RuntimeFailure> =>
  Effect.acquireUseRelease(attempt(begin), use, (draft) => Effect.sync(() => draft.discard()))

const fill = (draft: LogDraft, records: Records): Effect.Effect<number, RuntimeFailure> =>
  Stream.runFoldEffect(
    records,
    () => 0,
    (count, record) =>
      Effect.as(
        attempt(() => draft.add(encode(record))),
        count + 1
      )
  )

const unwritable = (): Code => "METADATA_LOG_UNWRITABLE"
const nameCode = (error: unknown): Code => (isCode(error, "EEXIST") ? "FILE_EXISTS" : unwritable())

const attempt = <A>(
  act: () => A,
  codeOf: (error: unknown) => Code = unwritable
): Effect.Effect<A, RuntimeFailure> =>
  Effect.try({ try: act, catch: (error) => failure(codeOf(error), "setup") })
