/** Owns secrets of 32 bytes: as somebody wrote them down, or in a private file made on first use. What for is not its affair. */
import { randomBytes } from "node:crypto"
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  openSync,
  readFileSync,
  type Stats,
  writeFileSync
} from "node:fs"
import { join } from "node:path"
import { type Code, failure } from "../../domain/Failure.ts"
import { createOnce, isCode, isForbidden } from "../FirstUse.ts"
import type { Pass } from "../WritePoint.ts"

const BYTES = 32
/** A key file has one line; whatever is larger is something else. */
const MAX_FILE_BYTES = 256

export interface KeyFile {
  /** Reads 32 bytes written as 64 hex digits or as base64. */
  readonly parse: (text: string) => Buffer
  readonly isThere: (directory: string) => boolean
  /** Reads the file of a data directory. It must be there, be a file, and be open to nobody else. */
  readonly read: (directory: string) => Buffer
  /** Reads the file, made first where there is none. Of two processes that make it, one wins and both read its key. */
  readonly readOrCreate: (directory: string, at?: Pass) => Buffer
}

/**
 * What is no key or no private file, and what may not be read, throws `wrong`; everything else that can happen to a
 * file, its system error.
 */
export const keyFile = (name: string, wrong: Code): KeyFile => {
  const invalid = () => failure(wrong, "setup")

  const parse = (text: string): Buffer => {
    if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, "hex")
    // Hex digits alone are a key file that was cut short: no base64 of 32 random bytes has nothing else.
    if (/^(?![0-9a-f]+$)[A-Za-z0-9+/_-]{43}=?$/i.test(text)) return Buffer.from(text, "base64")
    throw invalid()
  }

  const read = (directory: string): Buffer => {
    const text = allowed(wrong, () => lineOf(join(directory, name), isPrivate))
    if (text === null) throw invalid()
    return parse(text)
  }
  const isThere = (directory: string) => existsSync(join(directory, name))

  return {
    parse,
    isThere,
    read,
    readOrCreate: (directory, at) => {
      if (!isThere(directory)) {
        const write = (path: string) => writeFileSync(path, `${randomBytes(BYTES).toString("hex")}\n`)
        createOnce(directory, name, write, at)
      }
      return read(directory)
    }
  }
}

/** Does what the file's rights, or those of its folder, may forbid; that is the key's own failure then. */
export const allowed = <A>(wrong: Code, action: () => A): A => {
  try {
    return action()
  } catch (error) {
    throw isForbidden(error) || isCode(error, "EROFS") ? failure(wrong, "setup") : error
  }
}

/** Windows has no such bits and reports all of them as set. */
const isPrivate = ({ mode }: Stats): boolean => process.platform === "win32" || (mode & 0o077) === 0

/** What a small file says, if it passes; null when there is none, or something else is in its place. */
export const lineOf = (path: string, passes: (stats: Stats) => boolean = () => true): string | null => {
  const file = open(path)
  if (file === null) return null
  try {
    const stats = fstatSync(file)
    if (!stats.isFile() || stats.size > MAX_FILE_BYTES || !passes(stats)) return null
    return readFileSync(file, "latin1").trim()
  } finally {
    closeSync(file)
  }
}

/** Never waits for a pipe's other end, and follows no link. A socket cannot be opened at all (`ENXIO`). */
const open = (path: string): number | null => {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW)
  } catch (error) {
    if (["ENOENT", "ENXIO", "ELOOP"].some((code) => isCode(error, code))) return null
    throw error
  }
}
