/** Owns files that are not in their place yet: under names that nobody reads, filled one after the other. */
import { randomUUID } from "node:crypto"
import { closeSync, linkSync, openSync, rmSync, writeSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { sync } from "../FirstUse.ts"

export class LogDraft {
  readonly #name: () => string
  readonly #maxBytes: number
  readonly #paths: Array<string> = []
  #file: number | null = null
  #size = 0

  constructor(name: () => string, maxBytes: number) {
    this.#name = name
    this.#maxBytes = maxBytes
    this.#begin()
  }

  add(line: string): void {
    const bytes = Buffer.from(`${line}\n`)
    if (this.#size > 0 && this.#size + bytes.length > this.#maxBytes) this.#begin()
    if (this.#file === null) throw new TypeError("the draft is finished")
    if (writeSync(this.#file, bytes) < bytes.length) throw new RangeError("the line was not taken whole")
    this.#size += bytes.length
  }

  /** Makes the files durable; the last one is the one that may grow. */
  finish(): ReadonlyArray<string> {
    this.#end()
    for (const path of this.#paths) sync(path)
    return this.#paths
  }

  /** Removes what has not been put in a place. */
  discard(): void {
    this.#end()
    for (const path of this.#paths) rmSync(path, { force: true })
  }

  #begin(): void {
    this.#end()
    const path = this.#name()
    this.#file = openSync(path, "wx", 0o600)
    this.#paths.push(path)
    this.#size = 0
  }

  #end(): void {
    if (this.#file !== null) closeSync(this.#file)
    this.#file = null
  }
}

/** Begins one file of any size that will be at `path`. */
export const draftOf = (path: string): LogDraft =>
  new LogDraft(() => join(dirname(path), `.${basename(path)}.${randomUUID()}`), Infinity)

/** Gives a draft of one file its name. A file that is there already stays: `EEXIST`. */
export const name = (draft: LogDraft, path: string): void => {
  for (const file of draft.finish()) linkSync(file, path)
}
