/** Owns the picture of a run: its steps one below the other, each at its place in time, and the same as a table. */
import { useEffect, useRef, useState } from "preact/hooks"
import { duration } from "../format.ts"
import { strings } from "../strings.ts"
import { FONT, type Layout, layoutOf, type Row } from "./layout.ts"
import type { RunPicture } from "./run.ts"
import { sayStep } from "./saying.ts"

const words = strings.ledger.picture
/** Narrower it is not drawn, but scrolled. */
const LEAST_WIDTH = 240
/** Wider, lines are too long to be followed. */
const MOST_WIDTH = 960
const UNIT = 16

/** How wide an element is, in sixteenths of the root's font size. */
const useWidth = () => {
  const place = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(640)
  useEffect(() => {
    const element = place.current
    if (!element) return
    const look = () => {
      const unit = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / UNIT
      setWidth(Math.max(LEAST_WIDTH, Math.min(MOST_WIDTH, Math.floor(element.clientWidth / unit))))
    }
    const watch = new ResizeObserver(look)
    watch.observe(element)
    look()
    return () => watch.disconnect()
  }, [])
  return [place, width] as const
}

/** A line that goes to and fro: what it stands on is not drawn to scale. */
const zigzag = (x0: number, x1: number, y: number): string => {
  const count = Math.max(2, Math.round((x1 - x0) / 6))
  const step = (x1 - x0) / count
  const points = Array.from({ length: count + 1 }, (_, at) => {
    const rise = at === 0 || at === count ? 0 : at % 2 === 1 ? -4 : 4
    return `${(x0 + at * step).toFixed(1)},${y + rise}`
  })
  return `M${points.join("L")}`
}

const Mark = ({ row: { kind, tone, barY, x0, x1, firstTokenX, isOpen } }: { readonly row: Row }) => {
  if (kind === "moment") return <circle class={`mark ${tone}`} cx={x0} cy={barY + 5} r="4.5" />
  if (kind === "hold") return <path class="mark hold" d={zigzag(x0, x1, barY + 5)} />
  return (
    <>
      <rect
        class={`mark ${kind} ${tone} ${isOpen ? "open" : ""}`}
        x={x0}
        y={barY}
        width={x1 - x0}
        height="10"
        rx="2"
      />
      {firstTokenX !== null && firstTokenX - x0 > 3 && (
        <path class="first-token" d={`M${firstTokenX} ${barY}v10`} />
      )}
    </>
  )
}

const Axis = ({ ticks, breaks, top, height, width }: Layout) => (
  <g class="axis">
    {breaks.map(({ x0, x1, middle, label }) => (
      <g key={x0}>
        <rect class="break" x={x0} y={top} width={x1 - x0} height={height - top} />
        <path class="break-edge" d={zigzag(x0, x1, top)} />
        <text x={middle} y={top - 11} text-anchor="middle">
          {label}
        </text>
      </g>
    ))}
    {ticks.map(({ x, middle, label }) => (
      <g key={x}>
        <path class="grid" d={`M${x} ${top}V${height}`} />
        <text x={middle} y={top - 11} text-anchor="middle">
          {label}
        </text>
      </g>
    ))}
    {gapsBetween(breaks, width).map(([from, to]) => (
      <path key={from} class="base" d={`M${from} ${top}H${to}`} />
    ))}
  </g>
)

/** Where the axis is a straight line. */
const gapsBetween = (
  breaks: Layout["breaks"],
  width: number
): ReadonlyArray<readonly [from: number, to: number]> => {
  const ends = [8, ...breaks.flatMap(({ x0, x1 }) => [x0, x1]), width - 8]
  return breaks
    .map((_, at) => [ends[2 * at]!, ends[2 * at + 1]!] as const)
    .concat([[ends.at(-2)!, ends.at(-1)!]])
}

const Drawn = ({ layout, summary }: { readonly layout: Layout; readonly summary: string }) => (
  <svg
    class="picture"
    role="img"
    aria-label={summary}
    viewBox={`0 0 ${layout.width} ${layout.height}`}
    style={{ inlineSize: `${layout.width / UNIT}rem`, blockSize: `${layout.height / UNIT}rem` }}
    font-size={FONT}
  >
    <Axis {...layout} />
    {layout.rows.map((row) => (
      <g key={row.key}>
        <text class="step-title" x="8" y={row.y + 12}>
          {row.title}
        </text>
        {row.lines.map((line, at) => (
          <text
            key={at}
            class={`step-facts ${row.tone}`}
            x={at === 0 ? 8 + row.indent : 8}
            y={row.y + 12 + at * 17}
          >
            {line}
          </text>
        ))}
        <Mark row={row} />
      </g>
    ))}
  </svg>
)

const Table = ({ picture }: { readonly picture: RunPicture }) => (
  <details class="as-table">
    <summary>{words.table}</summary>
    <div class="scrolled" tabIndex={0} role="region" aria-label={words.table}>
      <table>
        <thead>
          <tr>
            <th scope="col">{words.columns.after}</th>
            <th scope="col">{words.columns.took}</th>
            <th scope="col">{words.columns.what}</th>
            <th scope="col">{words.columns.facts}</th>
          </tr>
        </thead>
        <tbody>
          {picture.steps.map((step, at) => {
            const { title, facts } = sayStep(step)
            return (
              <tr key={at}>
                <td>{duration(step.from)}</td>
                <td>{step.to > step.from && duration(step.to - step.from)}</td>
                <th scope="row">{title}</th>
                <td>{facts.join(" · ")}</td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  </details>
)

/** `ending` says how the run stands. */
export const Picture = ({ picture, ending }: { readonly picture: RunPicture; readonly ending: string }) => {
  const [place, width] = useWidth()
  const calls = picture.steps.filter(({ kind }) => kind === "call").length
  const summary = words.summary(ending, duration(picture.axis.total), calls)
  return (
    <section aria-labelledby="what-happened">
      <h2 id="what-happened">{words.title}</h2>
      <div ref={place} class="picture-place">
        <Drawn layout={layoutOf(picture, width)} summary={summary} />
      </div>
      <Table picture={picture} />
    </section>
  )
}
