/**
 * Owns the conversation with an OpenTelemetry collector, over OTLP and HTTP. Only `Span`s and the counts of our own registry go
 * there: no log, no exception, and no span of anybody else's tracer.
 *
 * This module brings the HTTP client with it: import it where telemetry is wanted, not before.
 */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { ConfigProvider, Effect, Layer, Metric, References } from "effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as OtlpExporter from "effect/observability/OtlpExporter"
import * as OtlpMetrics from "effect/observability/OtlpMetrics"
import * as OtlpResource from "effect/observability/OtlpResource"
import * as OtlpSerialization from "effect/observability/OtlpSerialization"
import { randomFillSync } from "node:crypto"
import { isSampled, type SpanId, type TraceId } from "../../domain/observability/TraceContext.ts"
import { Tracing } from "../../ports/Tracing.ts"
import type { Destination, Metrics, Traces, Wanted } from "./Environment.ts"
import { traceData } from "./SpanForm.ts"
import * as SpanSender from "./SpanSender.ts"

type Resource = Wanted["resource"]
type Told = Parameters<typeof SpanSender.make>[2]

const serialization = ({ protocol }: Destination) =>
  protocol === "http/json" ? OtlpSerialization.layerJson : OtlpSerialization.layerProtobuf

/** No proxy is asked and no redirect followed. A span of the client would hold the address. */
const client = Layer.effect(
  HttpClient.HttpClient,
  Effect.gen(function* () {
    const dispatcher = yield* NodeHttpClient.makeDispatcherOptions({ connect: { timeout: 5000 } })
    const made = yield* NodeHttpClient.makeUndici.pipe(
      Effect.provideService(NodeHttpClient.Dispatcher, dispatcher)
    )
    return HttpClient.transformResponse(
      made,
      Effect.provideService(HttpClient.TracerDisabledWhen, () => true)
    )
  })
)

/** Traces, as long as the scope. */
export const traces = (wanted: Traces, resource: Resource, version: string, told: Told): Layer.Layer<never> =>
  Layer.effect(
    Tracing,
    Effect.gen(function* () {
      const http = HttpClient.filterStatusOk(yield* HttpClient.HttpClient)
      const { traces: encode } = yield* OtlpSerialization.OtlpSerialization
      const about = OtlpResource.make({ ...resource, serviceVersion: version })
      const scope = { name: "io-iii", version }
      const post = HttpClientRequest.post(wanted.url, { headers: wanted.headers })
      const sender = yield* SpanSender.make(
        wanted,
        (spans) =>
          Effect.suspend(() => {
            const request = HttpClientRequest.setBody(post, encode(traceData(about, scope, spans)))
            return wanted.compression === "gzip"
              ? HttpClientRequest.compressBody(request, "gzip")
              : Effect.succeed(request)
          }).pipe(
            Effect.flatMap((request) => http.execute(request)),
            Effect.flatMap((response) => response.arrayBuffer),
            Effect.timeout(wanted.timeoutMillis),
            Effect.as(true),
            Effect.catchCause(() => Effect.succeed(false))
          ),
        told
      )
      const ids = new Ids()
      return {
        begin: (parent) => {
          const trace = parent?.trace ?? (ids.next(32) as TraceId)
          return { trace, span: ids.next(16) as SpanId, sampled: isSampled(wanted.sampler, trace, parent) }
        },
        end: sender.take
      }
    })
  ).pipe(Layer.provide(client), Layer.provide(serialization(wanted)))

/** The counts of a registry, every so often and at the end. */
export const metrics = (
  wanted: Metrics,
  resource: Resource,
  version: string,
  registry: Metric.MetricRegistry
): Layer.Layer<never> =>
  Layer.effectDiscard(
    OtlpMetrics.make({
      url: wanted.url,
      headers: wanted.headers,
      compression: wanted.compression,
      resource: { ...resource, serviceVersion: version },
      exportInterval: wanted.intervalMillis,
      temporality: wanted.temporality,
      shutdownTimeout: SpanSender.LAST_MILLIS
    }).pipe(
      Effect.provideService(Metric.MetricRegistry, registry),
      // What the environment says has been read, and what cannot be read there is no reason to stop.
      Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromUnknown({})),
      // It would log what a failed request was.
      Effect.provideService(References.MinimumLogLevel, "None")
    )
  ).pipe(
    Layer.provide(OtlpExporter.layerFlusher),
    Layer.provide(Layer.effect(HttpClient.HttpClient, Effect.map(HttpClient.HttpClient, inTime(wanted)))),
    Layer.provide(client),
    Layer.provide(withoutUnits(wanted))
  )

const inTime = ({ timeoutMillis: duration }: Destination) =>
  HttpClient.transformResponse(
    Effect.timeoutOrElse({ duration, orElse: () => Effect.die(new TypeError("too slow")) })
  )

/** The unit of a metric is said once, and is no attribute of each of its points. */
const withoutUnits = (wanted: Destination) =>
  Layer.effect(
    OtlpSerialization.OtlpSerialization,
    Effect.map(OtlpSerialization.OtlpSerialization, (made) => ({
      ...made,
      metrics: (data: OtlpMetrics.MetricsData) => {
        for (const { scopeMetrics } of data.resourceMetrics)
          for (const { metrics } of scopeMetrics)
            for (const { gauge, sum, histogram } of metrics)
              for (const point of (gauge ?? sum ?? histogram)?.dataPoints ?? [])
                point.attributes = (point.attributes ?? []).filter(({ key }) => key !== "unit")
        return made.metrics(data)
      }
    }))
  ).pipe(Layer.provide(serialization(wanted)))

/** Random ids, drawn many at a time: one at a time they cost more than the rest of a span. */
class Ids {
  #digits = ""
  #at = 0

  /** So many digits, not all of them zero. */
  next(digits: number): string {
    if (this.#at + digits > this.#digits.length) {
      this.#digits = Buffer.from(randomFillSync(new Uint8Array(POOL)).buffer).toString("hex")
      this.#at = 0
    }
    const id = this.#digits.slice(this.#at, (this.#at += digits))
    return /[^0]/u.test(id) ? id : this.next(digits)
  }
}
const POOL = 2048
