/** Owns looking at this machine: the data folder, the keys, the journal, the folders of configuration. It changes none of it. */
import { Clock, Effect, Layer } from "effect"
import { accessSync, constants, lstatSync, readdirSync, type Stats, statfsSync, statSync } from "node:fs"
import { dirname, join } from "node:path"
import type { Code } from "../../domain/Failure.ts"
import type { FolderFacts, KeyFacts } from "../../domain/integrity/Machine.ts"
import { type Inspected, Machine, type Stray } from "../../ports/Machine.ts"
import type { Environment } from "../config/Environment.ts"
import { fileNames } from "../config/Files.ts"
import type { Locations } from "../config/Locations.ts"
import { isCode, isForbidden } from "../FirstUse.ts"
import { FILE } from "../journal/Database.ts"
import type { Order } from "../journal/Inspection.ts"
import { tally } from "../journal/Tally.ts"
import { type KeyFile, keyFile } from "../vault/KeyFile.ts"
import * as SignedBefore from "../vault/SignedBefore.ts"
import { publicKeyIn } from "../vault/SigningKey.ts"
import { whereTo } from "../telemetry/Environment.ts"
import * as OnceThread from "../OnceThread.ts"
import * as LookFolder from "./LookFolder.ts"

export interface Options {
  readonly locations: Pick<Locations, "data" | "userConfig" | "projectConfig">
  readonly environment: Environment
  /** The version of Node, e.g. `24.1.0`. */
  readonly node: string
}

const INSPECTION_MILLIS = 15_000
const MOST_STRAYS = 32

export const layer = ({ locations, environment, node }: Options): Layer.Layer<Machine> => {
  const { data, userConfig, projectConfig } = locations
  const key = (name: string, variable: string, wrong: Code) =>
    Effect.sync(() => keyFacts(data, name, environment[variable], keyFile(name, wrong)))
  const hasJournal = Effect.sync(() => entryOf(join(data, FILE)) !== null)
  return Layer.succeed(Machine, {
    paths: {
      data,
      journal: join(data, FILE),
      journal_log: join(data, `${FILE}-wal`),
      master_key: join(data, "master.key"),
      signing_key: join(data, "signing.key"),
      signing_pub: join(data, SignedBefore.NAME),
      // To move the file away would move one that is elsewhere, where the folder is a link.
      metadata: isInTheWay(join(data, LOGS)) ? join(data, LOGS) : join(data, METADATA),
      user_config: userConfig,
      project_config: projectConfig
    },
    node: Number.parseInt(node, 10),
    system: { node, platform: process.platform, architecture: process.arch },
    telemetry: whereTo(environment),
    folder: Effect.sync(() => folderFacts(data)),
    masterKey: key("master.key", "IO3_MASTER_KEY", "VAULT_KEY_INVALID"),
    signingKey: Effect.map(key("signing.key", "IO3_SIGNING_KEY", "SIGNING_KEY_INVALID"), (facts) => ({
      ...facts,
      file: signed(data, facts.file)
    })),
    hasJournal,
    journal: Effect.flatMap(hasJournal, (is) => (is ? looked(data) : Effect.succeed(none))),
    tally: Effect.sync(() => tally(data)),
    strays: Effect.sync(() => [
      ...straysIn(userConfig, "user_config"),
      ...straysIn(projectConfig, "project_config")
    ])
  })
}

/** Null: nothing is there. `barred`: somebody does not let us look. */
const statsOf = (path: string, look: (path: string) => Stats = statSync) => {
  try {
    return look(path)
  } catch (error) {
    if (isForbidden(error)) return "barred"
    return isCode(error, "ENOENT") ? null : "not_a_folder"
  }
}

/** Whether this user may not read what is there. */
const isBarred = (path: string): boolean => {
  try {
    accessSync(path, constants.R_OK)
    return false
  } catch (error) {
    return isForbidden(error)
  }
}

/** What stands in the data folder itself: a link of it leads out, and nobody reads or writes through it. */
const entryOf = (path: string) => statsOf(path, (path) => lstatSync(path))

const isStats = (stats: ReturnType<typeof statsOf>) => stats !== null && typeof stats !== "string"

const mayWrite = (path: string): boolean => {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}

const isShared = (mode: number, bits: number): boolean => process.platform !== "win32" && (mode & bits) !== 0

const folderFacts = (data: string): FolderFacts => {
  const stats = statsOf(data)
  const there = isStats(stats) && stats.isDirectory()
  const standing = there ? data : nearest(data)
  const { bavail, bsize } = statfsSync(standing)
  return {
    state: there || stats === "barred" ? "there" : stats === null ? "absent" : "not_a_folder",
    writable: stats !== "barred" && mayWrite(standing),
    shared: there && isShared(stats.mode, 0o022),
    freeBytes: bavail * bsize,
    metadata: metadataState(join(data, METADATA))
  }
}

const LOGS = "logs"
const METADATA = join(LOGS, "metadata.jsonl")

/** Whether something stands where a folder should, and is none. */
const isInTheWay = (path: string): boolean => {
  const stats = entryOf(path)
  return isStats(stats) && !stats.isDirectory()
}

const metadataState = (path: string): FolderFacts["metadata"] => {
  if (isInTheWay(dirname(path))) return "unwritable"
  const stats = entryOf(path)
  if (stats === null) return "absent"
  return isStats(stats) && stats.isFile() && mayWrite(path) ? "writable" : "unwritable"
}

/** The nearest folder above that is there: the first run would begin in it. */
const nearest = (path: string): string => {
  const above = dirname(path)
  return above === path || isStats(statsOf(above)) ? above : nearest(above)
}

const keyFacts = (directory: string, name: string, given: string | undefined, file: KeyFile): KeyFacts => ({
  environment: !given ? "absent" : succeeds(() => file.parse(given)) ? "sound" : "malformed",
  file: fileState(join(directory, name), () => file.read(directory))
})

const fileState = (path: string, read: () => void): KeyFacts["file"] => {
  const stats = entryOf(path)
  if (stats === null || stats === "not_a_folder") return "absent"
  if (stats === "barred" || (stats.isFile() && isBarred(path))) return "unreadable"
  if (stats.isFile() && isShared(stats.mode, 0o077)) return "shared"
  return succeeds(read) ? "sound" : "malformed"
}

/** The same of a key that another one may have signed before. A key that may not be read comes before all that. */
const signed = (data: string, file: KeyFacts["file"]): KeyFacts["file"] => {
  if (file === "unreadable") return file
  try {
    const before = SignedBefore.read(data)
    if (before === null) return file
    if (file === "absent") return "lost"
    return file === "sound" && publicKeyIn(data) !== before ? "replaced" : file
  } catch (error) {
    return isForbidden(error) ? "unnamed" : file
  }
}

const succeeds = (action: () => void): boolean => {
  try {
    action()
    return true
  } catch {
    return false
  }
}

const none: Inspected = { facts: { state: "absent" }, key: null }

const looked = Effect.fnUntraced(function* (directory: string) {
  const now = yield* Clock.currentTimeMillis
  return yield* inspected({ directory, now, scratch: yield* LookFolder.make(now) })
}, Effect.scoped)

const inspector = OnceThread.entryOf(import.meta.url, "../journal/inspector.ts", "./journal-inspector.js")

/** Looks in a thread of its own, so that nothing else waits; what was told when time is up counts. */
const inspected = (order: Order): Effect.Effect<Inspected | null> =>
  Effect.suspend(() => {
    let told: Inspected | null = null
    return OnceThread.run<Inspected>(inspector, order, (inspected) => (told = inspected)).pipe(
      Effect.map(() => told),
      Effect.timeoutOrElse({ duration: INSPECTION_MILLIS, orElse: () => Effect.sync(() => told) })
    )
  })

/** What may be meant as configuration, and is none of the set. */
const straysIn = (directory: string, place: Stray["place"]): ReadonlyArray<Stray> => {
  const known: ReadonlyArray<string> = fileNames
  try {
    const entries = readdirSync(directory, { withFileTypes: true })
    const beside = fileNames.filter((file) => entries.some(({ name }) => name === file))
    return entries
      .filter((entry) => !entry.isDirectory() && /\.(?:ya?ml|json)$/iu.test(entry.name))
      .filter((entry) => !known.includes(entry.name))
      .slice(0, MOST_STRAYS)
      .map(({ name }) => ({ place, name, beside }))
  } catch {
    // A folder that is missing holds no file, and one that cannot be read is the configuration's own fault.
    return []
  }
}
