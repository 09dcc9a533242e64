/** Owns where runbooks come from: a file that is there to be read, or standard input. */
import { Effect, Layer, Result, Stdio, Stream } from "effect"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import { RunbookReader } from "../../ports/RunbookReader.ts"
import { isCode, isForbidden } from "../FirstUse.ts"
import { readAtMost } from "../RegularFile.ts"
import { decode } from "./Decode.ts"

const MAX_BYTES = 1024 * 1024

const tooLarge = (actual: number): RuntimeFailure =>
  failure("FILE_TOO_LARGE", "setup", { limit: { actual, allowed: MAX_BYTES, unit: "bytes" } })

export const layer = Layer.effect(
  RunbookReader,
  Effect.gen(function* () {
    const stdio = yield* Stdio.Stdio

    const given = stdio.stdin.pipe(
      Stream.mapError(() => failure("FILE_UNREADABLE", "setup")),
      Stream.limitBytes(MAX_BYTES, () => Stream.fail(tooLarge(MAX_BYTES + 1))),
      Stream.runCollect,
      Effect.map((pieces) => Buffer.concat(pieces))
    )
    return RunbookReader.of({
      read: Effect.fn("RunbookReader.read")(function* (path) {
        return yield* decode(yield* path === "-" ? given : Effect.fromResult(bytesOf(path)))
      }),
      decode: Effect.fn("RunbookReader.decode")(decode)
    })
  })
)

/** What the system says of a path is not of its text: a folder, a pipe and nothing at all are no runbook file. */
const bytesOf = (path: string): Result.Result<Uint8Array, RuntimeFailure> =>
  Result.try({
    try: () => readAtMost(path, MAX_BYTES),
    catch: (error) =>
      failure(isForbidden(error) || isBroken(error) ? "FILE_UNREADABLE" : "RUNBOOK_FILE_NOT_FOUND", "setup")
  }).pipe(
    Result.flatMap((read) => (typeof read === "number" ? Result.fail(tooLarge(read)) : Result.succeed(read)))
  )

/** It is there, and the system could not read it. */
const isBroken = (error: unknown): boolean => ["EIO", "EMFILE", "ENFILE"].some((code) => isCode(error, code))
