/** Owns how a span looks on the wire of OTLP. It says what the span says, and nothing else. */
import type { KeyValue, Resource } from "effect/observability/OtlpResource"
import type { TraceData } from "effect/observability/OtlpTracer"
import { type Attributes, type Span, titleOf } from "../../domain/observability/Span.ts"

type WireSpan = TraceData["resourceSpans"][number]["scopeSpans"][number]["spans"][number]

/** Spans of one process, as they are sent together. */
export const traceData = (
  resource: Resource,
  scope: { readonly name: string; readonly version: string },
  spans: ReadonlyArray<Span>
): TraceData => ({ resourceSpans: [{ resource, scopeSpans: [{ scope, spans: spans.map(wireSpan) }] }] })

const KINDS = { internal: 1, server: 2, client: 3 } as const
const STATUSES = { unset: 0, error: 2 } as const

const wireSpan = (span: Span): WireSpan => ({
  traceId: span.trace,
  spanId: span.span,
  parentSpanId: span.parent ?? undefined,
  name: titleOf(span),
  kind: KINDS[span.kind],
  startTimeUnixNano: nanos(span.start),
  endTimeUnixNano: nanos(span.end),
  attributes: pairs(span.attributes),
  droppedAttributesCount: 0,
  events: [],
  droppedEventsCount: 0,
  status: {
    code: STATUSES[span.status],
    ...(span.attributes["error.type"] && { message: span.attributes["error.type"] })
  },
  links: [],
  droppedLinksCount: 0
})

const nanos = (micros: number): string => `${micros}000`

const pairs = (attributes: Attributes): Array<KeyValue> =>
  Object.entries(attributes).map(([key, value]) => ({ key, value: leaf(value) }))

type Leaf = Exclude<Attributes[keyof Attributes], undefined>

const leaf = (value: Leaf): KeyValue["value"] => {
  if (typeof value === "string") return { stringValue: value }
  if (typeof value === "boolean") return { boolValue: value }
  if (typeof value === "number") return { intValue: value }
  return { arrayValue: { values: value.map((stringValue) => ({ stringValue })) } }
}
