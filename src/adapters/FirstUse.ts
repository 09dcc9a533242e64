/** Owns private files made on first use: one appears whole or not at all, whoever else is making it at the same moment. */
import { randomUUID } from "node:crypto"
import { closeSync, existsSync, fsyncSync, linkSync, mkdirSync, openSync, rmSync } from "node:fs"
import { dirname, join } from "node:path"
import { type Pass, pass } from "./WritePoint.ts"

/**
 * Creates `name` in `directory` (0700 when it is new) as a file of mode 0600 and makes it durable. `write` fills a draft
 * of it at the path it is given. A file that is already there, or arrives first, stays as it is. Throws system errors.
 */
export const createOnce = (
  directory: string,
  name: string,
  write: (path: string) => void,
  at: Pass = pass
): void => {
  makeFolder(directory)
  const draft = join(directory, `.${name}.${randomUUID()}`)
  try {
    at("draft", () => closeSync(openSync(draft, "wx", 0o600)))
    at("fill", () => {
      write(draft)
      sync(draft)
    })
    at("link", () => linkSync(draft, join(directory, name)))
    at("folder", () => sync(directory))
  } catch (error) {
    if (!isCode(error, "EEXIST")) throw error
  } finally {
    rmSync(draft, { force: true })
  }
}

/**
 * Makes a folder and those above it, each 0700 when it is new. One by one: where nothing can be made, under `/proc` say,
 * Node's own way of making them all never comes to an end.
 */
export const makeFolder = (path: string): void => {
  if (existsSync(path)) return
  const parent = dirname(path)
  if (parent !== path) makeFolder(parent)
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    if (!isCode(error, "EEXIST")) throw error
  }
}

/** Makes a file, or the entries of a directory, durable. */
export const sync = (path: string): void => {
  const file = openSync(path, "r")
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** Whether this is a system error of the given name, e.g. `ENOENT`. */
export const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && "code" in error && error.code === code

/** Whether this is a system error of somebody who may not do that. */
export const isForbidden = (error: unknown): boolean => isCode(error, "EACCES") || isCode(error, "EPERM")
