/** Owns files that a person names: reading one within its limits, and writing one that is not there yet. */
import { Effect, FileSystem, Option, Schema, Stdio, Stream } from "effect"
import type { PlatformError } from "effect/PlatformError"
import { Content } from "../domain/Content.ts"
import { type Disclosure, read as readDisclosure } from "../domain/ledger/Disclosure.ts"
import { type Code, failure, type RuntimeFailure } from "../domain/Failure.ts"
import { Checkpoint, fromCanonical } from "../domain/ledger/Head.ts"
import { PublicKey } from "../domain/Ids.ts"
import { read as readSnapshot, type Snapshot } from "../domain/session/Snapshot.ts"

/** No answer is longer, and no disclosure. */
const MOST_BYTES = 64 * 1024 * 1024
const SMALL_BYTES = 4096

/** The bytes of a file, or of standard input for `-`. `FILE_NOT_FOUND`, `FILE_UNREADABLE`. */
export const bytesOf = Effect.fnUntraced(function* (path: string) {
  const stdio = yield* Stdio.Stdio
  const fs = yield* FileSystem.FileSystem
  const unreadable = ({ reason }: PlatformError): RuntimeFailure =>
    failure(reason._tag === "NotFound" ? "FILE_NOT_FOUND" : "FILE_UNREADABLE", "setup")
  if (path === "-") return Stream.mapError(stdio.stdin, unreadable)
  // To open a pipe is to wait for whoever writes into it, and nothing ends that.
  const { type } = yield* Effect.mapError(fs.stat(path), unreadable)
  if (type !== "File" && type !== "CharacterDevice") return yield* failure("FILE_UNREADABLE", "setup")
  return Stream.mapError(fs.stream(path), unreadable)
})

/** UTF-8 text as it is, byte for byte. `FILE_TOO_LARGE`, `FILE_NOT_TEXT`. */
const textOf = Effect.fnUntraced(function* (path: string, most: number) {
  const pieces = yield* (yield* bytesOf(path)).pipe(
    Stream.limitBytes(most, () => Stream.fail(failure("FILE_TOO_LARGE", "setup"))),
    Stream.runCollect
  )
  return yield* Effect.try({
    try: () => {
      const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
      return pieces.map((piece) => decoder.decode(piece, { stream: true })).join("") + decoder.decode()
    },
    catch: () => failure("FILE_NOT_TEXT", "setup")
  })
})

/** A text that may be somebody's. */
export const contentOf = (path: string) => Effect.map(textOf(path, MOST_BYTES), Content.of)

/** A file of one line, and what that says. `LEDGER_EXPORT_INVALID`. */
const one = Effect.fnUntraced(function* <A>(
  path: string,
  most: number,
  parse: (line: string) => Option.Option<A>
) {
  const text = yield* textOf(path, most)
  const parsed = text.endsWith("\n") ? parse(text.slice(0, -1)) : Option.none()
  return yield* Effect.mapError(Effect.fromOption(parsed), () => failure("LEDGER_EXPORT_INVALID", "setup"))
})

export const checkpointOf = (path: string) =>
  one(path, SMALL_BYTES, (line) => fromCanonical(Checkpoint, line))

export const disclosureOf = (path: string): Effect.Effect<Disclosure, RuntimeFailure, Needs> =>
  one(path, MOST_BYTES, readDisclosure)

const asKey = Schema.decodeUnknownOption(PublicKey)

export const snapshotOf = (path: string): Effect.Effect<Snapshot, RuntimeFailure, Needs> =>
  one(path, MOST_BYTES, readSnapshot).pipe(
    Effect.catchIf(
      ({ code }) => code === "LEDGER_EXPORT_INVALID",
      () => Effect.fail(failure("SNAPSHOT_SCHEMA_INVALID", "setup"))
    )
  )

/** A public key as `io3 ledger key` prints it: itself, or the file it was kept in. */
export const publicKeyOf = (given: string): Effect.Effect<PublicKey, RuntimeFailure, Needs> =>
  Option.match(asKey(given), {
    onNone: () => one(given, SMALL_BYTES, asKey),
    onSome: Effect.succeed
  })

type Needs = FileSystem.FileSystem | Stdio.Stdio

/** Writes a new file, readable by this user alone, whole or not at all. `FILE_EXISTS`, `FILE_UNWRITABLE`. */
export const create = <E, R>(path: string, text: Stream.Stream<string, E, R>) =>
  Effect.scoped(
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const file = yield* Effect.mapError(fs.open(path, { flag: "wx", mode: 0o600 }), unwritable)
      yield* text.pipe(
        Stream.encodeText,
        Stream.runForEach((bytes) => Effect.mapError(file.writeAll(bytes), unwritable)),
        Effect.andThen(Effect.mapError(file.sync, unwritable)),
        Effect.onError(() => Effect.ignore(fs.remove(path)))
      )
    })
  )

/** Whether a new file can be made there; none is left. `FILE_EXISTS`, `FILE_UNWRITABLE`. */
export const creatable = Effect.fnUntraced(function* (path: string) {
  yield* create(path, Stream.empty)
  const fs = yield* FileSystem.FileSystem
  yield* Effect.mapError(fs.remove(path), unwritable)
})

const unwritable = ({ reason }: PlatformError): RuntimeFailure => {
  const code: Code = reason._tag === "AlreadyExists" ? "FILE_EXISTS" : "FILE_UNWRITABLE"
  return failure(code, "setup")
}
