/**
 * Owns who is let in, before anything of a body is read: whose request it is, and that what somebody has open ends when they are
 * let in no more. What a role may do at an endpoint is asked behind it, in `Entry`.
 */
import { Context, Effect, Option } from "effect"
import { type HttpServerRequest, HttpServerResponse } from "effect/http"
import { askedBy } from "../api/Access.ts"
import { Api } from "../api/Api.ts"
import { Entrance } from "../core/access/Entrance.ts"
import type { Bearer } from "../domain/access/Token.ts"
import { showing } from "./Cookies.ts"
import { isPage as pageAddresses } from "./Page.ts"
import { Room } from "./Room.ts"
import { isTold } from "./Streaming.ts"
import { refused } from "./Refusals.ts"

/** Whoever was let in; null for nobody, who may use what is there for anybody and nothing else. */
export const Admitted = Context.Reference<Bearer | null>("io-iii/http/Door/Admitted", {
  defaultValue: () => null
})

export const DOCUMENT = "/openapi.json"

/** Addresses that are there without a token, to the letter: what is written in any other way wants one. */
const free: ReadonlySet<string> = new Set([
  DOCUMENT,
  ...Object.values(Api.groups).flatMap(({ endpoints }) =>
    Object.values(endpoints).flatMap((endpoint) => (askedBy(endpoint) === null ? [endpoint.path] : []))
  )
])

type Response = HttpServerResponse.HttpServerResponse

/**
 * What anybody may have is had once by each connection: nobody makes a large one wait in the server many times over. The page is
 * let off: however often one of its files waits, it is the same bytes.
 */
const once = (response: Response): Response => HttpServerResponse.setHeader(response, "connection", "close")

export const door = Effect.gen(function* () {
  const entrance = yield* Entrance
  const room = yield* Room
  const isPage = yield* pageAddresses

  /** What is answered to somebody with a token ends with it; so does a stream, whoever reads it, by its place (`Audience`). */
  const whileLetIn = <E, R>(
    bearer: Bearer,
    { url, headers }: HttpServerRequest.HttpServerRequest,
    answer: Effect.Effect<Response, E, R>
  ) => {
    if (bearer.token === null) return answer
    const why = Effect.match(entrance.bearer(showing(headers)), {
      onFailure: (reason) => refused(url, reason),
      onSuccess: () => refused(url, "TOKEN_REVOKED")
    })
    // Routes alone are interruptible: a client that goes away has to reach beyond this as well.
    return Effect.interruptible(Effect.raceFirst(answer, Effect.andThen(entrance.ended(bearer), why)))
  }

  /** Answers, if whoever asks is let in. */
  return <E, R>(
    request: HttpServerRequest.HttpServerRequest,
    answer: Effect.Effect<Response, E, R>
  ): Effect.Effect<Response, E, R> => {
    const [path = ""] = request.url.split("?", 1)
    if (isPage(path)) return answer
    const { url, headers } = request
    if (free.has(path))
      return Effect.flatMap(room.knock(Option.getOrElse(request.remoteAddress, () => "")), (waitMillis) =>
        waitMillis === null
          ? Effect.map(answer, once)
          : Effect.succeed(once(refused(url, "RATE_LIMITED", { waitMillis })))
      )
    return Effect.matchEffect(entrance.bearer(showing(headers)), {
      onFailure: (reason) => Effect.succeed(refused(url, reason)),
      onSuccess: (bearer) =>
        Effect.flatMap(room.ask(bearer), (waitMillis) => {
          if (waitMillis !== null) return Effect.succeed(refused(url, "RATE_LIMITED", { waitMillis }))
          const answered = whileLetIn(bearer, request, Effect.provideService(answer, Admitted, bearer))
          return Effect.map(room.within(bearer, answered), (response) => {
            if (response === null) return refused(url, "SERVER_BUSY")
            if (!isTold(response))
              throw new TypeError("a stream without a place has no end that is known here")
            return response
          })
        })
    })
  }
})
