/** Owns a folder that is made for one check and gone with it, and reads back every byte that was written there. */
import { Effect, type Scope } from "effect"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

export interface Scratch {
  readonly directory: string
  readonly files: Effect.Effect<ReadonlyArray<Uint8Array>>
}

/** The folder is this user's alone. */
export const make: Effect.Effect<Scratch, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "io3-check-"))),
  (directory) => Effect.sync(() => rmSync(directory, { recursive: true, force: true }))
).pipe(
  Effect.map((directory) => ({
    directory,
    files: Effect.sync(() =>
      readdirSync(directory, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => readFileSync(join(entry.parentPath, entry.name)))
    )
  }))
)
