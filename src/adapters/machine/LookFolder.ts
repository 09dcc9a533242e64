/**
 * Owns the folder that a journal is copied to for a look at it: this user's alone, and gone with the look however that
 * ends. What a process left that was killed goes with the next look.
 */
import { Effect, type Scope } from "effect"
import { randomUUID } from "node:crypto"
import { lstatSync, mkdirSync, readdirSync, rmSync } from "node:fs"
import { tmpdir, userInfo } from "node:os"
import { join } from "node:path"

const PREFIX = "io3-look-"
/** Longer than any look takes. */
const LEFT_MILLIS = 60_000

/** Without the right to make one there is none at this path, and copying to it fails. */
export const make = (now: number): Effect.Effect<string, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      for (const left of leftBefore(now - LEFT_MILLIS)) remove(left)
      const path = join(tmpdir(), `${PREFIX}${randomUUID()}`)
      attempt(() => mkdirSync(path, { mode: 0o700 }))
      return path
    }),
    (path) => Effect.sync(() => remove(path))
  )

const leftBefore = (time: number): ReadonlyArray<string> =>
  (attempt(() => readdirSync(tmpdir())) ?? [])
    .filter((name) => name.startsWith(PREFIX))
    .map((name) => join(tmpdir(), name))
    .filter((path) => {
      const stats = lstatSync(path, { throwIfNoEntry: false })
      return stats !== undefined && isOwn(stats.uid) && stats.mtimeMs < time
    })

/** Windows has a temporary folder for each user, and numbers none. */
const isOwn = (uid: number): boolean => process.platform === "win32" || uid === userInfo().uid

/** A thread that was told to end may still be copying: it finds no folder then. */
const remove = (path: string): void =>
  void attempt(() => rmSync(path, { recursive: true, force: true, maxRetries: 3 }))

const attempt = <A>(action: () => A): A | null => {
  try {
    return action()
  } catch {
    return null
  }
}
