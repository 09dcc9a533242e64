/** Owns how two texts differ by lines: the fewest changes, or fewer and larger ones where those would take too long to find. */

/** Lines of the old text from `before` on that lines of the new text from `after` on stand in place of. */
export interface Change {
  readonly before: number
  readonly removed: number
  readonly after: number
  readonly added: number
}

/** More changed lines than this are not told apart. The work grows with its square. */
const MOST_CHANGED = 2000

/** Each line with its line break; the last may have none. */
export const linesOf = (text: string): ReadonlyArray<string> => text.match(/[^\n]*\n|[^\n]+$/gu) ?? []

/** The changes in order; none touches the next. */
export const changesOf = (
  before: ReadonlyArray<string>,
  after: ReadonlyArray<string>
): ReadonlyArray<Change> => {
  let start = 0
  while (start < before.length && start < after.length && before[start] === after[start]) start++
  let end = 0
  while (
    end < before.length - start &&
    end < after.length - start &&
    before.at(-1 - end) === after.at(-1 - end)
  ) {
    end++
  }
  const old = before.slice(start, before.length - end)
  const young = after.slice(start, after.length - end)
  return between(kept(old, young), old.length, young.length).map((change) => ({
    ...change,
    before: change.before + start,
    after: change.after + start
  }))
}

type Pair = readonly [before: number, after: number]

/** What is not kept, as changes. */
const between = (pairs: ReadonlyArray<Pair>, olds: number, youngs: number): ReadonlyArray<Change> => {
  const changes: Array<Change> = []
  let [before, after] = [0, 0]
  for (const [x, y] of [...pairs, [olds, youngs] as const]) {
    if (x > before || y > after) changes.push({ before, removed: x - before, after, added: y - after })
    before = x + 1
    after = y + 1
  }
  return changes
}

/** The pairs of equal lines that stay, by the greedy algorithm of Myers (1986); none where there would be too many changes. */
const kept = (old: ReadonlyArray<string>, young: ReadonlyArray<string>): ReadonlyArray<Pair> => {
  const most = Math.min(old.length + young.length, MOST_CHANGED)
  const reached = new Int32Array(2 * most + 3)
  const middle = most + 1
  const trace: Array<Int32Array> = []
  for (let changed = 0; changed <= most; changed++) {
    for (let diagonal = -changed; diagonal <= changed; diagonal += 2) {
      let x = step(reached, middle, changed, diagonal).x
      while (x < old.length && x - diagonal < young.length && old[x] === young[x - diagonal]) x++
      reached[middle + diagonal] = x
      if (x >= old.length && x - diagonal >= young.length) return back(trace, old.length, young.length)
    }
    trace.push(reached.slice(middle - changed - 1, middle + changed + 2))
  }
  return []
}

/** From which diagonal this one is reached with one change more, and how far down it that leads. */
const step = (reached: Int32Array, middle: number, changed: number, diagonal: number) => {
  const above = reached[middle + diagonal + 1] ?? 0
  const beside = reached[middle + diagonal - 1] ?? 0
  const isAdded = diagonal === -changed || (diagonal !== changed && beside < above)
  return isAdded ? { from: diagonal + 1, x: above } : { from: diagonal - 1, x: beside + 1 }
}

/** Follows the changes back to the beginning. */
const back = (trace: ReadonlyArray<Int32Array>, olds: number, youngs: number): ReadonlyArray<Pair> => {
  const pairs: Array<Pair> = []
  let [x, y] = [olds, youngs]
  for (let changed = trace.length; changed > 0; changed--) {
    const { from } = step(trace[changed - 1]!, changed, changed, x - y)
    const previous = trace[changed - 1]![changed + from]!
    const came = from === x - y + 1 ? previous : previous + 1
    for (; x > came; x--, y--) pairs.push([x - 1, y - 1])
    x = previous
    y = previous - from
  }
  for (; x > 0; x--, y--) pairs.push([x - 1, y - 1])
  return pairs.toReversed()
}
