/** Owns a project folder's configuration on disk: writes a first one, overwrites nothing, and passes trust on. */
import { Effect, Layer } from "effect"
import { existsSync, lstatSync, renameSync, writeFileSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import type { FileName } from "../../domain/config/Settings.ts"
import { type Begun, Project, type Surroundings, type Trust } from "../../ports/Project.ts"
import { isCode, makeFolder } from "../FirstUse.ts"
import { readLayer } from "./Files.ts"
import type { Locations } from "./Locations.ts"
import { starter } from "./Starter.ts"
import { divide, grant, isTrusted } from "./Trust.ts"

type Folder = Pick<Locations, "projectConfig" | "trusted" | "named">

/** `begin` works in `projectConfig`; `trust` is remembered in `trusted`. */
export const layer = (folder: Folder): Layer.Layer<Project> =>
  Layer.succeed(Project, {
    trusted: Effect.orElseSucceed(standing(folder), (): Trust => "unreadable"),
    begin: Effect.fn("ProjectFolder.begin")((found: Surroundings, existing: "keep" | "put-aside") =>
      begin(folder.projectConfig, found, existing)
    ),
    trust: Effect.gen(function* () {
      const files = yield* readLayer(folder.projectConfig, "project")
      if (files.size === 0) return yield* failure("CONFIG_NOT_FOUND", "setup")
      yield* grant(folder.trusted, folder.projectConfig, divide(files).restricted)
    }).pipe(Effect.withSpan("ProjectFolder.trust"))
  })

const standing = Effect.fnUntraced(function* (folder: Folder): Effect.fn.Return<Trust, RuntimeFailure> {
  const files = yield* readLayer(folder.projectConfig, "project")
  if (files.size === 0) return "absent"
  const { restricted } = divide(files)
  if (restricted.size === 0) return "free"
  if (folder.named) return "named"
  return (yield* isTrusted(folder.trusted, folder.projectConfig, restricted)) ? "trusted" : "untrusted"
})

const begin = (
  directory: string,
  found: Surroundings,
  existing: "keep" | "put-aside"
): Effect.Effect<Begun, RuntimeFailure> =>
  Effect.try({
    try: () => {
      const written: Array<FileName> = []
      const kept: Array<FileName> = []
      const aside: Array<string> = []
      const above = dirname(directory)
      if (basename(above) === DATA_FOLDER) {
        for (const folder of [above, directory]) makeOwn(folder)
        writeNew(join(above, ".gitignore"), IGNORED)
      } else makeFolder(directory)
      for (const [file, text] of starter(found)) {
        if (existing === "put-aside") aside.push(...putAside(join(directory, file)))
        ;(writeNew(join(directory, file), text) ? written : kept).push(file)
      }
      return { written, kept, aside }
    },
    catch: () => failure("CONFIG_UNWRITABLE", "setup")
  })

/** A folder that holds a configuration holds the record too, unless told otherwise; that is nothing to share. */
const DATA_FOLDER = ".io3"
const IGNORED =
  "# The record and its keys stay on this machine.\njournal.sqlite*\n.journal.sqlite*\nmaster.key\n.master.key*\nsigning.key\n.signing.key*\nsigning.pub\n.signing.pub*\nlogs/\n"

/** Makes a folder, unless it is there. A link to one may have come with the project, and would lead out of it. */
const makeOwn = (directory: string): void => {
  if (lstatSync(directory, { throwIfNoEntry: false })?.isSymbolicLink())
    throw new TypeError("no link is wanted")
  makeFolder(directory)
}

/** What the file is called now; nothing where there was none. */
const putAside = (path: string): ReadonlyArray<string> => {
  const old = free(`${path}.old`)
  try {
    renameSync(path, old)
    return [basename(old)]
  } catch (error) {
    if (!isCode(error, "ENOENT")) throw error
    return []
  }
}

/** What was put aside earlier stays. */
const free = (path: string, count = 1): string => {
  const candidate = count === 1 ? path : `${path}.${count}`
  return existsSync(candidate) ? free(path, count + 1) : candidate
}

/** False when something is there already. */
const writeNew = (path: string, text: string): boolean => {
  try {
    writeFileSync(path, text, { flag: "wx" })
    return true
  } catch (error) {
    if (isCode(error, "EEXIST")) return false
    throw error
  }
}
