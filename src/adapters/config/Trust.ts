/**
 * Owns which values of a project folder count only once the person has trusted them there, and remembers that trust.
 * It is bound to the folder's real path and to the values themselves: what changes is untrusted again.
 */
import { Effect, Option, Schema } from "effect"
import { hash } from "node:crypto"
import {
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  lstatSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeSync
} from "node:fs"
import { dirname } from "node:path"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import { Digest } from "../../domain/Ids.ts"
import { canonical } from "../../domain/ledger/Ledger.ts"
import type { FileName } from "../../domain/config/Settings.ts"
import { makeFolder } from "../FirstUse.ts"
import { openRegular } from "../RegularFile.ts"
import type { LayerFiles } from "./Files.ts"
import { type Mapping, plain } from "./Tree.ts"

/** Where text may be sent to, and which keys are sent along: a folder from elsewhere must not decide it. */
const restrictedKeys: Readonly<Partial<Record<FileName, "all" | ReadonlySet<string>>>> = {
  "providers.yaml": "all",
  "runtime.yaml": new Set(["webhook_url", "webhooks", "server"])
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

/** One line: folders by their real paths, with the digest of what was trusted there. */
const Grant = Schema.fromJsonString(Schema.Record(Schema.String, Digest))
const decodeGrant = Schema.decodeOption(Grant)
type Remembered = ReadonlyMap<string, Digest>

const readRegular = (path: string): string => {
  const file = openRegular(path)
  try {
    return readFileSync(file, "utf8")
  } finally {
    closeSync(file)
  }
}

/**
 * What is remembered in the file `trusted`, a line for each grant, of which the last one counts; a line that is damaged
 * grants nothing, as a file does that is missing or none.
 */
const remembered = (trusted: string): Effect.Effect<Remembered> =>
  Effect.try({ try: () => readRegular(trusted), catch: () => null }).pipe(
    Effect.map((text) => {
      const grants = text.split("\n").map((line) => decodeGrant(line))
      return new Map(grants.flatMap(Option.toArray).flatMap(Object.entries<Digest>))
    }),
    Effect.orElseSucceed((): Remembered => new Map())
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
  return known.get(path) === digestOf(restricted)
})

/** What is no file is put out of the way: nobody else is to be able to keep a person from trusting. */
const openToAppend = (trusted: string): number => {
  if (lstatSync(trusted, { throwIfNoEntry: false })?.isFile() === false) rmSync(trusted)
  const { O_APPEND, O_CREAT, O_WRONLY, O_NONBLOCK = 0 } = constants
  return openSync(trusted, O_APPEND | O_CREAT | O_WRONLY | O_NONBLOCK, 0o600)
}

/**
 * Remembers that these values are trusted in this folder. The file is the person's alone (0600), and nobody's grant is
 * lost by another's at the same moment: each is one write to the end of the file.
 */
export const grant = Effect.fnUntraced(function* (
  trusted: string,
  directory: string,
  restricted: LayerFiles
): Effect.fn.Return<void, RuntimeFailure> {
  if (yield* isTrusted(trusted, directory, restricted)) return
  const line = Schema.encodeSync(Grant)({ [yield* realPath(directory)]: digestOf(restricted) })
  yield* Effect.try({
    try: () => {
      makeFolder(dirname(trusted))
      const file = openToAppend(trusted)
      try {
        fchmodSync(file, 0o600)
        // A line of its own, also after one that was cut off when the machine went down.
        writeSync(file, `\n${line}\n`)
        fsyncSync(file)
      } finally {
        closeSync(file)
      }
    },
    catch: () => failure("TRUST_UNWRITABLE", "setup")
  })
})
