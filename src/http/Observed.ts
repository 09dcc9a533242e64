/**
 * Owns what is said of each request from outside: the trace it belongs to, how long it took and how much of that was ours. It is
 * around everything else, and knows a request by its method and its place in the contract alone.
 */
import { Clock, Effect, Option, type Types } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { Waited } from "../core/observability/Elsewhere.ts"
import { inSpan } from "../core/observability/Spans.ts"
import { sample } from "../domain/observability/Metrics.ts"
import { Method } from "../domain/observability/Span.ts"
import { format, parse, type TraceContext } from "../domain/observability/TraceContext.ts"
import { Meter } from "../ports/Meter.ts"
import { Tracing, Within } from "../ports/Tracing.ts"
import { templateAt } from "./Methods.ts"

const methodOf = (method: string): Method => Method.literals.find((known) => known === method) ?? "_OTHER"

export const layer = HttpRouter.middleware(
  Effect.gen(function* () {
    const tracing = yield* Tracing
    const meter = yield* Meter

    const observed = Effect.fnUntraced(function* (
      handled: Effect.Effect<HttpServerResponse.HttpServerResponse, Types.unhandled>,
      request: HttpServerRequest.HttpServerRequest
    ) {
      const clock = yield* Clock.Clock
      const began = clock.monotonicTimeNanosUnsafe()
      const waited = { nanos: 0n }
      const method = methodOf(request.method)
      const route = templateAt(request.method, request.url)
      let status: number | null = null
      const about = () => ({
        "http.request.method": method,
        "url.scheme": "http" as const,
        ...(route && { "http.route": route }),
        ...(status !== null && { "http.response.status_code": status }),
        ...(status !== null && status >= 500 && { "error.type": "INTERNAL_ERROR" as const })
      })
      const answer = (
        response: HttpServerResponse.HttpServerResponse,
        within: TraceContext | null
      ): HttpServerResponse.HttpServerResponse => {
        ;({ status } = response)
        const nanos = clock.monotonicTimeNanosUnsafe() - began
        const ours = nanos > waited.nanos ? nanos - waited.nanos : 0n
        meter?.add(
          sample(
            "requestSeconds",
            { http_request_method: method, http_route: route ?? "", http_response_status_code: status },
            Number(nanos) / 1e9
          )
        )
        meter?.add(sample("overheadSeconds", {}, Number(ours) / 1e9))
        return HttpServerResponse.setHeaders(response, {
          "x-io3-overhead-us": `${ours / 1000n}`,
          ...(within && { traceparent: format(within) })
        })
      }
      const answered = Effect.flatMap(handled, (response) =>
        Effect.map(Within, (within) => answer(response, within))
      )
      const given = Option.getOrNull(parse(request.headers["traceparent"] ?? ""))
      const spanned = Effect.provideService(inSpan("request", about, answered, "server"), Waited, waited)
      // Most requests are part of nothing, and nobody traces them.
      const within = given === null ? spanned : Effect.provideService(spanned, Within, given)
      return yield* tracing === null ? within : Effect.provideService(within, Tracing, tracing)
    })

    return (handled: Effect.Effect<HttpServerResponse.HttpServerResponse, Types.unhandled>) =>
      Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => observed(handled, request))
  }),
  { global: true }
)
