/**
 * Owns which values of a project folder count only once the person has trusted them there, and remembers that trust.
 * It is bound to the folder's real path and to the values themselves: what changes is untrusted again.
 */
import { Effect, Option, Schema } from "effect"
import { hash, randomUUID } from "node:crypto"
import { closeSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import { Digest } from "../../domain/Ids.ts"
import { canonical } from "../../domain/Ledger.ts"
import type { FileName } from "../../domain/Settings.ts"
import { type LayerFiles, openRegular } from "./Files.ts"
import { type Mapping, plain } from "./Tree.ts"

/** Where text may be sent to, and which keys are sent along: a folder from elsewhere must not decide it. */
const restrictedKeys: Readonly<Partial<Record<FileName, "all" | ReadonlySet<string>>>> = {
  "providers.yaml": "all",
  "runtime.yaml": new Set(["webhook_url", "webhooks"])
}

/** A layer, taken apart. */
export interface Divided {
  readonly free: LayerFiles
  readonly restricted: LayerFiles
}

export const divide = (files: LayerFiles): Divided => {
  const free = new Map<FileName, Mapping>()
  const restricted = new Map<FileName, Mapping>()
  for (const [file, tree] of files) {
    const keys = restrictedKeys[file]
    const isRestricted = (key: string) => keys === "all" || keys?.has(key) === true
    const entries = [...tree.entries]
    const guarded = entries.filter(([key]) => isRestricted(key))
    free.set(file, { ...tree, entries: new Map(entries.filter(([key]) => !isRestricted(key))) })
    if (guarded.length > 0) restricted.set(file, { ...tree, entries: new Map(guarded) })
  }
  return { free, restricted }
}

const digestOf = (restricted: LayerFiles): Digest => {
  const values = Object.fromEntries([...restricted].map(([file, tree]) => [file, plain(tree)]))
  return Digest.make(hash("sha256", canonical(values)))
}

const Remembered = Schema.fromJsonString(Schema.Record(Schema.String, Digest))
type Remembered = typeof Remembered.Type

const readRegular = (path: string): string => {
  const file = openRegular(path)
  try {
    return readFileSync(file, "utf8")
  } finally {
    closeSync(file)
  }
}

/** What is remembered in the file `trusted`; one that is missing, damaged or no file trusts nothing. */
const remembered = (trusted: string): Effect.Effect<Remembered> =>
  Effect.try({ try: () => readRegular(trusted), catch: () => null }).pipe(
    Effect.map((text) => Option.getOrElse(Schema.decodeOption(Remembered)(text), (): Remembered => ({}))),
    Effect.orElseSucceed((): Remembered => ({}))
  )

const realPath = (directory: string): Effect.Effect<string, RuntimeFailure> =>
  Effect.try({ try: () => realpathSync(directory), catch: () => failure("CONFIG_UNREADABLE", "setup") })

/** Whether these values were trusted in this folder. */
export const isTrusted = Effect.fnUntraced(function* (
  trusted: string,
  directory: string,
  restricted: LayerFiles
): Effect.fn.Return<boolean, RuntimeFailure> {
  const [known, path] = [yield* remembered(trusted), yield* realPath(directory)]
  return Object.hasOwn(known, path) && known[path] === digestOf(restricted)
})

/** Remembers that these values are trusted in this folder. The file is the person's alone (0600), replaced whole. */
export const grant = Effect.fnUntraced(function* (
  trusted: string,
  directory: string,
  restricted: LayerFiles
): Effect.fn.Return<void, RuntimeFailure> {
  const known = { ...(yield* remembered(trusted)), [yield* realPath(directory)]: digestOf(restricted) }
  yield* Effect.try({
    try: () => {
      mkdirSync(dirname(trusted), { recursive: true, mode: 0o700 })
      const fresh = `${trusted}.${randomUUID()}`
      try {
        writeFileSync(fresh, Schema.encodeSync(Remembered)(known), { mode: 0o600, flag: "wx", flush: true })
        renameSync(fresh, trusted)
      } finally {
        rmSync(fresh, { force: true })
      }
    },
    catch: () => failure("CONFIG_UNWRITABLE", "setup")
  })
})
