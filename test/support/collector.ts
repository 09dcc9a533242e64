/** Owns an OpenTelemetry collector for tests: it takes what it is sent over HTTP and JSON, or is slow, or refuses. */
import { Effect, Schema, type Scope } from "effect"
import { once } from "node:events"
import { createServer, type IncomingHttpHeaders } from "node:http"
import type { AddressInfo } from "node:net"

const Value = Schema.Struct({
  stringValue: Schema.optionalKey(Schema.String),
  intValue: Schema.optionalKey(Schema.Union([Schema.Number, Schema.String])),
  doubleValue: Schema.optionalKey(Schema.Number),
  boolValue: Schema.optionalKey(Schema.Boolean),
  arrayValue: Schema.optionalKey(Schema.Struct({ values: Schema.Array(Schema.Unknown) }))
})
const Pair = Schema.Struct({ key: Schema.String, value: Value })
const Pairs = Schema.Array(Pair)

const SentSpan = Schema.Struct({
  traceId: Schema.String.check(Schema.isPattern(/^[0-9a-f]{32}$/)),
  spanId: Schema.String.check(Schema.isPattern(/^[0-9a-f]{16}$/)),
  parentSpanId: Schema.optionalKey(Schema.String.check(Schema.isPattern(/^[0-9a-f]{16}$/))),
  name: Schema.String,
  kind: Schema.Literals([1, 2, 3]),
  startTimeUnixNano: Schema.String.check(Schema.isPattern(/^[0-9]{16,20}$/)),
  endTimeUnixNano: Schema.String.check(Schema.isPattern(/^[0-9]{16,20}$/)),
  attributes: Pairs,
  droppedAttributesCount: Schema.Literal(0),
  // No exception, and nothing else that an event could hold.
  events: Schema.Tuple([]),
  droppedEventsCount: Schema.Literal(0),
  status: Schema.Struct({ code: Schema.Literals([0, 2]), message: Schema.optionalKey(Schema.String) }),
  links: Schema.Tuple([]),
  droppedLinksCount: Schema.Literal(0)
})
export type SentSpan = typeof SentSpan.Type

const Resource = Schema.Struct({ attributes: Pairs, droppedAttributesCount: Schema.Literal(0) })
const SentTraces = Schema.Struct({
  resourceSpans: Schema.Array(
    Schema.Struct({
      resource: Resource,
      scopeSpans: Schema.Array(
        Schema.Struct({
          scope: Schema.Struct({ name: Schema.Literal("io-iii"), version: Schema.String }),
          spans: Schema.Array(SentSpan)
        })
      )
    })
  )
})

const Point = Schema.Struct({ attributes: Pairs })
const Points = Schema.optionalKey(Schema.Struct({ dataPoints: Schema.Array(Point) }))
const SentMetric = Schema.Struct({
  name: Schema.String,
  unit: Schema.String,
  gauge: Points,
  sum: Points,
  histogram: Points
})
const SentMetrics = Schema.Struct({
  resourceMetrics: Schema.Array(
    Schema.Struct({
      resource: Resource,
      scopeMetrics: Schema.Array(Schema.Struct({ metrics: Schema.Array(SentMetric) }))
    })
  )
})

export interface Collector {
  readonly url: string
  readonly connections: () => number
  readonly received: ReadonlyArray<{
    readonly path: string
    readonly headers: IncomingHttpHeaders
    readonly body: Buffer
  }>
  /** Every span that came, in the order in which it did. */
  readonly spans: () => ReadonlyArray<SentSpan>
  readonly metrics: () => ReadonlyArray<typeof SentMetric.Type>
}

const strict = { onExcessProperty: "error" } as const
const traces = Schema.decodeUnknownSync(Schema.fromJsonString(SentTraces))
const metrics = Schema.decodeUnknownSync(Schema.fromJsonString(SentMetrics))

/** `manner` says how it meets a request. */
export const collector = Effect.fnUntraced(function* (
  manner: "takes" | "silent" | "refuses" = "takes"
): Effect.fn.Return<Collector, never, Scope.Scope> {
  const received: Array<Collector["received"][number]> = []
  let connections = 0
  const server = createServer((request, response) => {
    const pieces: Array<Buffer> = []
    request.on("data", (piece: Buffer) => pieces.push(piece))
    request.on("end", () => {
      received.push({ path: request.url ?? "", headers: request.headers, body: Buffer.concat(pieces) })
      if (manner === "takes") response.end("{}")
      if (manner === "refuses") response.writeHead(400).end("no")
    })
  })
  server.on("connection", () => connections++)
  yield* Effect.acquireRelease(
    Effect.promise(() => once(server.listen(0, "127.0.0.1"), "listening")),
    () =>
      Effect.promise(() => {
        server.closeAllConnections()
        return once(server.close(), "close")
      })
  )
  const { port } = server.address() as AddressInfo
  const at = (path: string) => received.filter((one) => one.path === path).map(({ body }) => body.toString())
  return {
    url: `http://127.0.0.1:${port}`,
    connections: () => connections,
    received,
    spans: () =>
      at("/v1/traces").flatMap((body) =>
        traces(body, strict).resourceSpans.flatMap(({ scopeSpans }) =>
          scopeSpans.flatMap(({ spans }) => spans)
        )
      ),
    metrics: () =>
      at("/v1/metrics").flatMap((body) =>
        metrics(body).resourceMetrics.flatMap(({ scopeMetrics }) =>
          scopeMetrics.flatMap((one) => one.metrics)
        )
      )
  }
})

/** What one attribute of a span says. */
export const said = ({ attributes }: SentSpan, key: string): unknown => {
  const value = attributes.find((pair) => pair.key === key)?.value
  return value && Object.values(value)[0]
}

/** A span's name with those of what is within it, in the order of their beginnings. */
export interface Tree {
  readonly name: string
  readonly within: ReadonlyArray<Tree>
}

export const treeOf = (spans: ReadonlyArray<SentSpan>, root: SentSpan): Tree => ({
  name: root.name,
  within: spans
    .filter(({ parentSpanId, traceId }) => parentSpanId === root.spanId && traceId === root.traceId)
    .toSorted((one, other) => Number(BigInt(one.startTimeUnixNano) - BigInt(other.startTimeUnixNano)))
    .map((span) => treeOf(spans, span))
})

/** As one line: `run(accept draft(chat))`. */
export const written = ({ name, within }: Tree): string =>
  within.length === 0 ? name : `${name}(${within.map(written).join(" ")})`
