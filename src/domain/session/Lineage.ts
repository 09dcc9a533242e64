/**
 * Owns which turns a turn follows: the newest one, or, where it stands in place of an earlier one, what that one followed. A
 * conversation is then a tree, and what is seen of it is the branch of the newest turn. Pure.
 */

/** What a turn says of its lineage when it begins. */
export interface Begun {
  readonly index: number
  /** Null for one that stands in place of none. */
  readonly insteadOf: number | null
}

/** A way back along a branch: `at` is a turn of it, or one that was gone around: what that one followed comes next. */
export interface Way {
  readonly at: number
  readonly isOn: boolean
}

/** From the newest of so many turns on. */
export const fromNewest = (turns: number): Way => ({ at: turns - 1, isOn: true })

/** What a turn followed, that one left out. */
export const around = (index: number): Way => ({ at: index, isOn: false })

/** The way after a turn was passed; turns are passed one by one, the newest first. */
export const passed = (way: Way, { index, insteadOf }: Begun): Way =>
  index !== way.at ? way : insteadOf === null ? fromNewest(index) : around(insteadOf)

/** Whether a turn is on the branch that a way goes along. */
export const isOn = (way: Way, index: number): boolean => way.isOn && way.at === index

/** The turns of a branch, the newest first; of turns in their order. */
export const branch = (turns: ReadonlyArray<Begun>, from: Way): ReadonlyArray<number> => {
  const found: Array<number> = []
  let way = from
  for (const one of turns.toReversed()) {
    if (isOn(way, one.index)) found.push(one.index)
    way = passed(way, one)
  }
  return found
}

/** The turns that are known, the newest first: how many answers there were to read when each began. */
export interface Known {
  readonly index: number
  readonly answers: number
  readonly earlier: Known | null
}

/** How many answers a turn had to read, and so has every one in its place; null for one that is not known. */
export const answersBefore = (known: Known | null, index: number): number | null => {
  for (let one = known; one !== null && one.index >= index; one = one.earlier) {
    if (one.index === index) return one.answers
  }
  return null
}
