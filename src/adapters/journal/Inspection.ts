/**
 * Owns looking into a journal's file without touching it: whether it is ours and whole, and what in it waits for somebody.
 * It blocks its thread, for seconds where the file is large: `inspector.ts` is the thread.
 */
import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readSync,
  closeSync,
  statSync
} from "node:fs"
import { join } from "node:path"
import type { DatabaseSync } from "node:sqlite"
import { pathToFileURL } from "node:url"
import { Option, Schema } from "effect"
import { holds, isRunbookEvent } from "../../domain/Event.ts"
import { RUN_PREFIX, RUNBOOK_PREFIX, RunId, StreamId } from "../../domain/Ids.ts"
import { decode } from "../../domain/ledger/Ledger.ts"
import type { SoundJournal } from "../../domain/integrity/Machine.ts"
import type { EndpointState } from "../../domain/webhook/Delivery.ts"
import type { Inspected } from "../../ports/Machine.ts"
import { isCode } from "../FirstUse.ts"
import { APPLICATION_ID, FILE, isAsMade, isTooOld, migrations, versionAfter } from "./Database.ts"
import { codeOf } from "./Fault.ts"
import { isAlive } from "./Owner.ts"
import { endpoints } from "./OutboxStatements.ts"
import { all, one } from "./Statements.ts"

/** Larger files are only looked at as far as it goes quickly. */
const WHOLE_BYTES = 256 * 1024 * 1024

const nothing = (state: Exclude<Inspected["facts"]["state"], "sound">): Inspected => ({
  facts: { state },
  key: null
})

/** What is to be looked at. */
export interface Order {
  readonly directory: string
  /** Milliseconds since the Unix epoch. */
  readonly now: number
  /** A folder for copies. Whoever orders removes it: a thread that is ended has no last word. */
  readonly scratch: string
}

type Tell = (inspected: Inspected) => void

/** Tells what it knows so far; the last thing told is the most complete. */
export const inspect = (order: Order, tell: Tell): void => {
  const first = look(order, tell)
  // Another process may have begun to write in the meantime: only what is wrong twice is a fault.
  if (first) tell(look(order, tell) ?? first)
}

/** Null: all is well, and was told. */
const look = ({ directory, now, scratch }: Order, tell: Tell): Inspected | null => {
  const path = join(directory, FILE)
  const head = headOf(path)
  if (typeof head === "string") return nothing(head)
  const log = hasLog(path)
  if (head.cut && !log) return nothing("cut")
  const trouble = reading(path, log, scratch, (db) => {
    const version = numberOf(db, "user_version")
    if (version > versionAfter(migrations)) return nothing("newer")
    if (isTooOld(version)) return nothing("older")
    if (version === versionAfter(migrations) && !isAsMade(db)) return nothing("foreign")
    if (!passes(db, "quick_check")) return nothing("damaged")
    const found = sound(path, db, now)
    tell(found)
    if (head.bytes > WHOLE_BYTES) return null
    if (!passes(db, "integrity_check")) return nothing("damaged")
    tell({ ...found, facts: { ...found.facts, checked: "whole" } })
    return null
  })
  const isFine = () =>
    reading(path, false, scratch, (db) => (passes(db, "quick_check") ? null : nothing("damaged")))
  return trouble?.facts.state === "damaged" && log && !head.cut && isFine() === null
    ? nothing("log_foreign")
    : trouble
}

const MAGIC = "SQLite format 3\0"
const HEADER_BYTES = 100

/** What the first bytes of the file say; https://www.sqlite.org/fileformat.html */
const headOf = (
  path: string
): "absent" | "unreadable" | "foreign" | "cut" | { bytes: number; cut: boolean } => {
  try {
    const stats = lstatSync(path)
    if (!stats.isFile()) return "foreign"
    const header = Buffer.alloc(HEADER_BYTES)
    const file = openSync(path, "r")
    try {
      if (readSync(file, header, 0, HEADER_BYTES, 0) < HEADER_BYTES) return "cut"
    } finally {
      closeSync(file)
    }
    if (header.toString("latin1", 0, MAGIC.length) !== MAGIC) return "foreign"
    if (header.readUInt32BE(68) !== APPLICATION_ID) return "foreign"
    const page = header.readUInt16BE(16)
    return { bytes: stats.size, cut: stats.size % page !== 0 || header.readUInt32BE(28) * page > stats.size }
  } catch (error) {
    return isCode(error, "ENOENT") || isCode(error, "ENOTDIR") ? "absent" : "unreadable"
  }
}

/** Reads the file as it stands, or with its log; what goes wrong is what is wrong with it. */
const reading = (
  path: string,
  withLog: boolean,
  scratch: string,
  read: (db: DatabaseSync) => Inspected | null
): Inspected | null => {
  try {
    const db = openToLook(withLog && isLogAlone(path) ? copy(path, scratch) : path, withLog)
    try {
      return read(db)
    } finally {
      db.close()
    }
  } catch (error) {
    const code = codeOf(error)
    // A question SQLite does not understand is a bug of ours, and says nothing of the file.
    if (code === "INTERNAL_ERROR" || isLogicError(error)) throw error
    return nothing(code === "JOURNAL_CORRUPT" ? "damaged" : "unreadable")
  }
}

const copy = (path: string, scratch: string): string => {
  const place = join(mkdtempSync(join(scratch, "copy-")), FILE)
  for (const end of ["", "-wal"]) copyFileSync(path + end, place + end)
  return place
}

const isLogicError = (error: unknown): boolean =>
  error instanceof Error && "errcode" in error && error.errcode === 1

/** A log without the index that belongs to it was copied here. SQLite would make the index: it gets a copy to make it for. */
const isLogAlone = (path: string): boolean => hasLog(path) && !existsSync(`${path}-shm`)

const hasLog = (path: string): boolean => (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0

/** Without a log the file is whole as it stands, and SQLite need make no other to read it. */
const openToLook = (path: string, withLog: boolean): DatabaseSync => {
  const url = pathToFileURL(path)
  if (!withLog) url.searchParams.set("immutable", "1")
  return new (process.getBuiltinModule("node:sqlite").DatabaseSync)(url, { readOnly: true, timeout: 2000 })
}

/** Opens a journal that was found sound, for reading only; null when that would leave a file behind. */
export const openSound = (directory: string): DatabaseSync | null => {
  const path = join(directory, FILE)
  return isLogAlone(path) ? null : openToLook(path, hasLog(path))
}

const numberOf = (db: DatabaseSync, pragma: string): number =>
  Number(Object.values(db.prepare(`PRAGMA ${pragma}`).get() ?? {})[0])

/** A log of another journal may well give a file that SQLite finds whole: the streams' heads are ours to hold against it. */
const passes = (db: DatabaseSync, pragma: "quick_check" | "integrity_check"): boolean =>
  Object.values(db.prepare(`PRAGMA ${pragma}(1)`).get() ?? {})[0] === "ok" &&
  one<{ readonly wrong: number }>(
    db.prepare(
      `SELECT (SELECT count(*) FROM rows WHERE position < 1) + count(*) AS wrong
       FROM streams s LEFT JOIN rows r ON r.stream = s.first AND r.seq = s.seq
       WHERE r.hash IS NOT s.head OR r.at IS NOT s.at`
    )
  )?.wrong === 0

interface Owned {
  readonly name: string
  /** The last event of the stream. */
  readonly payload: string
  readonly host: string | null
  readonly pid: number
  readonly started: string
  readonly beat: number
}

const sound = (path: string, db: DatabaseSync, now: number) => {
  const owners = all<Owned>(
    db.prepare(
      `SELECT s.name, r.payload, o.host, o.pid, o.started, o.beat FROM streams s
       JOIN rows r ON r.stream = s.first AND r.seq = s.seq LEFT JOIN owners o ON o.id = s.owner
       WHERE s.open = 1 AND substr(s.name, 1, 3) = 'run' ORDER BY s.first DESC`
    )
  )
  const runs = owners.filter(({ name }) => name.startsWith(RUN_PREFIX))
  const isLeft = ({ host, ...owner }: Owned) => host === null || !isAlive({ host, ...owner }, owner.beat, now)
  const key = one<{ readonly stream: string; readonly wrapped: Uint8Array }>(
    db.prepare(
      "SELECT s.name AS stream, k.key AS wrapped FROM keys k JOIN streams s ON s.first = k.stream WHERE NOT s.erased ORDER BY s.first DESC LIMIT 1"
    )
  )
  const isWaiting = ({ payload }: Owned) => Option.exists(decode(payload), holds)
  const held = runs.filter(isWaiting).length
  const facts: SoundJournal = {
    state: "sound",
    checked: "quickly",
    shared: process.platform !== "win32" && (statSync(path).mode & 0o077) !== 0,
    newest: one<{ readonly at: number | null }>(db.prepare("SELECT max(at) AS at FROM rows"))?.at ?? null,
    abandoned: runs.filter((run) => !isWaiting(run) && isLeft(run)).length,
    held,
    runbooks: owners
      .filter((owned) => isLeft(owned) && isActive(owned))
      .flatMap(idOf)
      .slice(0, MOST_NAMED),
    erasing:
      one<{ readonly erased: number }>(db.prepare("SELECT count(*) AS erased FROM unscrubbed"))?.erased ?? 0,
    ...(hasOutbox(db) && { endpoints: all<EndpointState>(db.prepare(endpoints)) })
  }
  return { facts, key: key && isStreamId(key.stream) ? { stream: key.stream, wrapped: key.wrapped } : null }
}

/** A file that an older version has made has none. */
const hasOutbox = (db: DatabaseSync): boolean =>
  db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'outbox'").get() !== undefined

/** More than anybody reads at once. */
const MOST_NAMED = 20

const isActive = ({ payload }: Owned): boolean =>
  Option.exists(decode(payload), (event) => isRunbookEvent(event) && event.after.status === "active")

const idOf = ({ name }: Owned): ReadonlyArray<RunId> => {
  const id = name.slice(RUNBOOK_PREFIX.length)
  return name.startsWith(RUNBOOK_PREFIX) && isRunId(id) ? [id] : []
}

const isRunId = Schema.is(RunId)
const isStreamId = Schema.is(StreamId)
