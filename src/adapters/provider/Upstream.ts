/**
 * Owns one HTTP exchange with a server that is not trusted: how long it may take, how much it may send, and what a
 * broken connection means. It knows no provider's protocol.
 *
 * This module brings the HTTP client with it: import it when a call is made, not before.
 */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { Effect, Predicate, type Scope, Stream } from "effect"
import * as HttpClient from "effect/http/HttpClient"
import type { HttpClientError } from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import { format } from "../../domain/observability/TraceContext.ts"
import { ProviderFailure } from "../../ports/Provider.ts"
import { Passed } from "../../ports/Tracing.ts"

const MAX_HEADER_BYTES = 16 * 1024
const CONNECT_MILLIS = 10_000

export interface Exchange {
  readonly method: "GET" | "POST"
  readonly url: string
  /** JSON text, sent as UTF-8. */
  readonly body: string | null
  /** Beside those of every exchange. A key is in here, so they are shown nowhere. */
  readonly headers?: Readonly<Record<string, string>>
  /** From the start of the exchange to the status line. */
  readonly firstByteMillis: number
  /** Between two pieces of the body. */
  readonly idleMillis: number
  readonly maxBytes: number
}

export interface Reply {
  readonly status: number
  /** How long the server wants to be left alone, in milliseconds; null where it does not say. */
  readonly retryAfterMillis: number | null
  /** The body as it arrives. To be run once; ending or interrupting it early closes the connection. */
  readonly bytes: Stream.Stream<Uint8Array, ProviderFailure>
}

export interface Upstream {
  /**
   * Sends and waits for the status line. Redirects are replies like any other: none is followed. Interrupting it
   * closes the connection.
   */
  readonly send: (exchange: Exchange) => Effect.Effect<Reply, ProviderFailure>
}

/** Opens a pool of connections of its own. No proxy is asked, whatever the environment says. */
export const make: Effect.Effect<Upstream, never, Scope.Scope> = Effect.gen(function* () {
  const dispatcher = yield* NodeHttpClient.makeDispatcherOptions({
    maxHeaderSize: MAX_HEADER_BYTES,
    connect: { timeout: CONNECT_MILLIS }
  })
  const client = yield* NodeHttpClient.makeUndici.pipe(
    Effect.provideService(NodeHttpClient.Dispatcher, dispatcher)
  )

  const send = Effect.fnUntraced(function* (exchange: Exchange): Effect.fn.Return<Reply, ProviderFailure> {
    const passed = yield* Passed
    const request = HttpClientRequest.make(exchange.method)(exchange.url, {
      headers: {
        ...exchange.headers,
        "accept-encoding": "identity",
        ...(passed && { traceparent: format(passed) })
      }
    })
    const response = yield* client
      .execute(
        exchange.body === null
          ? request
          : HttpClientRequest.bodyText(request, exchange.body, "application/json")
      )
      .pipe(
        Effect.mapError(meaning),
        Effect.timeoutOrElse({
          duration: exchange.firstByteMillis,
          orElse: () => Effect.fail(failed("PROVIDER_TIMEOUT", "first_byte_timeout"))
        }),
        // A span of the client would hold the address.
        Effect.provideService(HttpClient.TracerDisabledWhen, () => true)
      )
    const bytes = response.stream.pipe(
      Stream.mapError(meaning),
      Stream.timeoutOrElse({
        duration: exchange.idleMillis,
        orElse: () => Stream.fail(failed("PROVIDER_TIMEOUT"))
      }),
      Stream.limitBytes(exchange.maxBytes, () => Stream.fail(failed("PROVIDER_BAD_RESPONSE")))
    )
    // Nothing was asked for but the plain text: an encoding is a breach, and a way to send more than is counted.
    const encoding = response.headers["content-encoding"] ?? "identity"
    return {
      status: response.status,
      retryAfterMillis: millisOf(response.headers["retry-after"]),
      bytes:
        encoding === "identity"
          ? bytes
          : Stream.mapEffect(bytes, () => Effect.fail(failed("PROVIDER_BAD_RESPONSE")))
    }
  })

  return { send }
})

/** Seconds, as every provider in use says it; a date would be of another clock. */
const millisOf = (retryAfter: string | undefined): number | null =>
  retryAfter !== undefined && /^\d{1,9}(\.\d{1,9})?$/.test(retryAfter)
    ? Math.ceil(Number(retryAfter) * 1000)
    : null

const failed = (
  code: ProviderFailure["code"],
  fallback: ProviderFailure["fallback"] = null
): ProviderFailure => new ProviderFailure({ code, fallback })

/**
 * What a transport error means. Only an error from before there was a connection is known to have cost nothing;
 * the rest is unknown, unless what came was not HTTP.
 */
const meaning = (error: HttpClientError): ProviderFailure => {
  if (error.reason._tag === "InvalidUrlError") return failed("PROVIDER_UNAVAILABLE")
  const cause: unknown = error.reason.cause
  // Of several addresses that were tried, the first one speaks for all.
  const first: unknown = cause instanceof AggregateError ? cause.errors[0] : cause
  const code = word(first, "code") || word(first, "name")
  const syscall = word(first, "syscall")
  if (code === "ECONNREFUSED") return failed("PROVIDER_UNAVAILABLE", "connection_refused")
  if (unconnected.test(code) || syscall === "connect" || syscall === "getaddrinfo") {
    return failed("PROVIDER_UNAVAILABLE")
  }
  return failed(notHttp.test(code) ? "PROVIDER_BAD_RESPONSE" : "PROVIDER_OUTCOME_UNKNOWN")
}
const unconnected =
  /^(UND_ERR_CONNECT_TIMEOUT|ERR_TLS_|ERR_SSL_|EPROTO|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/
const notHttp = /^(HPE_|HTTPParserError|UND_ERR_HEADERS_OVERFLOW)/

const word = (error: unknown, key: "code" | "name" | "syscall"): string =>
  Predicate.hasProperty(error, key) && Predicate.isString(error[key]) ? error[key] : ""
