/**
 * Owns where everything of a run's picture stands, in units of a sixteenth of the root's font size: one row for each step, its
 * words above its place in time. The words are of a font whose letters are all of one width, so that lines can be broken here.
 */
import { duration } from "../format.ts"
import { strings } from "../strings.ts"
import { ticksOf } from "./axis.ts"
import type { RunPicture, Step } from "./run.ts"
import { sayStep, type Tone } from "./saying.ts"

export const FONT = 12
/** Of one letter, a little more than it is. */
const LETTER = FONT * 0.62
const LINE = 17
const BAR = 10
const ROW_GAP = 13
const AXIS_HEIGHT = 28
const MARGIN = 8
/** What a bar or a mark has at least. */
const LEAST = 3

/** The look of a place in time. */
export type Kind = "moment" | "draft" | "audit" | "revision" | "capability" | "hold"

export interface Row {
  readonly key: string
  readonly kind: Kind
  readonly tone: Tone
  readonly title: string
  /** The facts beside the title, and below it; the first line stands `indent` to the right. */
  readonly lines: ReadonlyArray<string>
  readonly indent: number
  readonly y: number
  /** Where its bar begins and ends, from top and left. */
  readonly barY: number
  readonly x0: number
  readonly x1: number
  /** Where the first token came; null where there was none. */
  readonly firstTokenX: number | null
  /** Whether it goes on, or nobody knows how it ended. */
  readonly isOpen: boolean
}

/** A word over the axis: what it is of is at `x`, and its own middle at `middle`, so that it stays within the picture. */
interface Label {
  readonly x: number
  readonly middle: number
  readonly label: string
}

export interface Layout {
  readonly width: number
  readonly height: number
  readonly rows: ReadonlyArray<Row>
  readonly ticks: ReadonlyArray<Label>
  readonly breaks: ReadonlyArray<Label & { readonly x0: number; readonly x1: number }>
  readonly top: number
}

/** Facts in as few lines as hold them; one that is longer than a line is broken. */
export const linesOf = (
  facts: ReadonlyArray<string>,
  first: number,
  width: number
): ReadonlyArray<string> => {
  const room = (line: number) => Math.max(8, Math.floor((line === 0 ? width - first : width) / LETTER))
  const lines: Array<string> = []
  let line = ""
  for (const fact of facts) {
    const longer = line === "" ? fact : `${line} · ${fact}`
    if (longer.length <= room(lines.length)) {
      line = longer
      continue
    }
    if (line !== "" || lines.length === 0) lines.push(line)
    line = fact
    while (line.length > room(lines.length)) {
      const size = room(lines.length)
      lines.push(line.slice(0, size))
      line = line.slice(size)
    }
  }
  return line === "" ? lines : [...lines, line]
}

const kindOf = (step: Step): Kind => (step.kind === "call" ? step.intended.purpose : step.kind)

const isOpen = (step: Step): boolean =>
  (step.kind === "hold" && step.isOpen) || (step.kind === "call" && step.settled === null)

export const layoutOf = ({ steps, axis }: RunPicture, width: number): Layout => {
  const inner = width - 2 * MARGIN
  const x = (moment: number) => MARGIN + axis.at(moment) * inner
  let y = AXIS_HEIGHT + ROW_GAP / 2
  const rows = steps.map((step, index): Row => {
    const { title, facts, tone } = sayStep(step)
    const indent = Math.ceil((title.length + 1) * LETTER)
    const lines = linesOf(facts, indent, inner)
    const barY = y + LINE * Math.max(1, lines.length) + 1
    const top = y
    y = barY + BAR + ROW_GAP
    const x0 = x(step.from)
    const first = step.kind === "call" ? (step.settled?.firstTokenMillis ?? null) : null
    return {
      key: `${index}`,
      kind: kindOf(step),
      tone,
      title,
      lines,
      indent,
      y: top,
      barY,
      x0: Math.min(x0, width - MARGIN - LEAST),
      x1: Math.min(width - MARGIN, Math.max(x(step.to), x0 + LEAST)),
      firstTokenX: first === null ? null : x(Math.min(step.to, step.from + first)),
      isOpen: isOpen(step)
    }
  })
  const labelled = (at: number, label: string): Label => {
    const half = (label.length * LETTER) / 2
    return { x: at, middle: Math.max(half, Math.min(width - half, at)), label }
  }
  const breaks = axis.pieces
    .filter(({ isBroken }) => isBroken)
    .map(({ from, to }) => {
      const [x0, x1] = [x(from), x(to)]
      return { x0, x1, ...labelled((x0 + x1) / 2, duration(to - from)) }
    })
  const ticks = ticksOf(axis, Math.min(0.5, 76 / inner))
    .map((tick) => labelled(x(tick), tick === 0 ? strings.ledger.picture.start : duration(tick)))
    .filter((tick) => breaks.every((broken) => areApart(tick, broken)))
  return { width, height: y, rows, ticks, breaks, top: AXIS_HEIGHT }
}

/** Whether two words have a letter's room between them. */
const areApart = (one: Label, other: Label): boolean =>
  Math.abs(one.middle - other.middle) >= ((one.label.length + other.label.length) / 2 + 1) * LETTER
