/** Owns how changes between two texts are written down, so that `patch` can make one of the other. */
import { type Change, changesOf, linesOf } from "./LineDiff.ts"

export interface Difference {
  /** Empty where nothing differs. */
  readonly diff: string
  readonly added: number
  readonly removed: number
  readonly hunks: number
}

/** The difference with so many unchanged lines around each change. */
export const unified = (before: string, after: string, context: number): Difference => {
  const [old, young] = [linesOf(before), linesOf(after)]
  const changes = changesOf(old, young)
  const hunks = grouped(changes, context)
  const sum = (of: (change: Change) => number) => changes.reduce((total, change) => total + of(change), 0)
  return {
    diff:
      hunks.length === 0
        ? ""
        : ["--- before\n", "+++ after\n", ...hunks.map((hunk) => written(hunk, old, young, context))].join(
            ""
          ),
    added: sum(({ added }) => added),
    removed: sum(({ removed }) => removed),
    hunks: hunks.length
  }
}

type Hunk = readonly [Change, ...Array<Change>]

/** Changes whose surroundings touch stand together. */
const grouped = (changes: ReadonlyArray<Change>, context: number): ReadonlyArray<Hunk> => {
  const hunks: Array<[Change, ...Array<Change>]> = []
  let end = -Infinity
  for (const change of changes) {
    const last = hunks.at(-1)
    if (last && change.before - end <= 2 * context) last.push(change)
    else hunks.push([change])
    end = change.before + change.removed
  }
  return hunks
}

const written = (
  hunk: Hunk,
  old: ReadonlyArray<string>,
  young: ReadonlyArray<string>,
  context: number
): string => {
  const [first] = hunk
  const last = hunk.at(-1) ?? first
  const lead = Math.min(context, first.before)
  const tail = Math.min(context, old.length - last.before - last.removed)
  const from = { before: first.before - lead, after: first.after - lead }
  const to = { before: last.before + last.removed + tail, after: last.after + last.added + tail }
  const lines: Array<string> = []
  const write = (sign: string, part: ReadonlyArray<string>) => {
    for (const line of part) {
      lines.push(sign + (line.endsWith("\n") ? line : `${line}\n\\ No newline at end of file\n`))
    }
  }
  let at = from.before
  for (const { before, removed, after, added } of hunk) {
    write(" ", old.slice(at, before))
    write("-", old.slice(before, before + removed))
    write("+", young.slice(after, after + added))
    at = before + removed
  }
  write(" ", old.slice(at, to.before))
  const place = `@@ -${range(from.before, to.before)} +${range(from.after, to.after)} @@\n`
  return place + lines.join("")
}

/** Lines are counted from one; where there are none, the one before is named. */
const range = (from: number, to: number): string => {
  const count = to - from
  if (count === 1) return String(from + 1)
  return `${count === 0 ? from : from + 1},${count}`
}
