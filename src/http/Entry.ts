/**
 * Owns what is asked at an endpoint before it is used: the role it is there for, a place for its events, and a body that can be
 * read, in this order.
 */
import { Context, Effect, Layer, Option } from "effect"
import { HttpServerRequest, type HttpServerResponse } from "effect/http"
import type { HttpApiEndpoint } from "effect/http-api"
import { Anybody, Caller, MayDecide, MayRead, MayRun, MaySee } from "../api/Access.ts"
import { permits, type Permission } from "../domain/access/Role.ts"
import { Does } from "../api/Once.ts"
import * as Body from "./Body.ts"
import { Admitted } from "./Door.ts"
import { refused } from "./Refusals.ts"
import { wantsEvents } from "./Requests.ts"
import { Room } from "./Room.ts"

const isStream = (schema: object): boolean =>
  "_tag" in schema && typeof schema._tag === "string" && schema._tag.startsWith("Stream")

/** Whether it answers with a stream: always, or where that is wanted. What a chat wants is in its body: its handler asks. */
const streams = ({ success, annotations }: HttpApiEndpoint.Top, accept: string | undefined): boolean => {
  if (Option.contains(Context.getOption(annotations, Does), "chat")) return false
  const kinds = new Set([...success].map(isStream))
  return kinds.has(true) && (!kinds.has(false) || wantsEvents(accept))
}

const entry = (permission: Permission) =>
  Effect.map(
    Room,
    (room) =>
      <E, R>(
        handled: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R | Caller>,
        { endpoint }: { readonly endpoint: HttpApiEndpoint.Top }
      ) =>
        Effect.gen(function* () {
          const caller = yield* Admitted
          const request = yield* HttpServerRequest.HttpServerRequest
          const { url } = request
          if (caller === null) return refused(url, "TOKEN_REQUIRED")
          if (!permits(caller.role, permission)) return refused(url, "ROLE_FORBIDDEN")
          if (streams(endpoint, request.headers["accept"]) && !(yield* room.stream(caller)))
            return refused(url, "STREAMS_EXHAUSTED", { waitMillis: 1000 })
          // What nobody wants is not waited for.
          const unreadable = endpoint.payload.size === 0 ? null : yield* Body.read(request)
          if (unreadable !== null) return refused(url, unreadable)
          return yield* Effect.provideService(handled, Caller, caller)
        })
  )

/** What each endpoint says about who may use it, carried out. */
export const layer = Layer.mergeAll(
  Layer.succeed(Anybody, (handled, { endpoint }) =>
    endpoint.payload.size === 0
      ? handled
      : Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) =>
          Effect.flatMap(Body.read(request), (unreadable) =>
            unreadable === null ? handled : Effect.succeed(refused(request.url, unreadable))
          )
        )
  ),
  Layer.effect(MaySee, entry("see")),
  Layer.effect(MayRead, entry("read")),
  Layer.effect(MayRun, entry("run")),
  Layer.effect(MayDecide, entry("decide"))
)
