/**
 * Owns one POST to an address that somebody has configured and nobody vouches for: where it may go, how long it may take, and
 * how much of the answer is read. It follows no redirect and keeps no connection.
 */
import { Clock, Effect, Predicate } from "effect"
import { lookup } from "node:dns"
import { type IncomingMessage, request as plainRequest, type RequestOptions } from "node:http"
import { request as tlsRequest } from "node:https"
import { isIP, type LookupFunction } from "node:net"
import { kindOf } from "../../domain/webhook/Address.ts"
import type { Attempt, AttemptFailure } from "../../domain/webhook/Delivery.ts"

const MAX_HEADER_BYTES = 16 * 1024
/** Of an answer nothing but the status counts; a receiver may say so much more, for so long, before it is hung up on. */
const MAX_BODY_BYTES = 64 * 1024
const BODY_MILLIS = 1000

export interface Posting {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** From the start to the status of the answer. */
  readonly timeoutMillis: number
  /** Whether the receiver may be on this machine or in a private network. */
  readonly allowPrivate: boolean
  /** Who knows the addresses of a name; the system, unless a test does. */
  readonly resolve?: typeof lookup
}

/** Takes a message where it is to go. */
export type Post = (posting: Posting) => Effect.Effect<Attempt>

/** Never fails. Interrupting it closes the connection. */
export const post: Post = (posting) => Effect.flatMap(Clock.currentTimeMillis, (now) => postAt(posting, now))

const postAt = (
  { url, headers, body, timeoutMillis, allowPrivate, resolve = lookup }: Posting,
  now: number
) =>
  Effect.callback<Attempt>((resume) => {
    const admits = (address: string): boolean => {
      const kind = kindOf(address)
      return kind === "public" || (kind === "private" && allowPrivate)
    }
    const target = URL.parse(url)
    if (!target) return resume(Effect.succeed(failed("unreachable")))
    const host = target.hostname.replace(/^\[(.*)\]$/, "$1")
    // What is an address already is looked up nowhere.
    if (isIP(host) !== 0 && !admits(host)) return resume(Effect.succeed(failed("address_forbidden")))

    const end = (attempt: Attempt) => {
      clearTimeout(timer)
      sent.destroy()
      resume(Effect.succeed(attempt))
    }
    const options: RequestOptions = {
      method: "POST",
      headers: { ...headers, "content-length": Buffer.byteLength(body), connection: "close" },
      agent: false,
      lookup: guarded(resolve, admits),
      maxHeaderSize: MAX_HEADER_BYTES
    }
    const sent = (target.protocol === "https:" ? tlsRequest : plainRequest)(target, options, (reply) => {
      // Whoever never ends an answer keeps nothing waiting.
      clearTimeout(timer)
      resume(Effect.succeed(attemptOf(reply, now)))
      const stop = () => sent.destroy()
      const rest = startTimer(stop, BODY_MILLIS).unref()
      let bytes = 0
      reply.on("data", (piece: Buffer) => {
        bytes += piece.length
        if (bytes > MAX_BODY_BYTES) stop()
      })
      reply.on("close", () => clearTimeout(rest))
      reply.on("error", stop)
    })
    const timer = startTimer(() => end(failed("timeout")), timeoutMillis)
    sent.on("error", (error) => end(failed(meaning(error))))
    sent.end(body)
    return Effect.sync(() => {
      clearTimeout(timer)
      sent.destroy()
    })
  })

/** The system's own timer: a receiver keeps real time, whatever clock a test has. */
const startTimer = (action: () => void, millis: number): NodeJS.Timeout => setTimeout(action, millis)

const failed = (failure: AttemptFailure): Attempt => ({ status: null, failure, retryAfterSeconds: null })

/**
 * The addresses of a name, of which every one has to be admitted: the connection is made to what is answered here and to nothing
 * that the name stands for a moment later.
 */
const guarded =
  (resolve: typeof lookup, admits: (address: string) => boolean): LookupFunction =>
  (hostname, options, answer) =>
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      const [first] = addresses ?? []
      if (error || !first) return answer(error ?? new Error(), "", 0)
      if (!addresses.every(({ address }) => admits(address))) return answer(new Forbidden(), "", 0)
      return options.all ? answer(null, addresses) : answer(null, first.address, first.family)
    })

class Forbidden extends Error {}

const attemptOf = ({ statusCode, headers }: IncomingMessage, now: number): Attempt => ({
  status: statusCode ?? null,
  failure: statusCode === undefined ? "bad_response" : null,
  retryAfterSeconds: secondsIn(headers["retry-after"], now)
})

/** Seconds or a date (RFC 9110); null for anything else. */
const secondsIn = (text: string | undefined, now: number): number | null => {
  if (text === undefined) return null
  if (/^\d{1,9}$/.test(text)) return Number(text)
  const at = Date.parse(text)
  return Number.isNaN(at) ? null : Math.max(0, Math.ceil((at - now) / 1000))
}

const meaning = (error: Error): AttemptFailure => {
  // Of several addresses that were tried, the first one speaks for all.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error
  if (first instanceof Forbidden) return "address_forbidden"
  const code = word(first, "code")
  if (tls.test(code)) return "tls"
  const isUnconnected = ["connect", "getaddrinfo"].includes(word(first, "syscall"))
  return isUnconnected || code === "ENOTFOUND" ? "unreachable" : "bad_response"
}
const tls = /^(ERR_TLS_|ERR_SSL_|EPROTO|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/

const word = (error: unknown, key: "code" | "syscall"): string =>
  Predicate.hasProperty(error, key) && Predicate.isString(error[key]) ? error[key] : ""
