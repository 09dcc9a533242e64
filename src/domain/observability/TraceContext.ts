/** Owns the trace that a piece of work belongs to: how it is read from a header, how it is written, and whether it is kept. */
import { Option, Schema } from "effect"

/** One trace: 128 bits in lower-case hex, not all of them zero. */
export const TraceId = Schema.String.pipe(
  Schema.check(Schema.isPattern(/^[0-9a-f]{32}$/)),
  Schema.brand("TraceId")
)
export type TraceId = typeof TraceId.Type

/** One span of a trace: 64 bits in lower-case hex, not all of them zero. */
export const SpanId = Schema.String.pipe(
  Schema.check(Schema.isPattern(/^[0-9a-f]{16}$/)),
  Schema.brand("SpanId")
)
export type SpanId = typeof SpanId.Type

/** The span that whatever comes next is part of. */
export interface TraceContext {
  readonly trace: TraceId
  readonly span: SpanId
  /** Whether its spans are kept. */
  readonly sampled: boolean
}

const FORM = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/u
const NOTHING = /^0+$/u

/** A `traceparent` as W3C Trace Context has it; `None` for anything else. Of a later version only what this one knows is read. */
export const parse = (header: string): Option.Option<TraceContext> => {
  const [, version, trace = "", span = "", flags = "", more] = FORM.exec(header) ?? []
  if (version === undefined || version === "ff" || (version === "00" && more !== undefined))
    return Option.none()
  if (NOTHING.test(trace) || NOTHING.test(span)) return Option.none()
  return Option.some({
    trace: TraceId.make(trace),
    span: SpanId.make(span),
    sampled: (Number.parseInt(flags, 16) & 1) === 1
  })
}

/** The header for whoever is called from within a span. */
export const format = ({ trace, span, sampled }: TraceContext): string =>
  `00-${trace}-${span}-${sampled ? "01" : "00"}`

/** Which traces are kept: all, none, or a share of them; `parentBased` follows whoever began the trace, where somebody has. */
export interface Sampler {
  readonly parentBased: boolean
  /** From 0 to 1. */
  readonly ratio: number
}

/** The same for every span of a trace, wherever it is asked: the share is taken of the trace's own bits. */
export const isSampled = (
  { parentBased, ratio }: Sampler,
  trace: TraceId,
  parent: TraceContext | null
): boolean => {
  if (parentBased && parent) return parent.sampled
  return Number.parseInt(trace.slice(-13), 16) < ratio * 2 ** 52
}
