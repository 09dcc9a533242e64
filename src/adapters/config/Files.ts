/** Owns reading the files of one layer: bounded and without waiting, each parsed; it merges and decodes nothing. */
import { Effect, Result } from "effect"
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, statSync } from "node:fs"
import { dirname, join } from "node:path"
import type { ConfigPlace } from "../../domain/config/ConfigPlace.ts"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import { type FileName, files } from "../../domain/config/Settings.ts"
import type { Origin } from "../../ports/Configuration.ts"
import { isCode } from "../FirstUse.ts"
import type { Mapping } from "./Tree.ts"
import { parse } from "./Yaml.ts"

export const MAX_FILE_BYTES = 256 * 1024
export const fileNames = Object.keys(files) as ReadonlyArray<FileName>

/** The files of one layer that exist. */
export type LayerFiles = ReadonlyMap<FileName, Mapping>

/**
 * Reads a layer. A missing file is no fault; `CONFIG_UNREADABLE`, `CONFIG_TOO_LARGE` and `CONFIG_INVALID` name the files.
 */
export const readLayer = Effect.fnUntraced(function* (
  directory: string,
  origin: Origin
): Effect.fn.Return<LayerFiles, RuntimeFailure> {
  const found = new Map<FileName, Mapping>()
  const wrong: Array<ConfigPlace> = []
  for (const file of fileNames) {
    const bytes = yield* Effect.fromResult(readBounded(join(directory, file), file))
    if (bytes === null) continue
    const parsed = yield* parse(bytes, { origin, file })
    if (Result.isSuccess(parsed)) found.set(file, parsed.success)
    else wrong.push(parsed.failure)
  }
  return wrong.length === 0
    ? found
    : yield* Effect.fail(failure("CONFIG_INVALID", "setup", { places: wrong }))
})

/** The bytes of a regular file, or null when nothing is there, not even a link to what is gone. */
const readBounded = (path: string, file: FileName): Result.Result<Uint8Array | null, RuntimeFailure> => {
  const place = { file, line: 0, column: 0, key: null }
  return Result.try({
    try: () => {
      const descriptor = openRegular(path)
      try {
        const { size } = fstatSync(descriptor)
        return size > MAX_FILE_BYTES ? size : readWhole(descriptor)
      } finally {
        closeSync(descriptor)
      }
    },
    catch: (error) => error
  }).pipe(
    Result.orElse((error) =>
      isCode(error, "ENOENT") && !leadsNowhere(path)
        ? Result.succeed(null)
        : Result.fail(failure("CONFIG_UNREADABLE", "setup", { places: [{ ...place, fault: "unreadable" }] }))
    ),
    Result.flatMap((read) =>
      typeof read === "number"
        ? Result.fail(
            failure("CONFIG_TOO_LARGE", "setup", {
              limit: { actual: read, allowed: MAX_FILE_BYTES, unit: "bytes" },
              places: [{ ...place, fault: "too_large" }]
            })
          )
        : Result.succeed(read)
    )
  )
}

/** Opens a regular file for reading, and throws for anything else. Does not block: a pipe would wait for a writer. */
export const openRegular = (path: string): number => {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  if (fstatSync(descriptor).isFile()) return descriptor
  closeSync(descriptor)
  throw new TypeError("a file is wanted")
}

/** Whether a path ends at a link to what is gone: somebody meant something to be there. */
const leadsNowhere = (path: string): boolean =>
  lstatSync(path, { throwIfNoEntry: false }) === undefined
    ? dirname(path) !== path && leadsNowhere(dirname(path))
    : statSync(path, { throwIfNoEntry: false }) === undefined

/** The bytes, or how many there are at least when there are too many: a file may grow. */
const readWhole = (descriptor: number): Uint8Array | number => {
  const buffer = Buffer.allocUnsafe(MAX_FILE_BYTES + 1)
  let filled = 0
  for (;;) {
    const read = readSync(descriptor, buffer, filled, buffer.length - filled, null)
    filled += read
    if (filled === buffer.length) return filled
    if (read === 0) return buffer.subarray(0, filled)
  }
}
