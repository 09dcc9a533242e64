/** Owns what becomes of files that are sent up: how large one may be, how long and how many are kept, and which make room. */
import { Schema } from "effect"
import type { Principal, Timestamp } from "../Ids.ts"

/** Where they are sent. */
export const UPLOAD = "/upload"

export const MAX_FILE_BYTES = 2_097_152

/** How long a file is there to be referred to. */
export const KEPT_MILLIS = 15 * 60_000

/** Of all files together, whoever has sent them. */
export const MOST_BYTES = 64 * MAX_FILE_BYTES
/** Of one principal: nobody else's make room for them. */
export const MOST_FILES = 16

/** Names a file that was sent up. */
export const FileRef = Schema.String.pipe(
  Schema.check(Schema.isPattern(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u)),
  Schema.brand("FileRef")
)
export type FileRef = typeof FileRef.Type

/** A file that is kept. */
export interface Stored {
  readonly ref: FileRef
  readonly principal: Principal
  readonly bytes: number
  readonly until: Timestamp
}

/** Whether a reference is one that this principal may use now. */
export const isThere = (stored: Stored | undefined, principal: Principal, now: number): stored is Stored =>
  stored !== undefined && stored.principal === principal && now < stored.until

type Sized = Pick<Stored, "principal" | "bytes">

const sizeOf = (kept: ReadonlyArray<Sized>, whose?: Principal): number =>
  kept.reduce(
    (sum, { principal, bytes }) => (whose === undefined || whose === principal ? sum + bytes : sum),
    0
  )

/** Which of what is kept goes when one more comes: what nobody can use any more, and the oldest that are too many. */
export const leaving = (kept: ReadonlyArray<Stored>, next: Sized, now: number): ReadonlyArray<FileRef> => {
  const gone = new Set(kept.filter(({ until }) => until <= now).map(({ ref }) => ref))
  const left = () => kept.filter(({ ref }) => !gone.has(ref))
  const own = left().filter(({ principal }) => principal === next.principal)
  for (const { ref } of own.slice(0, Math.max(0, own.length - MOST_FILES + 1))) gone.add(ref)
  while (sizeOf(left()) + next.bytes > MOST_BYTES) {
    // The oldest of whoever would have most: nobody loses a file to those who have more.
    const all = left()
    const sizes = new Map(all.map(({ principal }) => [principal, sizeOf([...all, next], principal)]))
    const most = Math.max(...sizes.values())
    const oldest = all.find(({ principal }) => sizes.get(principal) === most)
    if (!oldest) break
    gone.add(oldest.ref)
  }
  return [...gone]
}
