/**
 * Owns a reply while it arrives: what has come and was not taken yet, how long is waited for more, and what a connection that
 * broke means. `Upstream.ts` asks for it.
 */
import type { Dispatcher } from "@effect/platform-node/Undici"
import { Effect, Predicate } from "effect"
import { ProviderFailure } from "../../ports/Provider.ts"

/** More than this is not read from the connection before somebody takes it. */
const MOST_HELD_BYTES = 256 * 1024

/** What has come, at least one piece. */
export type Pieces = readonly [Uint8Array, ...Array<Uint8Array>]

export class Arrival implements Dispatcher.DispatchHandler {
  status: number | null = null
  headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>> = {}
  #controller: Dispatcher.DispatchController | null = null
  #pieces: Array<Uint8Array> = []
  #held = 0
  #over: ProviderFailure | "whole" | null = null
  #changed: (() => void) | null = null
  #isTelling = false
  readonly #wall: NodeJS.Timeout

  /** Whatever becomes of it, it is over after so many milliseconds. */
  constructor(wallMillis: number) {
    this.#wall = startTimer(() => this.giveUp(tookTooLong), wallMillis)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#over) controller.abort(givenUp)
  }

  onResponseStart(_: unknown, status: number, headers: Arrival["headers"]): void {
    if (status < 200) return
    this.status = status
    this.headers = headers
    this.#tell()
  }

  onResponseData(controller: Dispatcher.DispatchController, piece: Uint8Array): void {
    this.#pieces.push(piece)
    this.#held += piece.length
    if (this.#held > MOST_HELD_BYTES) controller.pause()
    this.#tell()
  }

  onResponseEnd(): void {
    this.#end("whole")
  }

  onResponseError(_: unknown, error: unknown): void {
    this.#end(meaning(error))
  }

  /** Closes the connection, unless the reply is whole. What is waited for fails. */
  giveUp(reason: ProviderFailure): void {
    if (this.#over) return
    this.#end(reason)
    this.#controller?.abort(givenUp)
  }

  /** Waits for the status line. */
  readonly begun = (millis: number, late: ProviderFailure): Effect.Effect<void, ProviderFailure> =>
    this.#until(() => this.status !== null, millis, late)

  /** The next pieces, at least one; null at the end. Whoever waits in vain for so long is told so, and it is over. */
  readonly next = (idleMillis: number): Effect.Effect<Pieces | null, ProviderFailure> =>
    Effect.map(
      this.#until(() => this.#pieces.length > 0, idleMillis, tookTooLong),
      () => {
        const [first, ...rest] = this.#pieces
        if (!first) return null
        if (this.#held > MOST_HELD_BYTES && !this.#over) this.#controller?.resume()
        this.#pieces = []
        this.#held = 0
        return [first, ...rest]
      }
    )

  #until(
    isThere: () => boolean,
    millis: number,
    late: ProviderFailure
  ): Effect.Effect<void, ProviderFailure> {
    return Effect.suspend(() => {
      if (isThere() || this.#over) return this.#outcome(isThere())
      return Effect.callback((resume) => {
        const timer = startTimer(() => this.giveUp(late), millis)
        const stop = () => {
          clearTimeout(timer)
          this.#changed = null
        }
        this.#changed = () => {
          stop()
          resume(this.#outcome(isThere()))
        }
        return Effect.sync(() => {
          stop()
          this.giveUp(late)
        })
      })
    })
  }

  #outcome(isThere: boolean): Effect.Effect<void, ProviderFailure> {
    return isThere || this.#over === "whole" || this.#over === null ? Effect.void : Effect.fail(this.#over)
  }

  #end(how: ProviderFailure | "whole"): void {
    if (this.#over) return
    this.#over = how
    clearTimeout(this.#wall)
    this.#tell()
  }

  /** Once what has come together is taken in together: who has read the answer's end finds that of the reply there, too. */
  #tell(): void {
    if (this.#changed === null || this.#isTelling) return
    this.#isTelling = true
    queueMicrotask(() => {
      this.#isTelling = false
      this.#changed?.()
    })
  }
}

/** The system's own timer: a connection keeps real time, whatever clock a test has. */
const startTimer = (action: () => void, millis: number): NodeJS.Timeout => setTimeout(action, millis)

/** Nobody reads it: it says to the connection why it is closed. */
const givenUp = new Error("given up")

export const failed = (
  code: ProviderFailure["code"],
  fallback: ProviderFailure["fallback"] = null
): ProviderFailure => new ProviderFailure({ code, fallback })

const tookTooLong = failed("PROVIDER_TIMEOUT")

/**
 * What a transport error means. Only an error from before there was a connection is known to have cost nothing;
 * the rest is unknown, unless what came was not HTTP.
 */
export const meaning = (cause: unknown): ProviderFailure => {
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
