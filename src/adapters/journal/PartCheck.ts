/**
 * Owns the check of some streams of a journal's file, while other threads look at the rest: `checker.ts` is the thread.
 * Everything is read as it stood at one moment, so that a stream and what is kept of it have to fit exactly.
 */
import type { DatabaseSync } from "node:sqlite"
import { open as openCheck } from "../../domain/ledger/Evidence.ts"
import type { Heads } from "../../domain/ledger/Head.ts"
import { configStream, type Digest, type StreamId } from "../../domain/Ids.ts"
import { addPlace, type Found, noPlaces, type PlacedCharge } from "../../domain/ledger/Parts.ts"
import { isEndingAsWritten } from "../../domain/run/Timeline.ts"
import { exists, open } from "./Database.ts"
import { sha256 } from "./Plan.ts"
import { all, inArrays, one, rowOf, type Scanned } from "./Statements.ts"

/** What is to be looked at: of `of` parts of the journal's streams, the one with this number. */
export interface Share {
  readonly directory: string
  readonly part: number
  readonly of: number
  /** Rows after it count for their streams alone. */
  readonly last: number
  readonly mark: number
}

const PAGE = 1000

/** Null when anything is false, or there is no journal. */
export const checkPart = (share: Share): Found | null => {
  if (!exists(share.directory)) return null
  const db = open(share.directory)
  try {
    db.exec("BEGIN")
    return found(db, share)
  } finally {
    db.close()
  }
}

/** Runs that were made together are of one part: a page of the file is seldom read in vain. */
const mine = (stream: string) => `(${stream} >> 6) % ?2 = ?1`

const found = (db: DatabaseSync, { part, of, last, mark }: Share): Found | null => {
  const config = one<{ readonly first: number; readonly isMine: 0 | 1 }>(
    db.prepare(`SELECT first, ${mine("first")} AS isMine FROM streams WHERE name = ?3`),
    part,
    of,
    configStream
  )
  const isForeign = config?.isMine === 0
  const charges: Array<PlacedCharge> = []
  const check = openCheck({ hash: sha256, part: { charged: (charge) => charges.push(charge) } })
  const heads = () => {
    const all = new Map(check.heads())
    if (isForeign) all.delete(configStream)
    return all
  }
  const places = noPlaces(last)
  let [marked, whole]: [Heads | null, Heads | null] = [null, null]
  const scan = inArrays(
    db.prepare(
      `SELECT s.name, r.seq, r.position, r.at, r.payload, r.previous, r.hash
       FROM rows r LEFT JOIN streams s ON r.stream = s.first
       WHERE r.position > ?3 AND (${mine("r.stream")} OR r.stream = ?4)
       ORDER BY r.position LIMIT ${PAGE}`
    )
  )
  for (let from = -Infinity; ;) {
    const page = all<Scanned>(scan, part, of, from, config?.first ?? null)
    for (const row of page.map(rowOf)) {
      if (row.position > mark) marked ??= heads()
      if (row.position > last) whole ??= heads()
      else if (!isForeign || row.stream !== configStream) addPlace(places, row.position)
      if (check.row(row)) return null
      from = row.position
    }
    if (page.length < PAGE) break
  }
  const ends = heads()
  return fit(db, part, of, ends)
    ? {
        places,
        heads: whole ?? ends,
        marked: marked ?? ends,
        charges: charges.filter(({ position }) => position <= last)
      }
    : null
}

interface Kept {
  readonly name: StreamId
  readonly seq: number
  readonly head: Digest
  readonly open: 0 | 1
  /** Whether its first row and the time of its last one are where it says. */
  readonly fits: 0 | 1
  /** How its last row begins. */
  readonly kind: string
}

/** Whether every stream of the part is kept as its rows say, and there is no other. */
const fit = (db: DatabaseSync, part: number, of: number, ends: Heads): boolean => {
  const kept = all<Kept>(
    db.prepare(
      `SELECT s.name, s.seq, s.head, s.open, substr(l.payload, 1, 64) AS kind,
         l.at IS s.at AND f.stream IS s.first AND f.seq IS 1 AS fits
       FROM streams s LEFT JOIN rows l ON l.stream = s.first AND l.seq = s.seq
       LEFT JOIN rows f ON f.position = s.first WHERE ${mine("s.first")}`
    ),
    part,
    of
  )
  return (
    kept.length === ends.size &&
    kept.every(({ name, seq, head, open: isOpen, fits, kind }) => {
      const end = ends.get(name)
      return end?.seq === seq && end.hash === head && fits === 1 && isEndingAsWritten(kind) === (isOpen === 0)
    })
  )
}
