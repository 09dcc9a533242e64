/**
 * Owns who is let in, before anything of a body is read: whose request it is, and that what somebody has open ends when they are
 * let in no more. What a role may do at an endpoint is asked behind it, in `Entry`.
 */
import { Context, Effect, Option, Stream } from "effect"
import { HttpBody, type HttpServerRequest, HttpServerResponse } from "effect/http"
import { askedBy } from "../api/Access.ts"
import { Api } from "../api/Api.ts"
import { Entrance } from "../core/access/Entrance.ts"
import type { Bearer } from "../domain/access/Token.ts"
import { showing } from "./Cookies.ts"
import { isPage as pageAddresses } from "./Page.ts"
import { Room } from "./Room.ts"
import { lastWordsAt, refused } from "./Refusals.ts"

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

  /** Streams end with the right to have them; the rest of what is answered to somebody with a token does, too. */
  const whileLetIn = <E, R>(
    bearer: Bearer,
    { url, headers }: HttpServerRequest.HttpServerRequest,
    answer: Effect.Effect<Response, E, R>
  ) => {
    const bounded = Effect.map(answer, (response) => {
      const { body } = response
      if (body._tag !== "Stream") return response
      let isOver = false
      const over = Effect.tap(entrance.ended(bearer), () => Effect.sync(() => (isOver = true)))
      const lastWords = Stream.suspend(() => Stream.fromIterable(isOver ? lastWordsAt(url) : []))
      const stream = Stream.concat(Stream.interruptWhen(body.stream, over), lastWords)
      return HttpServerResponse.setBody(
        response,
        HttpBody.stream(stream, body.contentType, body.contentLength)
      )
    })
    if (bearer.token === null) return bounded
    const why = Effect.match(entrance.bearer(showing(headers)), {
      onFailure: (reason) => refused(url, reason),
      onSuccess: () => refused(url, "TOKEN_REVOKED")
    })
    // Routes alone are interruptible: a client that goes away has to reach beyond this as well.
    return Effect.interruptible(Effect.raceFirst(bounded, Effect.andThen(entrance.ended(bearer), why)))
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
          return Effect.map(
            room.within(bearer, answered),
            (response) => response ?? refused(url, "SERVER_BUSY")
          )
        })
    })
  }
})
