/** Owns the journal's SQLite file: its making, its version, and the refusal of one that is not ours or is damaged. */
import { accessSync, constants, existsSync, lstatSync, openSync, statSync } from "node:fs"
import { join } from "node:path"
import type { DatabaseSync } from "node:sqlite"
import { pathToFileURL } from "node:url"
import { failure } from "../../domain/Failure.ts"
import { createOnce, isCode } from "../FirstUse.ts"
import { type Pass, pass } from "../WritePoint.ts"

export const FILE = "journal.sqlite"
const BUSY_MILLIS = 5_000
const IMPATIENT_MILLIS = 50
const PAGE_BYTES = 4_096
/** "io-3": marks the file as ours. */
export const APPLICATION_ID = 0x696f2d33

/** Files of this version and before were made before the ledger had its format. */
const BEFORE_THE_FORMAT = 1

/** The version that a file has after these steps; a new one has 0. */
export const versionAfter = (steps: ReadonlyArray<string>): number => BEFORE_THE_FORMAT + steps.length

/** Whether the version is one that no step leads on from. */
export const isTooOld = (version: number): boolean => version > 0 && version <= BEFORE_THE_FORMAT

/**
 * Each brings a journal one version further; they are only ever added to.
 *
 * Rows of `keys` and `sealed` are added at the end and overwritten in place, never made longer, shorter or fewer. Where a
 * page is split or merged, SQLite leaves copies of rows that moved in the unused part of a page, and no later deletion
 * finds them.
 */
export const migrations: ReadonlyArray<string> = [
  `CREATE TABLE streams (
     first INTEGER PRIMARY KEY,
     name TEXT NOT NULL UNIQUE,
     seq INTEGER NOT NULL,
     head TEXT NOT NULL,
     at INTEGER NOT NULL,
     open INTEGER NOT NULL,
     owner TEXT NOT NULL,
     erased INTEGER NOT NULL
   ) STRICT;
   CREATE INDEX streams_open ON streams (open) WHERE open = 1;
   CREATE TABLE rows (
     position INTEGER PRIMARY KEY,
     stream INTEGER NOT NULL,
     seq INTEGER NOT NULL,
     at INTEGER NOT NULL,
     payload TEXT NOT NULL,
     previous TEXT NOT NULL,
     hash TEXT NOT NULL,
     UNIQUE (stream, seq)
   ) STRICT;
   CREATE TABLE sealed (
     stream INTEGER NOT NULL,
     id TEXT NOT NULL,
     bytes BLOB NOT NULL,
     PRIMARY KEY (stream, id)
   ) STRICT;
   CREATE TABLE keys (
     stream INTEGER PRIMARY KEY,
     key BLOB NOT NULL
   ) STRICT;
   CREATE TABLE unscrubbed (
     position INTEGER PRIMARY KEY
   ) STRICT;
   CREATE TABLE owners (
     id TEXT PRIMARY KEY,
     host TEXT NOT NULL,
     pid INTEGER NOT NULL,
     started TEXT NOT NULL,
     beat INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE spending (
     principal TEXT NOT NULL,
     slice INTEGER NOT NULL,
     calls INTEGER NOT NULL,
     tokens INTEGER NOT NULL,
     PRIMARY KEY (principal, slice)
   ) STRICT, WITHOUT ROWID;`,
  `CREATE TABLE outbox (
     position INTEGER PRIMARY KEY,
     stream INTEGER NOT NULL,
     event TEXT NOT NULL,
     endpoint TEXT NOT NULL,
     state TEXT NOT NULL,
     attempts INTEGER NOT NULL,
     next INTEGER NOT NULL,
     status INTEGER,
     failure TEXT
   ) STRICT;
   CREATE INDEX outbox_pending ON outbox (endpoint, stream, position) WHERE state = 'pending';
   CREATE TABLE endpoints (
     name TEXT PRIMARY KEY,
     disabled INTEGER,
     delivered INTEGER,
     owner TEXT
   ) STRICT, WITHOUT ROWID;`,
  `CREATE TABLE claims (
     principal TEXT NOT NULL,
     key TEXT NOT NULL,
     request TEXT NOT NULL,
     attempt TEXT NOT NULL,
     subject TEXT NOT NULL,
     at INTEGER NOT NULL,
     answer BLOB,
     PRIMARY KEY (principal, key)
   ) STRICT;
   CREATE INDEX claims_at ON claims (at);`
]

/**
 * Throws the system's error when there is no telling, because the directory cannot be searched say, and `JOURNAL_CORRUPT`
 * for what is no file. A link is none: a folder from elsewhere may have one, and it would lead the record out.
 */
export const exists = (directory: string): boolean => {
  try {
    if (!lstatSync(join(directory, FILE)).isFile()) throw failure("JOURNAL_CORRUPT", "setup")
    return true
  } catch (error) {
    if (isCode(error, "ENOENT")) return false
    throw error
  }
}

/**
 * Opens the journal of a directory, made on first use, at the version of `steps`. Throws `JOURNAL_CORRUPT` for a file that
 * is not a journal, `JOURNAL_NEWER` and `JOURNAL_OLDER` for one of another version, and whatever SQLite and the system throw. In a directory
 * that cannot be written, the journal can be read, at the version that it has.
 */
export const open = (
  directory: string,
  steps: ReadonlyArray<string> = migrations,
  at: Pass = pass
): DatabaseSync => {
  const path = join(directory, FILE)
  if (!exists(directory)) createOnce(directory, FILE, (draft) => initialise(draft, steps), at)
  else if (isCut(path)) throw failure("JOURNAL_CORRUPT", "setup")
  const writable = isWritable(directory)
  const db = writable ? connect(path) : connectReadOnly(path)
  try {
    if (number(db, "application_id") !== APPLICATION_ID) throw failure("JOURNAL_CORRUPT", "setup")
    const done = writable ? migrate(db, steps) : steps.slice(0, applied(db, steps))
    if (!isAsMade(db, done)) throw failure("JOURNAL_CORRUPT", "setup")
    // What SQLite puts aside while it overwrites stays in memory.
    db.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY`
    )
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/**
 * Whether the file has what these steps make and nothing else: a trigger could keep what is erased or forget what is spent,
 * and without its keys a table holds what they rule out.
 */
export const isAsMade = (db: DatabaseSync, steps: ReadonlyArray<string> = migrations): boolean => {
  const made = new (process.getBuiltinModule("node:sqlite").DatabaseSync)(":memory:")
  try {
    for (const step of steps) made.exec(step)
    return schemaOf(made) === schemaOf(db)
  } finally {
    made.close()
  }
}

const schemaOf = (db: DatabaseSync): string =>
  JSON.stringify(db.prepare("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name").all())

/** Runs `work` in one transaction that nobody else can write beside. */
export const transact = <A>(db: DatabaseSync, work: () => A, at: Pass = pass): A => {
  at("begin", () => db.exec("BEGIN IMMEDIATE"))
  try {
    const result = work()
    at("commit", () => db.exec("COMMIT"))
    return result
  } catch (error) {
    // SQLite itself has rolled back after some errors.
    if (db.isTransaction) db.exec("ROLLBACK")
    throw error
  }
}

/** Does `work` without much waiting for whoever has the file locked: SQLite waits with the whole thread. */
export const impatiently = <A>(db: DatabaseSync, work: () => A): A => {
  db.exec(`PRAGMA busy_timeout = ${IMPATIENT_MILLIS}`)
  try {
    return work()
  } finally {
    db.exec(`PRAGMA busy_timeout = ${BUSY_MILLIS}`)
  }
}

/** A number SQLite keeps about a file or a connection. */
export const number = (
  db: DatabaseSync,
  pragma: "application_id" | "user_version" | "data_version"
): number => Number(db.prepare(`PRAGMA ${pragma}`).get()?.[pragma])

/** SQLite reads a page that is cut off as if its end were zeros. A log beside the file may still make it whole. */
const isCut = (path: string): boolean => statSync(path).size % PAGE_BYTES !== 0 && !hasLog(path)

const hasLog = (path: string): boolean => existsSync(`${path}-wal`)

const isWritable = (directory: string): boolean => {
  try {
    accessSync(directory, constants.W_OK)
    return true
  } catch {
    return false
  }
}

const initialise = (path: string, steps: ReadonlyArray<string>): void => {
  const db = connect(path)
  try {
    db.exec(
      `PRAGMA page_size = ${PAGE_BYTES}; PRAGMA application_id = ${APPLICATION_ID}; PRAGMA journal_mode = WAL`
    )
    migrate(db, steps)
  } finally {
    db.close()
  }
}

/** How many of the steps a file has behind it. */
const applied = (db: DatabaseSync, steps: ReadonlyArray<string>): number => {
  const found = number(db, "user_version")
  if (found > versionAfter(steps)) throw failure("JOURNAL_NEWER", "setup")
  if (isTooOld(found)) throw failure("JOURNAL_OLDER", "setup")
  return Math.max(0, found - BEFORE_THE_FORMAT)
}

const migrate = (db: DatabaseSync, steps: ReadonlyArray<string>): ReadonlyArray<string> => {
  if (applied(db, steps) === steps.length) return steps
  transact(db, () => {
    // Another process may have migrated the file in the meantime.
    for (const step of steps.slice(applied(db, steps))) db.exec(step)
    db.exec(`PRAGMA user_version = ${versionAfter(steps)}`)
  })
  return steps
}

/** SQLite is loaded when a journal is first opened: most of a command line's start would otherwise pay for it. */
const connect = (path: string | URL, readOnly: boolean = false): DatabaseSync =>
  new (process.getBuiltinModule("node:sqlite").DatabaseSync)(path, {
    readOnly,
    timeout: BUSY_MILLIS,
    enableForeignKeyConstraints: false
  })

/** Makes a file that is not there yet. `FILE_EXISTS`. */
export const createNew = (path: string): number => {
  try {
    return openSync(path, "wx", 0o600)
  } catch (error) {
    throw isCode(error, "EEXIST") ? failure("FILE_EXISTS", "setup") : error
  }
}

/** Without a log beside it the file is whole, and SQLite need make none to read it. With one, the log counts. */
const connectReadOnly = (path: string): DatabaseSync => {
  const url = pathToFileURL(path)
  if (!hasLog(path)) url.searchParams.set("immutable", "1")
  return connect(url, true)
}
