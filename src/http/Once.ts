/**
 * Owns the way in to everything that runs something: a request whose key was used before begins nothing, and is given what came
 * of it the first time.
 */
import { Context, Effect, Exit, Layer, Option, Schema } from "effect"
import { HttpServerRequest, HttpServerResponse } from "effect/http"
import { Caller } from "../api/Access.ts"
import { Does, KEY, Leave, Once } from "../api/Once.ts"
import { Problem } from "../api/Problem.ts"
import { Carrying, Claims, type Wanted } from "../core/run/Claims.ts"
import { Content } from "../domain/Content.ts"
import { failure, RuntimeFailure } from "../domain/Failure.ts"
import type { Digest, StreamId } from "../domain/Ids.ts"
import { canonical } from "../domain/ledger/Ledger.ts"
import { isKey, repeated } from "../domain/server/Idempotency.ts"
import type { Claimed } from "../ports/Journal.ts"
import { refused } from "./Refusals.ts"
import { type Kept, retold } from "./Retold.ts"
import { without } from "./Words.ts"

/** Without a key, whatever is asked is asked once. */
const unkeyed = Leave.of({ during: (work) => work })

/** A request that has a key in this process: until it, and all that it has begun, is over. */
class Holding {
  readonly request: Digest
  /** Whether it is more than a look at what there is. */
  isAtIt = false
  readonly #over: () => void
  #under = 0

  constructor(request: Digest, over: () => void) {
    this.request = request
    this.#over = over
  }

  readonly during = <A, E, R>(work: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.acquireUseRelease(
      Effect.sync(() => this.#under++),
      () => work,
      () =>
        Effect.sync(() => {
          if (--this.#under === 0) this.#over()
        })
    )
}

const parse = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Json))

/** Everything that was asked: where, and the body, however its members are ordered. */
const askedIn = Effect.fnUntraced(function* ({ method, url, text }: HttpServerRequest.HttpServerRequest) {
  const body = yield* Effect.orElseSucceed(text, () => "")
  const [path = ""] = url.split("?")
  const said = Option.match(parse(body), { onNone: () => body, onSome: canonical })
  return Content.concat([`${method} `, Content.of(path), "\n", Content.of(said)])
})

const decoder = new TextDecoder()

/** What of an answer can be given again; null of one that comes as it happens. */
const keptOf = ({ status, body }: HttpServerResponse.HttpServerResponse): Kept | null =>
  body._tag === "Uint8Array"
    ? Option.getOrNull(
        Option.map(parse(decoder.decode(body.body)), (json) => ({ status, body: without(json) }))
      )
    : null

const problemIn = Schema.encodeSync(Schema.toCodecJson(Problem))
const isProblem = Schema.is(Problem)
const encode = Schema.encodeSync(Schema.fromJsonString(Schema.Json))

export const layer = Layer.effect(
  Once,
  Effect.gen(function* () {
    const claims = yield* Claims
    const tell = yield* retold
    const holding = new Map<string, Holding>()

    const keep = (wanted: Wanted, subject: StreamId, { status, body }: Kept) =>
      // What could not be kept is made again from the record.
      Effect.ignore(claims.keep(wanted, subject, Content.of(encode({ status, body }))))

    return (handled, { endpoint }) =>
      Effect.gen(function* () {
        const request = yield* HttpServerRequest.HttpServerRequest
        const key = request.headers[KEY]
        if (key === undefined) return yield* Effect.provideService(handled, Leave, unkeyed)
        if (!isKey(key)) {
          const place = { pointer: `/${KEY}`, fault: "wrong_value" } as const
          return refused(request.url, "REQUEST_INVALID", { places: [place] })
        }
        const asked = yield* askedIn(request)
        const wanted = yield* claims.want((yield* Caller).principal, Content.of(key), asked)
        const work = Context.getUnsafe(endpoint.annotations, Does)

        const name = `${wanted.principal} ${wanted.key}`
        const known = Effect.map(claims.find(wanted), Option.getOrNull)

        const repeat = Effect.fnUntraced(function* (claimed: Claimed) {
          const isUnderWay = holding.get(name)?.isAtIt || (yield* claims.isElsewhere(claimed))
          const verdict = repeated(claimed, wanted.request, isUnderWay)
          if (verdict !== "again") return yield* failure(verdict, "setup")
          const told = tell(claimed, work, request.headers["accept"])
          return yield* Effect.provideService(told, Leave, unkeyed)
        })

        const carryOut = (held: Holding) => {
          const carried = { wanted, work, begun: null as StreamId | null }
          held.isAtIt = true
          return handled.pipe(
            Effect.provideService(Leave, Leave.of(held)),
            Effect.provideService(Carrying, carried),
            Effect.onExit((exit) => {
              // A chat is told again from its run alone.
              if (carried.begun === null || work === "chat") return Effect.void
              const kept = Exit.isSuccess(exit) ? keptOf(exit.value) : null
              const reason = Option.getOrNull(Exit.findErrorOption(exit))
              if (kept) return keep(wanted, carried.begun, kept)
              return isProblem(reason)
                ? keep(wanted, carried.begun, { status: reason.status, body: problemIn(reason) })
                : Effect.void
            })
          )
        }

        const before = yield* known
        if (before) return yield* repeat(before)
        return yield* Effect.suspend(() => {
          const other = holding.get(name)
          if (other) {
            const verdict = repeated(other, wanted.request, true)
            const code = verdict === "again" ? "IDEMPOTENCY_IN_PROGRESS" : verdict
            return Effect.fail(failure(code, "setup"))
          }
          const held = new Holding(wanted.request, () => holding.delete(name))
          holding.set(name, held)
          // Whoever had it may have ended in between.
          const looked = Effect.gen(function* () {
            const claimed = yield* known
            return claimed ? yield* repeat(claimed) : yield* carryOut(held)
          })
          return held.during(looked)
        })
      }).pipe(
        Effect.catchIf(
          (reason) => reason instanceof RuntimeFailure,
          (reason) => Effect.map(HttpServerRequest.HttpServerRequest, ({ url }) => refused(url, reason))
        )
      )
  })
)
