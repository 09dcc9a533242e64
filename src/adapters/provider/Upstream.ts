/**
 * Owns one HTTP exchange with a server that is not trusted: how it is asked, how long it may take, and how much
 * it may send. It knows no provider's protocol.
 *
 * This module brings the HTTP client with it: import it when a call is made, not before.
 */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { Cause, Effect, type Pull, type Scope, Stream } from "effect"
import { format } from "../../domain/observability/TraceContext.ts"
import type { ProviderFailure } from "../../ports/Provider.ts"
import { Passed } from "../../ports/Tracing.ts"
import { Arrival, failed, meaning, type Pieces } from "./Arrival.ts"

const MAX_HEADER_BYTES = 16 * 1024
const CONNECT_MILLIS = 10_000
/** Longer than any that is waited: a reply has its own limits. */
const NO_LIMIT = { headersTimeout: 60 * 60 * 1000, bodyTimeout: 0 }

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
  /** For all of it. */
  readonly wallMillis: number
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

  const begin = ({ method, url, body, headers, wallMillis }: Exchange, traceparent: string | null) => {
    const arrival = new Arrival(wallMillis)
    try {
      const { origin, pathname, search } = new URL(url)
      dispatcher.dispatch(
        {
          ...NO_LIMIT,
          method,
          origin,
          path: pathname + search,
          body,
          headers: {
            ...headers,
            ...(body !== null && { "content-type": "application/json" }),
            "accept-encoding": "identity",
            ...(traceparent !== null && { traceparent })
          }
        },
        arrival
      )
    } catch (error) {
      arrival.giveUp(error instanceof TypeError ? failed("PROVIDER_UNAVAILABLE") : meaning(error))
    }
    return arrival
  }

  const send = (exchange: Exchange): Effect.Effect<Reply, ProviderFailure> =>
    Effect.withFiber((fiber) => {
      const passed = fiber.getRef(Passed)
      const arrival = begin(exchange, passed && format(passed))
      return Effect.map(arrival.begun(exchange.firstByteMillis, late), () => replyIn(arrival, exchange))
    })

  return { send }
})

// Made once: a failure takes a stack, and few exchanges need one.
const late = failed("PROVIDER_TIMEOUT", "first_byte_timeout")
const breach = failed("PROVIDER_BAD_RESPONSE")
const left = failed("PROVIDER_OUTCOME_UNKNOWN")

const replyIn = (arrival: Arrival, { idleMillis, maxBytes }: Exchange): Reply => {
  // Nothing was asked for but the plain text: an encoding is a breach, and a way to send more than is counted.
  const isPlain = (textOf(arrival.headers["content-encoding"]) ?? "identity") === "identity"
  let bytes = isPlain ? 0 : Infinity
  const taken = (pieces: Pieces | null): Pull.Pull<Pieces, ProviderFailure> => {
    if (pieces === null) return Cause.done()
    const [first, ...rest] = pieces.filter(({ length }) => (bytes += length) <= maxBytes)
    return first ? Effect.succeed([first, ...rest]) : Effect.fail(breach)
  }
  const pull = Effect.suspend((): Pull.Pull<Pieces, ProviderFailure> =>
    bytes > maxBytes ? Effect.fail(breach) : Effect.flatMap(arrival.next(idleMillis), taken)
  )
  return {
    status: arrival.status ?? 0,
    retryAfterMillis: millisOf(textOf(arrival.headers["retry-after"])),
    bytes: Stream.ensuring(
      Stream.fromPull(Effect.succeed(pull)),
      Effect.sync(() => arrival.giveUp(left))
    )
  }
}

/** A header that comes twice is as good as one that is not there. */
const textOf = (header: string | ReadonlyArray<string> | undefined): string | undefined =>
  typeof header === "string" ? header : undefined

/** Seconds, as every provider in use says it; a date would be of another clock. */
const millisOf = (retryAfter: string | undefined): number | null =>
  retryAfter !== undefined && /^\d{1,9}(\.\d{1,9})?$/.test(retryAfter)
    ? Math.ceil(Number(retryAfter) * 1000)
    : null
