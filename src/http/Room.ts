/**
 * Owns how much of the server anybody may have: so many requests in a second, so many at once, so many event streams. What is too
 * much is refused before anything of it is begun.
 */
import { Clock, Context, Effect, Layer, type Scope } from "effect"
import { type Bucket, full, type Rate, take } from "../domain/access/Rate.ts"
import type { Bearer } from "../domain/access/Token.ts"
import { failure, type RuntimeFailure } from "../domain/Failure.ts"
import type { Principal } from "../domain/Ids.ts"
import { Configuration } from "../ports/Configuration.ts"
import { audience, type Join } from "./Audience.ts"
import { untilOver } from "./UntilOver.ts"

/** Where the configuration says nothing: of the user of this machine, and of whoever comes with a token. */
const LOCAL = { perSecond: 10_000, streams: 1000 }
const REMOTE = { perSecond: 100, streams: 100 }
/** Of an address without a token, of what is there for anybody; as many of them are remembered. */
const FREE: Rate = { perSecond: 10, burst: 200 }
const ADDRESSES = 4096
/** Of everybody together. */
const REQUESTS = 512
const STREAMS = 1000
/** One with a token has a part of the places, of which there are so many. */
const SHARES = 4

declare const taken: unique symbol

/** A place among the streams that are open: nothing goes to a reader bit by bit without one. Its mark cannot be named elsewhere. */
export interface StreamPlace {
  readonly [taken]: true
  /** Has the place's reader hear what all readers hear. */
  readonly join: Join
}

export class Room extends Context.Service<
  Room,
  {
    /** One request: null where it may be, and else how many milliseconds to wait. */
    readonly ask: (bearer: Bearer) => Effect.Effect<number | null>
    /** The same for what is there without a token, by the address that it is asked from. */
    readonly knock: (address: string) => Effect.Effect<number | null>
    /** Has a place for a request while it is answered; null where there is none. */
    readonly within: <A, E, R>(
      bearer: Bearer,
      answer: Effect.Effect<A, E, R>
    ) => Effect.Effect<A | null, E, R>
    /** Takes a place for a stream, which is given back with the request. `STREAMS_EXHAUSTED`. */
    readonly stream: (bearer: Bearer) => Effect.Effect<StreamPlace, RuntimeFailure, Scope.Scope>
  }
>()("io-iii/http/Room") {
  static readonly layer = Layer.effect(
    Room,
    Effect.gen(function* () {
      const { settings } = yield* Configuration
      const joining = yield* audience
      const server = settings.runtime.server ?? {}
      const most = { requests: server.concurrent_requests ?? REQUESTS, streams: server.streams ?? STREAMS }
      const ofOne = ({ role }: Bearer): { readonly rate: Rate; readonly streams: number } => {
        const usual = role === null ? LOCAL : REMOTE
        const perSecond = server.requests_per_second ?? usual.perSecond
        return {
          rate: { perSecond, burst: server.burst ?? 2 * perSecond },
          streams: server.streams_per_principal ?? usual.streams
        }
      }

      /** There are no more of these than there are names of tokens. */
      const buckets = new Map<Principal, Bucket>()
      /** Whoever has not been here for longest is forgotten first. */
      const strangers = new Map<string, Bucket>()
      const streams = new Places(most.streams)
      const requests = new Places(most.requests)
      /** Nobody among others has all places. */
      const shareOf = ({ role }: Bearer): number =>
        role === null ? most.requests : Math.ceil(most.requests / SHARES)

      return Room.of({
        ask: (bearer) =>
          Effect.map(Clock.currentTimeMillis, (now) => {
            const { rate } = ofOne(bearer)
            const taken = take(rate, buckets.get(bearer.principal) ?? full(rate, now), now)
            buckets.set(bearer.principal, taken.bucket)
            return taken.waitMillis
          }),
        knock: (address) =>
          Effect.map(Clock.currentTimeMillis, (now) => {
            const taken = take(FREE, strangers.get(address) ?? full(FREE, now), now)
            strangers.delete(address)
            strangers.set(address, taken.bucket)
            const [oldest] = strangers.size > ADDRESSES ? strangers.keys() : []
            if (oldest !== undefined) strangers.delete(oldest)
            return taken.waitMillis
          }),
        within: (bearer, answer) =>
          Effect.suspend(() =>
            requests.take(bearer.principal, shareOf(bearer))
              ? Effect.ensuring(
                  answer,
                  Effect.sync(() => requests.giveBack(bearer.principal))
                )
              : Effect.succeed(null)
          ),
        stream: (bearer) =>
          untilOver(
            Effect.suspend(() =>
              streams.take(bearer.principal, ofOne(bearer).streams)
                ? Effect.succeed({ join: joining(bearer) } as StreamPlace)
                : Effect.fail(failure("STREAMS_EXHAUSTED", "setup"))
            ),
            () => Effect.sync(() => streams.giveBack(bearer.principal))
          )
      })
    })
  )
}

/** So many places of one kind, and who has how many of them. */
class Places {
  readonly #most: number
  readonly #held = new Map<Principal, number>()
  #taken = 0

  constructor(most: number) {
    this.#most = most
  }

  /** Whether there was one, also within what this principal may have at most. */
  take(principal: Principal, most: number): boolean {
    const own = this.#held.get(principal) ?? 0
    if (this.#taken >= this.#most || own >= most) return false
    this.#taken++
    this.#held.set(principal, own + 1)
    return true
  }

  giveBack(principal: Principal): void {
    const left = (this.#held.get(principal) ?? 0) - 1
    this.#taken--
    if (left === 0) this.#held.delete(principal)
    else this.#held.set(principal, left)
  }
}
