/** Owns the one secret everything else is locked with: as written in the environment, or in a private file made on first use. */
import { createSecretKey, type KeyObject, randomBytes } from "node:crypto"
import { closeSync, constants, existsSync, fstatSync, openSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { failure } from "../../domain/Failure.ts"
import { createOnce, isCode } from "../FirstUse.ts"

const FILE = "master.key"
const BYTES = 32
/** A key file has one line; whatever is larger is something else. */
const MAX_FILE_BYTES = 256

const invalid = () => failure("VAULT_KEY_INVALID", "setup")

/** Reads 32 bytes written as 64 hex digits or as base64. Throws `VAULT_KEY_INVALID`. */
export const parse = (text: string): KeyObject => {
  if (/^[0-9a-f]{64}$/i.test(text)) return createSecretKey(text, "hex")
  if (/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return createSecretKey(text, "base64")
  throw invalid()
}

/** Reads the key file of a data directory. Throws `VAULT_KEY_INVALID` when it is missing, no file, or open to others. */
export const read = (directory: string): KeyObject => {
  const file = openKey(join(directory, FILE))
  try {
    const stats = fstatSync(file)
    // Windows has no such bits and reports all of them as set.
    const shared = process.platform !== "win32" && (stats.mode & 0o077) !== 0
    if (!stats.isFile() || shared || stats.size > MAX_FILE_BYTES) throw invalid()
    return parse(readFileSync(file, "latin1").trim())
  } finally {
    closeSync(file)
  }
}

/** Reads the key file, made first where there is none. Of two processes that make it, one wins and both read its key. */
export const readOrCreate = (directory: string): KeyObject => {
  if (!existsSync(join(directory, FILE))) {
    createOnce(directory, FILE, (path) => writeFileSync(path, `${randomBytes(BYTES).toString("hex")}\n`))
  }
  return read(directory)
}

/** Never waits for a pipe's other end. A socket cannot be opened at all (`ENXIO`). */
const openKey = (path: string): number => {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    throw isCode(error, "ENOENT") || isCode(error, "ENXIO") ? invalid() : error
  }
}
