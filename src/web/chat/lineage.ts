/** Owns which turns follow which: one made in place of another follows what that one followed, and the newest branch is shown. */
import { type Conversation, type Turn } from "./conversation.ts"

/** A turn on the branch that is shown, and those that stand in the same place, the oldest first. */
export interface Place {
  readonly turn: Turn
  readonly alternatives: ReadonlyArray<number>
}

export interface Branch {
  readonly places: ReadonlyArray<Place>
  /** The last turn that it would take to know where this one comes from; null where its beginning is known. */
  readonly before: number | null
  /** Whether it ends in the newest turn: then what is asked next goes on from here. */
  readonly isNewest: boolean
}

/** The turns that are known, by their place among all. */
export const numbered = ({ turns }: Conversation): ReadonlyMap<number, Turn> => {
  const known = new Map<number, Turn>()
  for (const turn of turns.values()) if (turn.index !== null) known.set(turn.index, turn)
  return known
}

/** What stands in place of a turn that is not known here follows whatever that one followed. */
const besides = (index: number): number => -2 - index

/** Which turn each one follows; -1 for the first. */
const parents = (known: ReadonlyMap<number, Turn>): ReadonlyMap<number, number> => {
  const found = new Map<number, number>()
  for (const index of [...known.keys()].toSorted((one, other) => one - other)) {
    const instead = known.get(index)!.insteadOf ?? null
    found.set(index, instead === null ? index - 1 : (found.get(instead) ?? besides(instead)))
  }
  return found
}

const byParent = (parents: ReadonlyMap<number, number>): ReadonlyMap<number, ReadonlyArray<number>> => {
  const children = new Map<number, Array<number>>()
  for (const [index, parent] of parents) {
    const all = children.get(parent)
    if (all) all.push(index)
    else children.set(parent, [index])
  }
  return children
}

/**
 * The branch that ends at or after a turn; null for the newest. `until` leaves out what stands from that turn on, for whatever is
 * about to be asked in its place.
 */
export const branchOf = (
  known: ReadonlyMap<number, Turn>,
  chosen: number | null,
  until: number | null = null
): Branch => {
  const newest = known.size === 0 ? -1 : Math.max(...known.keys())
  const parent = parents(known)
  const children = byParent(parent)
  let leaf = chosen !== null && known.has(chosen) ? chosen : newest
  for (let next = children.get(leaf); next; next = children.get(leaf)) leaf = next.at(-1)!
  const places: Array<Place> = []
  let at = leaf
  for (let turn = known.get(at); turn; turn = known.get(at)) {
    const before = parent.get(at)!
    places.push({ turn, alternatives: children.get(before)! })
    at = before
  }
  places.reverse()
  const cut = until === null ? -1 : places.findIndex(({ alternatives }) => alternatives.includes(until))
  return {
    places: cut === -1 ? places : places.slice(0, cut),
    before: at === -1 ? null : at < 0 ? besides(at) : at,
    isNewest: leaf === newest
  }
}
