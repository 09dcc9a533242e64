/** Owns the comparing of two texts word by word. It is loaded when the first two are compared. */
import { diffLines, diffWordsWithSpace } from "diff"
import { type Segment, segmentsOf } from "./segments.ts"

/** Two texts with little in common take long to compare, and what comes out helps nobody. */
const PATIENCE_MILLIS = 800

/** By words; by lines where that takes too long; null where that does, too. */
export const compare = (
  before: string,
  after: string,
  timeout = PATIENCE_MILLIS
): ReadonlyArray<Segment> | null => {
  const changes = diffWordsWithSpace(before, after, { timeout }) ?? diffLines(before, after, { timeout })
  return changes ? segmentsOf(changes) : null
}
