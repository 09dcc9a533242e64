/**
 * Owns putting together what several checks of one journal have found, each in streams of its own: whether every row was
 * somebody's, every stream kept as its rows say, and budgets held over all of them. It says whether everything holds; what
 * does not is found and named by a check in order.
 */
import { Accounts, type Charge } from "../run/Accounts.ts"
import type { Spending } from "../run/Budget.ts"
import type { Digest, StreamId } from "../Ids.ts"
import type { Heads } from "./Head.ts"
import type { Row } from "./Ledger.ts"
import { Pairs, type Side } from "../run/Bond.ts"

/** What a row does to a budget, and where that row stands. */
export interface PlacedCharge {
  readonly position: number
  readonly charge: Charge
}

/** A row of a session that belongs beside a run's, or the other way round, and where it stands. */
export interface PlacedSide {
  readonly position: number
  readonly side: Side
}

/** What one check has found true of its streams. */
export interface Found {
  /** The places it looked at. */
  readonly places: Uint8Array
  /** Its streams at the last place. */
  readonly heads: Heads
  /** Its streams at an earlier place that was asked for. */
  readonly marked: Heads
  readonly charges: ReadonlyArray<PlacedCharge>
  readonly sides: ReadonlyArray<PlacedSide>
}

/** What holds of the whole journal. */
export interface Whole {
  readonly heads: Heads
  readonly marked: Heads
  readonly spendings: ReadonlyArray<Spending>
}

/** No place of `last` ones; a place is a bit. */
export const noPlaces = (last: number): Uint8Array => new Uint8Array((last >> 3) + 1)

export const addPlace = (places: Uint8Array, position: number): void => {
  places[position >> 3]! |= 1 << (position & 7)
}

/**
 * Null unless each place from 1 to `last` is of exactly one part, and so is each stream; each charge fitted beside those
 * before it; and each row that belongs beside another is.
 */
export const together = (parts: ReadonlyArray<Found>, last: number): Whole | null => {
  if (!isShared(parts, last)) return null
  const heads = joined(parts.map((part) => part.heads))
  const marked = joined(parts.map((part) => part.marked))
  const accounts = new Accounts()
  const charges = parts.flatMap((part) => part.charges).toSorted((a, b) => a.position - b.position)
  return heads &&
    marked &&
    arePaired(parts.flatMap((part) => part.sides)) &&
    charges.every(({ charge }) => accounts.take(charge))
    ? { heads, marked, spendings: accounts.spendings() }
    : null
}

const arePaired = (sides: ReadonlyArray<PlacedSide>): boolean => {
  const pairs = new Pairs()
  let before = 0
  for (const { position, side } of sides.toSorted((a, b) => a.position - b.position)) {
    if (!pairs.isWhole && position !== before + 1) return false
    if (!pairs.take(side)) return false
    before = position
  }
  return pairs.isWhole
}

const isShared = (parts: ReadonlyArray<Found>, last: number): boolean => {
  const all = noPlaces(last)
  for (const { places } of parts) {
    for (const [index, bits] of places.entries()) {
      if ((all[index]! & bits) !== 0) return false
      all[index]! |= bits
    }
  }
  for (let position = 1; position <= last; position++) {
    if ((all[position >> 3]! & (1 << (position & 7))) === 0) return false
  }
  return true
}

const joined = (parts: ReadonlyArray<Heads>): Heads | null => {
  const all = new Map(parts.flatMap((part) => [...part]))
  return all.size === parts.reduce((sum, { size }) => sum + size, 0) ? all : null
}

/** What a journal keeps of a stream beside its rows. */
export interface Kept {
  readonly stream: StreamId
  readonly first: number
  readonly seq: number
  readonly head: Digest
  readonly at: number
  readonly open: boolean
}

/** Where the streams of a part end, as their rows say. */
export class Ends {
  readonly #ends = new Map<StreamId, Omit<Kept, "stream">>()

  /** Takes in the next row; `isEnding` says whether it leaves nothing to do. */
  take({ stream, seq, position, hash, at }: Row, isEnding: boolean): void {
    const first = this.#ends.get(stream)?.first ?? position
    this.#ends.set(stream, { first, seq, head: hash, at, open: !isEnding })
  }

  /** Whether exactly these streams are kept, each as its rows say. */
  are(kept: ReadonlyArray<Kept>): boolean {
    return (
      kept.length === this.#ends.size &&
      new Set(kept.map(({ stream }) => stream)).size === kept.length &&
      kept.every(({ stream, first, seq, head, at, open }) => {
        const end = this.#ends.get(stream)
        return (
          end?.first === first && end.seq === seq && end.head === head && end.at === at && end.open === open
        )
      })
    )
  }
}
