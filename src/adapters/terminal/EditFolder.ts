/**
 * Owns the folder that a text is edited in: this user's alone, overwritten and gone with the edit however that ends. What a
 * process left that was killed goes with the next start.
 */
import { Clock, Effect, type Scope } from "effect"
import { randomUUID } from "node:crypto"
import {
  closeSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  writeFileSync,
  writeSync
} from "node:fs"
import { join } from "node:path"
import { makeFolder } from "../FirstUse.ts"
import { isAlive, thisProcess } from "../journal/Owner.ts"

const NAME = "editing"
/** Whether a process of another machine, or container, lives cannot be told from here. Nobody edits longer. */
const FOREIGN_MILLIS = 24 * 60 * 60 * 1000
const ZEROS = Buffer.alloc(64 * 1024)

/** A file of mode 0600 with that text, in a folder of its own. Dies where it cannot be made. */
export const make = (directory: string, text: string): Effect.Effect<string, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.map(Clock.currentTimeMillis, (now) => {
        makeFolder(join(directory, NAME))
        const folder = join(directory, NAME, nameOf(now))
        mkdirSync(folder, { mode: 0o700 })
        return folder
      }),
      (folder) => Effect.sync(() => wipe(folder))
    ),
    (folder) => {
      const file = join(folder, "answer.txt")
      writeFileSync(file, text, { flag: "wx", mode: 0o600 })
      return file
    }
  )

/** Wipes what processes that are gone have left. It never fails: what cannot be removed is tried again by the next start. */
export const wipeLeft = (directory: string): Effect.Effect<void> =>
  Effect.map(Clock.currentTimeMillis, (now) => {
    for (const name of attempt(() => readdirSync(join(directory, NAME))) ?? []) {
      const folder = join(directory, NAME, name)
      if (isLeft(name, folder, now)) wipe(folder)
    }
  })

const nameOf = (now: number): string => {
  const { host, pid, started } = thisProcess(now)
  return [host, pid, started.replace("/", "_"), randomUUID()].join("~")
}

const isLeft = (name: string, folder: string, now: number): boolean => {
  const [host = "", pid = "", started = ""] = name.split("~")
  if (host === thisProcess(now).host) {
    return !isAlive({ host, pid: Number(pid), started: started.replace("_", "/") }, now, now)
  }
  const made = attempt(() => lstatSync(folder).mtimeMs)
  return made !== null && now - made > FOREIGN_MILLIS
}

/** Whatever an editor has put beside the file goes with it. */
const wipe = (folder: string): void => {
  for (const entry of attempt(() => readdirSync(folder, { recursive: true, withFileTypes: true })) ?? []) {
    if (entry.isFile()) attempt(() => overwrite(join(entry.parentPath, entry.name)))
  }
  attempt(() => rmSync(folder, { recursive: true, force: true }))
}

const overwrite = (path: string): void => {
  const { size } = lstatSync(path)
  const file = openSync(path, "r+")
  try {
    for (let at = 0; at < size;) at += writeSync(file, ZEROS, 0, Math.min(ZEROS.length, size - at), at)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

const attempt = <A>(does: () => A): A | null => {
  try {
    return does()
  } catch {
    return null
  }
}
