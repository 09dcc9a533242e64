/**
 * Owns the check of some streams of a journal's file, while other threads look at the rest: `checker.ts` is the thread.
 * Everything is read as it stood at one moment, so that a stream and what is kept of it have to fit exactly.
 */
import type { DatabaseSync } from "node:sqlite"
import { open as openCheck } from "../../domain/ledger/Evidence.ts"
import type { Heads } from "../../domain/ledger/Head.ts"
import { configStream, type Digest, type StreamId } from "../../domain/Ids.ts"
import type { Row } from "../../domain/ledger/Ledger.ts"
import { addPlace, type Found, noPlaces, type PlacedCharge } from "../../domain/ledger/Parts.ts"
import { isEndingAsWritten } from "../../domain/run/Timeline.ts"
import { exists, open } from "./Database.ts"
import { sha256 } from "./Plan.ts"
import { all, one } from "./Statements.ts"

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

/** Where a stream stands, as its rows say and as it is kept. */
interface Kept {
  readonly first: number
  readonly seq: number
  readonly hash: Digest
  readonly at: number
  readonly open: boolean
}

const found = (db: DatabaseSync, { part, of, last, mark }: Share): Found | null => {
  const config = one<{ readonly first: number }>(
    db.prepare("SELECT first FROM streams WHERE name = ?"),
    configStream
  )
  const isMine = (first: number) => first % of === part
  const charges: Array<PlacedCharge> = []
  const check = openCheck({ hash: sha256, part: { charged: (charge) => charges.push(charge) } })
  const heads = () => {
    const all = new Map(check.heads())
    if (config && !isMine(config.first)) all.delete(configStream)
    return all
  }
  const places = noPlaces(last)
  const ends = new Map<StreamId, Kept>()
  let [marked, whole]: [Heads | null, Heads | null] = [null, null]
  for (const { first, ...row } of rowsOf(db, part, of, config?.first ?? 0)) {
    if (row.position > mark) marked ??= heads()
    if (row.position > last) whole ??= heads()
    if (check.row(row)) return null
    if (!isMine(first)) continue
    if (row.position <= last) addPlace(places, row.position)
    const { stream, seq, hash, at, payload } = row
    const begun = ends.get(stream)?.first ?? row.position
    ends.set(stream, { first: begun, seq, hash, at, open: !isEndingAsWritten(payload) })
  }
  if (!fit(db, part, of, ends)) return null
  return {
    places,
    heads: whole ?? heads(),
    marked: marked ?? heads(),
    charges: charges.filter(({ position }) => position <= last)
  }
}

type Placed = Row & { readonly first: number }
type Scanned = readonly [StreamId, number, number, number, Row["at"], string, Digest, Digest]

/** The rows of the part, and those of the configurations, which every part has to know. */
function* rowsOf(db: DatabaseSync, part: number, of: number, config: number): Generator<Placed> {
  const scan = db.prepare(
    `SELECT s.name, r.stream, r.seq, r.position, r.at, r.payload, r.previous, r.hash
     FROM rows r LEFT JOIN streams s ON r.stream = s.first
     WHERE r.position > ? AND (r.stream % ? = ? OR r.stream = ?) ORDER BY r.position LIMIT ?`
  )
  scan.setReturnArrays(true)
  for (let from = -Infinity; ;) {
    const page = all<Scanned>(scan, from, of, part, config, PAGE)
    for (const [stream, first, seq, position, at, payload, previous, hash] of page) {
      yield { stream, first, seq, position, at, payload, previous, hash }
      from = position
    }
    if (page.length < PAGE) return
  }
}

/** Whether every stream of the part is kept as its rows say, and there is no other. */
const fit = (db: DatabaseSync, part: number, of: number, ends: ReadonlyMap<StreamId, Kept>): boolean => {
  const kept = all<Omit<Kept, "open"> & { readonly name: StreamId; readonly open: 0 | 1 }>(
    db.prepare("SELECT name, first, seq, head AS hash, at, open FROM streams WHERE first % ? = ?"),
    of,
    part
  )
  return (
    kept.length === ends.size &&
    kept.every(({ name, first, seq, hash, at, open: isOpen }) => {
      const end = ends.get(name)
      return (
        end?.first === first &&
        end.seq === seq &&
        end.hash === hash &&
        end.at === at &&
        end.open === (isOpen === 1)
      )
    })
  )
}
