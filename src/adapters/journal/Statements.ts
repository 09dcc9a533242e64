/** Owns the SQL of the journal, prepared once for an open file. */
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite"
import { failure } from "../../domain/Failure.ts"
import type { Row } from "../../domain/ledger/Ledger.ts"
import { claimStatements } from "./ClaimStatements.ts"
import { outboxStatements } from "./OutboxStatements.ts"

/** An open journal and everything that is ever asked of it. */
export type Opened = ReturnType<typeof prepare>

const listing = (where: string) =>
  `SELECT s.name AS stream, s.seq, s.head, s.at, s.first, s.owner, s.open, o.host, o.pid, o.started, o.beat
   FROM streams s LEFT JOIN owners o ON o.id = s.owner WHERE ${where}`
const page = "s.first < ? AND substr(s.name, 1, length(?)) = ? ORDER BY s.first DESC LIMIT ?"

/**
 * Rows in the order of their positions, as `Scanned`; the last value is how many at most. Objects that SQLite makes are slow
 * to look into: a walk over everything is a third faster over arrays.
 */
export const scanOf = (db: DatabaseSync, where: string): StatementSync => {
  const statement = db.prepare(
    `SELECT s.name, r.seq, r.position, r.at, r.payload, r.previous, r.hash
     FROM rows r LEFT JOIN streams s ON r.stream = s.first WHERE ${where} ORDER BY r.position LIMIT ?`
  )
  statement.setReturnArrays(true)
  return statement
}

export const prepare = (db: DatabaseSync) => ({
  db,
  /** Prepared on first use: a journal that is only looked at may be of a version that has none. */
  outbox: onFirstUse(() => outboxStatements(db)),
  claims: onFirstUse(() => claimStatements(db)),
  last: db.prepare("SELECT max(position) AS position FROM rows"),
  head: db.prepare("SELECT first, seq, head AS hash, at, owner, open FROM streams WHERE name = ?"),
  create: db.prepare(
    "INSERT INTO streams (first, name, seq, head, at, open, owner, erased) VALUES (?, ?, ?, ?, ?, ?, ?, 0)"
  ),
  move: db.prepare("UPDATE streams SET seq = ?, head = ?, at = ?, open = ? WHERE first = ?"),
  append: db.prepare(
    "INSERT INTO rows (position, stream, seq, at, payload, previous, hash) VALUES (?, ?, ?, ?, ?, ?, ?)"
  ),
  keep: db.prepare("INSERT INTO keys (stream, key) VALUES (?, ?)"),
  revive: db.prepare("UPDATE streams SET erased = 0 WHERE first = ? AND erased = 1"),
  rekey: db.prepare("UPDATE keys SET key = ? WHERE stream = ?"),
  seal: db.prepare("INSERT INTO sealed (stream, id, bytes) VALUES (?, ?, ?)"),
  rows: db.prepare(
    `SELECT s.name AS stream, r.seq, r.position, r.at, r.payload, r.previous, r.hash
     FROM streams s JOIN rows r ON r.stream = s.first AND r.position >= s.first
     WHERE s.name = ? AND r.seq > ? AND r.seq <= ? ORDER BY r.seq`
  ),
  scan: scanOf(db, "r.position > ?"),
  spent: db.prepare(
    `SELECT coalesce(sum(calls), 0) AS calls, coalesce(sum(tokens), 0) AS tokens
     FROM spending WHERE principal = ? AND slice >= ?`
  ),
  charge: db.prepare(
    `INSERT INTO spending (principal, slice, calls, tokens) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET calls = calls + excluded.calls, tokens = tokens + excluded.tokens`
  ),
  spending: db.prepare(
    `SELECT principal, slice, calls, tokens FROM spending
     WHERE slice >= ? AND (calls <> 0 OR tokens <> 0) ORDER BY principal, slice`
  ),
  erase: db.prepare("UPDATE streams SET erased = 1 WHERE first = ?"),
  overwriteKey: db.prepare("UPDATE keys SET key = zeroblob(length(key)) WHERE stream = ?"),
  overwriteSealed: db.prepare("UPDATE sealed SET bytes = zeroblob(length(bytes)) WHERE stream = ?"),
  owe: db.prepare("INSERT INTO unscrubbed (position) VALUES (?)"),
  owed: db.prepare("SELECT max(position) AS position FROM unscrubbed"),
  truncate: db.prepare("PRAGMA wal_checkpoint(TRUNCATE)"),
  settleScrub: db.prepare("DELETE FROM unscrubbed WHERE position <= ?"),
  list: db.prepare(listing(page)),
  listOpen: db.prepare(listing(`s.open = 1 AND ${page}`)),
  info: db.prepare(listing("s.name = ?")),
  sealed: db.prepare(
    `SELECT c.id, c.bytes FROM streams s JOIN sealed c ON c.stream = s.first
     WHERE s.name = ? AND NOT s.erased AND c.id = ?`
  ),
  key: db.prepare(
    "SELECT k.key FROM streams s JOIN keys k ON k.stream = s.first WHERE s.name = ? AND NOT s.erased"
  ),
  heard: db.prepare("SELECT beat FROM owners WHERE id = ?"),
  register: db.prepare(
    `INSERT INTO owners (id, host, pid, started, beat) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET beat = excluded.beat`
  ),
  retire: db.prepare("DELETE FROM owners WHERE id = ?"),
  retireIdle: db.prepare(
    "DELETE FROM owners WHERE id = ? AND NOT EXISTS (SELECT 1 FROM streams WHERE open = 1 AND owner = ?)"
  ),
  adopt: db.prepare("UPDATE streams SET owner = ? WHERE name = ?"),
  copy: db.prepare("VACUUM INTO ?")
})

const onFirstUse = <A>(make: () => A): (() => A) => {
  let made: A | undefined
  return () => (made ??= make())
}

/** Rows have the columns their statement names; no schema is run over what the chain already vouches for. */
export const all = <A>(
  statement: StatementSync | undefined,
  ...values: Array<SQLInputValue>
): ReadonlyArray<A> => (statement?.all(...values) ?? []) as unknown as ReadonlyArray<A>

export const one = <A>(
  statement: StatementSync | undefined,
  ...values: Array<SQLInputValue>
): A | undefined => statement?.get(...values) as unknown as A | undefined

/** Whether a stream is kept as open. Throws `JOURNAL_CORRUPT` for what says neither. */
export const isOpen = (kept: number): boolean => {
  if (kept !== 0 && kept !== 1) throw failure("JOURNAL_CORRUPT", "setup")
  return kept === 1
}

/** A row as an array: stream, seq, position, at, payload, previous, hash. */
export type Scanned = readonly [
  Row["stream"],
  number,
  number,
  Row["at"],
  string,
  Row["previous"],
  Row["hash"]
]

export const rowOf = ([stream, seq, position, at, payload, previous, hash]: Scanned): Row => ({
  stream,
  seq,
  position,
  at,
  payload,
  previous,
  hash
})

/** A page of the walk over all rows. */
export const scanned = (opened: Opened | null, after: number, limit: number): ReadonlyArray<Row> =>
  all<Scanned>(opened?.scan, after, limit).map(rowOf)
