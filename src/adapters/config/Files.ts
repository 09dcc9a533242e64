/** Owns reading the files of one layer: bounded and without waiting, each parsed; it merges and decodes nothing. */
import { Effect, Result } from "effect"
import { lstatSync, statSync } from "node:fs"
import { dirname, join } from "node:path"
import type { ConfigPlace } from "../../domain/config/ConfigPlace.ts"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import { type FileName, files } from "../../domain/config/Settings.ts"
import type { Origin } from "../../domain/config/Origin.ts"
import { isCode } from "../FirstUse.ts"
import { readAtMost } from "../RegularFile.ts"
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
    try: () => readAtMost(path, MAX_FILE_BYTES),
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

/** Whether a path ends at a link to what is gone: somebody meant something to be there. */
const leadsNowhere = (path: string): boolean =>
  lstatSync(path, { throwIfNoEntry: false }) === undefined
    ? dirname(path) !== path && leadsNowhere(dirname(path))
    : statSync(path, { throwIfNoEntry: false }) === undefined
