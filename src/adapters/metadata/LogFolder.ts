/**
 * Owns the files of the metadata log: `metadata.jsonl`, which grows, and `metadata.1.jsonl`, `metadata.2.jsonl` … , full
 * and older, the higher the newer. Processes share them without a lock: each step is one call that the system does
 * whole. Throws system errors.
 */
import { randomUUID } from "node:crypto"
import {
  closeSync,
  constants,
  fstatSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeSync
} from "node:fs"
import { basename, dirname, join } from "node:path"
import { isCode, sync } from "../FirstUse.ts"

const CURRENT = "metadata.jsonl"
const FULL = /^metadata\.(\d{1,15})\.jsonl$/
/** A pipe put in the file's place is refused, not waited for. */
const GROWING = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK
const LINE_BREAK = 0x0a

export class LogFolder {
  readonly #folder: string
  readonly #maxBytes: number

  constructor(folder: string, maxBytes: number) {
    this.#folder = folder
    this.#maxBytes = maxBytes
  }

  /** Adds a line with one write. */
  append(line: string): void {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
    const bytes = Buffer.from(`${line}\n`)
    while (!this.#wrote(bytes)) {}
  }

  /** The lines of the file that grows. */
  current(): string {
    return readFileSync(this.#path(CURRENT), "utf8")
  }

  /** Begins a log that will take the place of this one. */
  draft(): LogDraft {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
    return new LogDraft(() => this.#path(`.${CURRENT}.${randomUUID()}`), this.#maxBytes)
  }

  /**
   * Puts a draft in the place of everything there is. Its full files come first, under new numbers, and what they replace
   * goes last: stopped in between, the log has lines twice and lacks none.
   */
  replace(draft: LogDraft): void {
    const [growing, ...full] = draft.finish().toReversed()
    if (growing === undefined) return
    // As long as it is open nothing else can have its number.
    const held = this.#hold()
    try {
      const replaced = new Set(this.#files().map(({ stats }) => stats.ino))
      for (const path of full.toReversed()) renameSync(path, this.#reserve())
      renameSync(growing, this.#path(CURRENT))
      for (const { path, stats } of this.#files()) if (replaced.has(stats.ino)) rmSync(path)
      sync(this.#folder)
    } finally {
      if (held !== null) closeSync(held)
    }
  }

  #path(name: string): string {
    return join(this.#folder, name)
  }

  /** False when the file was full, and another one is to be tried. */
  #wrote(line: Uint8Array): boolean {
    const file = openSync(this.#path(CURRENT), GROWING, 0o600)
    try {
      const stats = fstatSync(file)
      if (!stats.isFile()) throw new TypeError("the metadata log is a file")
      if (stats.size > 0 && stats.size + line.length > this.#maxBytes) {
        this.#putAside(stats)
        return false
      }
      // Half a line, left by a process that died or a disk that was full, is left to itself.
      const whole = endsInLine(file, stats.size) ? line : Buffer.concat([Buffer.of(LINE_BREAK), line])
      if (writeSync(file, whole) < whole.length) throw new RangeError("the line was not taken whole")
      return true
    } finally {
      closeSync(file)
    }
  }

  /** Gives the file that grows the next number, unless another process was first. */
  #putAside({ ino }: Stats): void {
    const reserved = this.#reserve()
    try {
      if (statSync(this.#path(CURRENT)).ino === ino) return renameSync(this.#path(CURRENT), reserved)
    } catch (error) {
      if (!isCode(error, "ENOENT")) throw error
    }
    rmSync(reserved)
  }

  /** An empty file under the next number: nobody else gets that name. */
  #reserve(): string {
    for (let number = Math.max(0, ...this.#numbers()) + 1; ; number++) {
      const path = this.#path(`metadata.${number}.jsonl`)
      try {
        closeSync(openSync(path, "wx", 0o600))
        return path
      } catch (error) {
        if (!isCode(error, "EEXIST")) throw error
      }
    }
  }

  #numbers(): ReadonlyArray<number> {
    return readdirSync(this.#folder).flatMap((name) => {
      const number = FULL.exec(name)?.[1]
      return number === undefined ? [] : [Number(number)]
    })
  }

  /** Every file that has lines; an empty one may have been reserved just now. */
  #files(): ReadonlyArray<{ readonly path: string; readonly stats: Stats }> {
    return readdirSync(this.#folder)
      .filter((name) => name === CURRENT || FULL.test(name))
      .flatMap((name) => {
        const stats = statSync(this.#path(name), { throwIfNoEntry: false })
        return stats && stats.size > 0 ? [{ path: this.#path(name), stats }] : []
      })
  }

  #hold(): number | null {
    try {
      return openSync(this.#path(CURRENT), constants.O_RDONLY | constants.O_NONBLOCK)
    } catch (error) {
      if (isCode(error, "ENOENT")) return null
      throw error
    }
  }
}

const endsInLine = (file: number, size: number): boolean => {
  if (size === 0) return true
  const last = new Uint8Array(1)
  readSync(file, last, 0, 1, size - 1)
  return last[0] === LINE_BREAK
}

/** Files under names that nobody reads, filled one after the other. */
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
