/** Owns how two texts are shown as one: what stayed, what went, what came, and how much of what stayed is left out of sight. */

export interface Change {
  readonly value: string
  readonly added?: boolean
  readonly removed?: boolean
}

export interface Segment {
  /** `gap` has stayed too, and is not shown before somebody asks. */
  readonly kind: "kept" | "added" | "removed" | "gap"
  readonly raw: string
}

const kindOf = ({ added, removed }: Change): Segment["kind"] =>
  added ? "added" : removed ? "removed" : "kept"

const lines = (text: string): ReadonlyArray<string> => text.match(/[^\n]*\n|[^\n]+/gu) ?? []

/** Lines of a gap are whole; one is worth its button from so many on. */
const LEAST = 4

const folded = (raw: string, context: number, isFirst: boolean, isLast: boolean): ReadonlyArray<Segment> => {
  const all = lines(raw)
  const head = isFirst ? 0 : context
  const tail = isLast ? 0 : context
  if (all.length - head - tail < LEAST) return [{ kind: "kept", raw }]
  const part = (kind: Segment["kind"], from: number, to: number): Segment => ({
    kind,
    raw: all.slice(from, to).join("")
  })
  return [
    part("kept", 0, head),
    part("gap", head, all.length - tail),
    part("kept", all.length - tail, all.length)
  ].filter((segment) => segment.raw !== "")
}

/** Changes as segments, with so many lines of what stayed around each. What stayed and went is the one text, what stayed and came the other. */
export const segmentsOf = (changes: ReadonlyArray<Change>, context = 2): ReadonlyArray<Segment> =>
  changes
    .filter(({ value }) => value !== "")
    .flatMap((change, index, all) => {
      const kind = kindOf(change)
      if (kind !== "kept" || all.length === 1) return [{ kind, raw: change.value }]
      return folded(change.value, context, index === 0, index === all.length - 1)
    })

/** Lines that a text ends or begins. */
export const lineCount = (text: string): number => lines(text).length
