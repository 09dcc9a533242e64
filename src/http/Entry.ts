/** Owns what is asked at an endpoint before it is used: the role it is there for, and then a body that can be read. */
import { Effect, Layer } from "effect"
import { HttpServerRequest, type HttpServerResponse } from "effect/http"
import type { HttpApiEndpoint } from "effect/http-api"
import { Anybody, Caller, MayDecide, MayRead, MayRun, MaySee } from "../api/Access.ts"
import { permits, type Permission } from "../domain/access/Role.ts"
import * as Body from "./Body.ts"
import { Admitted } from "./Door.ts"
import { refused } from "./Refusals.ts"

const entry =
  (permission: Permission) =>
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
      // What nobody wants is not waited for.
      const unreadable = endpoint.payload.size === 0 ? null : yield* Body.read(request)
      if (unreadable !== null) return refused(url, unreadable)
      return yield* Effect.provideService(handled, Caller, caller)
    })

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
  Layer.succeed(MaySee, entry("see")),
  Layer.succeed(MayRead, entry("read")),
  Layer.succeed(MayRun, entry("run")),
  Layer.succeed(MayDecide, entry("decide"))
)
