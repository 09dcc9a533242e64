/** Owns which of many things, one below the other, are near enough to be seen; the others are only as high as they were. */

export interface Window {
  /** From which to before which. */
  readonly first: number
  readonly last: number
  /** How much is above and below them. */
  readonly above: number
  readonly below: number
}

/** `margin` is how far beyond what is seen they are still there. */
export const windowOf = (
  heights: ReadonlyArray<number>,
  top: number,
  height: number,
  margin: number
): Window => {
  const [from, to] = [top - margin, top + height + margin]
  let [at, first, above] = [0, 0, 0]
  while (first < heights.length && at + heights[first]! < from) at += heights[first++]!
  // The last is always there: whoever scrolls beyond the end sees it.
  if (first === heights.length && first > 0) at -= heights[--first]!
  above = at
  let last = first
  while (last < heights.length && (at < to || last === first)) at += heights[last++]!
  let below = 0
  for (let index = last; index < heights.length; index++) below += heights[index]!
  return { first, last, above, below }
}
