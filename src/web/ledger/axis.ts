/** Owns how time becomes place in a picture: in proportion where something was done, and broken where there was long nothing. */

/** From one moment to another, in milliseconds since the beginning. */
export interface Interval {
  readonly from: number
  readonly to: number
}

/** A part of the axis: `x` from 0 to 1. */
interface Piece extends Interval {
  readonly x0: number
  readonly x1: number
  readonly isBroken: boolean
}

export interface Axis {
  readonly total: number
  readonly pieces: ReadonlyArray<Piece>
  /** Where a moment is; the same or further right the later it is. */
  readonly at: (moment: number) => number
}

/** A shorter pause is drawn as long as it was. */
const LEAST_BREAK = 1000
/** What a broken pause takes of the width, and all of them together at most. */
const BREAK_WIDTH = 0.14
const BREAKS_WIDTH = 0.5

/** What lies between intervals, from 0 to `total`. */
export const gapsOf = (work: ReadonlyArray<Interval>, total: number): ReadonlyArray<Interval> => {
  const gaps: Array<Interval> = []
  let end = 0
  for (const { from, to } of work.toSorted((a, b) => a.from - b.from)) {
    if (from > end) gaps.push({ from: end, to: from })
    end = Math.max(end, to)
  }
  if (total > end) gaps.push({ from: end, to: total })
  return gaps
}

/** `work` is what was done, within `total` milliseconds. */
export const axisOf = (work: ReadonlyArray<Interval>, total: number): Axis => {
  const gaps = gapsOf(work, total)
  const active = total - gaps.reduce((sum, { from, to }) => sum + to - from, 0)
  const breaks = gaps.filter(({ from, to }) => to - from > Math.max(LEAST_BREAK, active))
  const kept = total - breaks.reduce((sum, { from, to }) => sum + to - from, 0)
  const share =
    breaks.length === 0
      ? 0
      : kept === 0
        ? 1 / breaks.length
        : Math.min(BREAK_WIDTH, BREAKS_WIDTH / breaks.length)
  const perMilli = kept === 0 ? 0 : (1 - share * breaks.length) / kept

  const pieces: Array<Piece> = []
  let x = 0
  let end = 0
  const add = (from: number, to: number, width: number, isBroken: boolean) => {
    if (to > from) pieces.push({ from, to, x0: x, x1: Math.min(1, x + width), isBroken })
    x = Math.min(1, x + width)
    end = to
  }
  for (const { from, to } of breaks) {
    add(end, from, (from - end) * perMilli, false)
    add(from, to, share, true)
  }
  add(end, total, (total - end) * perMilli, false)

  const at = (moment: number): number => {
    const piece = pieces.find(({ to }) => moment <= to)
    if (!piece) return total === 0 ? 0 : 1
    const part = Math.max(0, (moment - piece.from) / (piece.to - piece.from))
    return piece.x0 + part * (piece.x1 - piece.x0)
  }
  return { total, pieces, at }
}

const STEPS = [1, 2, 5]

/** A round number of milliseconds of which about `count` fit into so long a time. */
const roundStep = (millis: number, count: number): number => {
  const least = millis / count
  const power = 10 ** Math.floor(Math.log10(Math.max(1, least)))
  return (STEPS.find((step) => step * power >= least) ?? 10) * power
}

/** Moments to be named on the axis, at least `apart` of its width from each other; none within a break. */
export const ticksOf = ({ pieces, at }: Axis, apart: number): ReadonlyArray<number> => {
  const ticks: Array<number> = []
  for (const { from, to, x0, x1, isBroken } of pieces) {
    if (isBroken) continue
    const step = roundStep(to - from, Math.max(1, Math.floor((x1 - x0) / apart)))
    const first = Math.ceil(from / step) * step
    for (const tick of [
      from,
      ...Array.from({ length: Math.max(0, Math.floor((to - first) / step) + 1) }, (_, n) => first + n * step)
    ]) {
      const last = ticks.at(-1)
      if (last === undefined || at(tick) - at(last) >= apart) ticks.push(tick)
    }
  }
  return ticks
}
