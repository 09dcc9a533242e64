/**
 * Owns the files of the metadata log: `metadata.jsonl`, which grows, and `metadata.1.jsonl`, `metadata.2.jsonl` … , full
 * and older, the higher the newer. Processes share them without a lock: each step is one call that the system does
 * whole. Neither the folder nor a file of it may be a link: lines would be added, and files removed, elsewhere. Throws
 * system errors.
 */
import { randomUUID } from "node:crypto"
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  type Stats,
  writeSync
} from "node:fs"
import { join } from "node:path"
import { isCode, makeFolder, sync } from "../FirstUse.ts"
import { LogDraft } from "./LogDraft.ts"

const CURRENT = "metadata.jsonl"
const FULL = /^metadata\.(\d{1,15})\.jsonl$/
/** A pipe put in the file's place is refused, not waited for. */
const GROWING =
  constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK | constants.O_NOFOLLOW
const LINE_BREAK = 0x0a

export class LogFolder {
  readonly #folder: string
  readonly #maxBytes: number

  constructor(folder: string, maxBytes: number) {
    this.#folder = folder
    this.#maxBytes = maxBytes
  }

  /** Adds lines, as many with one write as a file takes. */
  append(lines: ReadonlyArray<string>): void {
    if (lines.length > 0) this.#make()
    const all = lines.map((line) => Buffer.from(`${line}\n`))
    for (let rest = all; rest.length > 0;) rest = rest.slice(this.#write(rest))
  }

  /** Begins a log that will take the place of this one. */
  draft(): LogDraft {
    this.#make()
    return new LogDraft(() => this.#path(`.${CURRENT}.${randomUUID()}`), this.#maxBytes)
  }

  /**
   * Puts a draft in the place of everything there is. Its full files come first, under new numbers, and what they replace
   * goes last: stopped in between, the log has lines twice and lacks none. Returns what tells whether some text is in what
   * may have grown since.
   */
  replace(draft: LogDraft): (text: string) => boolean {
    const [growing, ...full] = draft.finish().toReversed()
    if (growing === undefined) throw new TypeError("a draft has one file at least")
    // As long as it is open nothing else can have its number.
    const held = open(this.#path(CURRENT))
    try {
      const replaced = new Set(this.#files().map(({ stats }) => stats.ino))
      for (const path of full.toReversed()) renameSync(path, this.#reserve())
      renameSync(growing, this.#path(CURRENT))
      for (const { path, stats } of this.#files()) if (replaced.has(stats.ino)) rmSync(path, { force: true })
      sync(this.#folder)
      const before = Math.max(0, ...this.#numbers())
      return (text) => this.#grownSince(before).some((lines) => lines.includes(text))
    } finally {
      if (held !== null) closeSync(held)
    }
  }

  /** The file that grows, and then those that were put aside meanwhile: what leaves the one is in the others. */
  #grownSince(before: number): ReadonlyArray<string> {
    const growing = linesOf(this.#path(CURRENT))
    const aside = this.#numbers().filter((number) => number > before)
    return [growing, ...aside.map((number) => linesOf(this.#full(number)))]
  }

  #make(): void {
    makeFolder(this.#folder)
    if (!lstatSync(this.#folder).isDirectory()) throw new TypeError("the log's folder is a folder")
  }

  #full(number: number): string {
    return this.#path(`metadata.${number}.jsonl`)
  }

  #path(name: string): string {
    return join(this.#folder, name)
  }

  /** Returns how many of the lines were written: none when the file was full, and another one is to be tried. */
  #write(lines: ReadonlyArray<Uint8Array>): number {
    const file = openSync(this.#path(CURRENT), GROWING, 0o600)
    try {
      const stats = fstatSync(file)
      if (!stats.isFile()) throw new TypeError("the metadata log is a file")
      const taken = this.#fitting(lines, stats.size)
      if (taken.length === 0) {
        this.#putAside(stats)
        return 0
      }
      // Half a line, left by a process that died or a disk that was full, is left to itself.
      const whole = Buffer.concat(endsInLine(file) ? taken : [Buffer.of(LINE_BREAK), ...taken])
      if (writeSync(file, whole) < whole.length) throw new RangeError("the lines were not taken whole")
      return taken.length
    } finally {
      closeSync(file)
    }
  }

  /** The first lines, as many as a file of this size takes. An empty one takes any line. */
  #fitting(lines: ReadonlyArray<Uint8Array>, size: number): ReadonlyArray<Uint8Array> {
    let grown = size
    const tooMany = lines.findIndex(({ length }) => (grown += length) > this.#maxBytes && grown > length)
    return tooMany < 0 ? lines : lines.slice(0, tooMany)
  }

  /** Gives the file that grows the next number, unless another process was first. */
  #putAside({ ino }: Stats): void {
    const reserved = this.#reserve()
    try {
      if (lstatSync(this.#path(CURRENT)).ino === ino) return renameSync(this.#path(CURRENT), reserved)
    } catch (error) {
      if (!isCode(error, "ENOENT")) throw error
    }
    rmSync(reserved)
  }

  /** An empty file under the next number: nobody else gets that name. */
  #reserve(): string {
    for (let number = Math.max(0, ...this.#numbers()) + 1; ; number++) {
      const path = this.#full(number)
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
        const stats = lstatSync(this.#path(name), { throwIfNoEntry: false })
        return stats && stats.size > 0 ? [{ path: this.#path(name), stats }] : []
      })
  }
}

/** A file for reading; null when it is not there. */
const open = (path: string): number | null => {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW)
  } catch (error) {
    if (isCode(error, "ENOENT")) return null
    throw error
  }
}

const linesOf = (path: string): string => {
  const file = open(path)
  if (file === null) return ""
  try {
    return readFileSync(file, "utf8")
  } finally {
    closeSync(file)
  }
}

/** Whether the last line is whole. One that another process is writing at this moment may be seen in part, and grows. */
const endsInLine = (file: number): boolean => {
  const last = new Uint8Array(1)
  for (let seen = 0; ;) {
    const { size } = fstatSync(file)
    if (size > 0) readSync(file, last, 0, 1, size - 1)
    if (size === 0 || last[0] === LINE_BREAK) return true
    if (size === seen) return false
    seen = size
  }
}
