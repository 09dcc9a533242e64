/**
 * Owns the public key that a data folder has signed with, in a file beside the private one: a key that was lost or put in
 * another's place is noticed by it. It keeps nobody from replacing both.
 */
import { lstatSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Schema } from "effect"
import { PublicKey } from "../../domain/Ids.ts"
import { createOnce, isCode, isForbidden } from "../FirstUse.ts"
import { lineOf } from "./KeyFile.ts"

export const NAME = "signing.pub"
const isPublicKey = Schema.is(PublicKey)

/** Null where nothing was signed yet; `unreadable` where what is there is no public key. */
export const read = (directory: string): PublicKey | "unreadable" | null => {
  const path = join(directory, NAME)
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return null
  const text = lineOf(path)
  return isPublicKey(text) ? text : "unreadable"
}

/** Keeps the first key. What is there already stays; a folder that cannot be written gets no other key either. */
export const keep = (directory: string, key: PublicKey): void => {
  try {
    createOnce(directory, NAME, (path) => writeFileSync(path, `${key}\n`))
  } catch (error) {
    if (!isForbidden(error) && !isCode(error, "EROFS")) throw error
  }
}
