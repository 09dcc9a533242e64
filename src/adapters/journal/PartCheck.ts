/**
 * Owns the check of some streams of a journal's file, while other threads look at the rest: `checker.ts` is the thread.
 * Everything is read as it stood at one moment, so that a stream and what is kept of it have to fit exactly.
 */
import type { DatabaseSync } from "node:sqlite"
import { open as openCheck } from "../../domain/ledger/Evidence.ts"
import type { Heads } from "../../domain/ledger/Head.ts"
import { configStream } from "../../domain/Ids.ts"
import type { Row } from "../../domain/ledger/Ledger.ts"
import {
  addPlace,
  Ends,
  type Found,
  type Kept,
  noPlaces,
  type PlacedCharge,
  type PlacedSide
} from "../../domain/ledger/Parts.ts"
import { isEndingAsWritten } from "../../domain/run/Timeline.ts"
import { exists, open } from "./Database.ts"
import { sha256 } from "./Plan.ts"
import { all, isOpen, one, rowOf, type Scanned, scanOf } from "./Statements.ts"

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

/**
 * A stream is of exactly one part, wherever somebody may have put it. Runs that were made together are of the same: a page of
 * the file is seldom read in vain.
 */
const mine = (stream: string) => `abs(${stream} >> 6) % ?2 = ?1`

const found = (db: DatabaseSync, { part, of, last, mark }: Share): Found | null => {
  if (!isFilled(db, last)) return null
  const config = one<{ readonly first: number; readonly isMine: 0 | 1 }>(
    db.prepare(`SELECT first, ${mine("first")} AS isMine FROM streams WHERE name = ?3`),
    part,
    of,
    configStream
  )
  // Every part has to know the configurations; they are of one.
  const isForeign = ({ stream }: Row) => stream === configStream && config?.isMine === 0
  const charges: Array<PlacedCharge> = []
  const sides: Array<PlacedSide> = []
  const check = openCheck({
    hash: sha256,
    part: { charged: (charge) => charges.push(charge), sided: (side) => sides.push(side) }
  })
  const heads = () => {
    const all = new Map(check.heads())
    if (config?.isMine === 0) all.delete(configStream)
    return all
  }
  const places = noPlaces(last)
  const ends = new Ends()
  let [marked, whole]: [Heads | null, Heads | null] = [null, null]
  const scan = scanOf(db, `r.position > ?3 AND (${mine("r.stream")} OR r.stream = ?4)`)
  for (let from = -Infinity; ;) {
    const page = all<Scanned>(scan, part, of, from, config?.first ?? null, PAGE)
    for (const row of page.map(rowOf)) {
      if (row.position > mark) marked ??= heads()
      if (row.position > last) whole ??= heads()
      if (check.row(row)) return null
      from = row.position
      if (isForeign(row)) continue
      if (row.position <= last) addPlace(places, row.position)
      ends.take(row, isEndingAsWritten(row.payload))
    }
    if (page.length < PAGE) break
  }
  if (!ends.are(keptIn(db, part, of))) return null
  return {
    places,
    heads: whole ?? heads(),
    marked: marked ?? heads(),
    charges: charges.filter(({ position }) => position <= last),
    sides: sides.filter(({ position }) => position <= last)
  }
}

/** Whether there are as many rows as places: so many are worth room in memory. */
const isFilled = (db: DatabaseSync, last: number): boolean =>
  one<{ readonly count: number }>(
    db.prepare("SELECT count(*) AS count FROM rows WHERE position BETWEEN 1 AND ?"),
    last
  )?.count === last

/** What is kept of the streams of the part. */
const keptIn = (db: DatabaseSync, part: number, of: number): ReadonlyArray<Kept> =>
  all<Omit<Kept, "open"> & { readonly open: number }>(
    db.prepare(`SELECT name AS stream, first, seq, head, at, open FROM streams WHERE ${mine("first")}`),
    part,
    of
  ).map((kept) => ({ ...kept, open: isOpen(kept.open) }))
