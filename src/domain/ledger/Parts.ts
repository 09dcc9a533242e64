/**
 * Owns putting together what several checks of one journal have found, each in streams of its own: whether every place was
 * somebody's, and whether budgets held over all of them. It says whether everything holds; what does not is found and
 * named by a check in order.
 */
import { Accounts, type Charge } from "../run/Accounts.ts"
import type { Spending } from "../run/Budget.ts"
import type { Heads } from "./Head.ts"

/** What a row does to a budget, and where that row stands. */
export interface PlacedCharge {
  readonly position: number
  readonly charge: Charge
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

/** Null unless each place from 1 to `last` is of exactly one part, and each charge fitted beside those before it. */
export const together = (parts: ReadonlyArray<Found>, last: number): Whole | null => {
  const all = noPlaces(last)
  for (const { places } of parts) {
    for (const [index, bits] of places.entries()) {
      if ((all[index]! & bits) !== 0) return null
      all[index]! |= bits
    }
  }
  for (let position = 1; position <= last; position++) {
    if ((all[position >> 3]! & (1 << (position & 7))) === 0) return null
  }
  const accounts = new Accounts()
  const charges = parts.flatMap((part) => part.charges).toSorted((a, b) => a.position - b.position)
  if (!charges.every(({ charge }) => accounts.take(charge))) return null
  return {
    heads: new Map(parts.flatMap(({ heads }) => [...heads])),
    marked: new Map(parts.flatMap(({ marked }) => [...marked])),
    spendings: accounts.spendings()
  }
}
