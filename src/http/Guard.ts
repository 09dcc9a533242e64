/**
 * Owns what happens to every request before it is anybody's, and to every response on its way out: what may come in, which
 * headers go along, and that whatever is refused is one problem. Who may come in is `Door`'s.
 */
import { Effect, type Types } from "effect"
import { HttpRouter, HttpServerError, HttpServerRequest, HttpServerResponse } from "effect/http"
import { HttpApiError } from "effect/http-api"
import { CONTENT_TYPE } from "../api/Problem.ts"
import { admission } from "../domain/server/Admission.ts"
import { door } from "./Door.ts"
import { methodsAt } from "./Methods.ts"
import { malformed, refused } from "./Refusals.ts"
import { Identity } from "../ports/Identity.ts"

const header = (request: HttpServerRequest.HttpServerRequest, name: string): string | null =>
  request.headers[name] ?? null

const POLICY = "content-security-policy"
/** Nothing of another origin is loaded, nothing is framed, and no address goes along. A page may have a policy of its own. */
const PROTECTION = {
  [POLICY]: "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY"
} as const

const GIVEN_ID = /^[A-Za-z0-9._-]{1,64}$/u

/** What a failure that no handler has answered comes to. */
const unanswered = (url: string, reason: unknown): HttpServerResponse.HttpServerResponse => {
  if (HttpServerError.isHttpServerError(reason)) {
    const { reason: why } = reason
    if (why._tag === "RouteNotFound") {
      const methods = methodsAt(url)
      return methods.length === 0
        ? refused(url, "ENDPOINT_UNKNOWN")
        : HttpServerResponse.setHeader(refused(url, "METHOD_UNSUPPORTED"), "allow", methods.join(", "))
    }
    if (why._tag === "RequestParseError") return refused(url, "REQUEST_INVALID")
  }
  if (HttpApiError.HttpApiSchemaError.is(reason)) {
    const isTheirs = reason.kind !== "Body" && reason.kind !== "ResponseHeaders"
    return isTheirs ? malformed(url, reason.cause) : refused(url, "INTERNAL_ERROR")
  }
  return refused(url, "INTERNAL_ERROR")
}

/** `hosts` are the values of `Host` that mean this server. */
export const layer = (hosts: ReadonlySet<string>) =>
  HttpRouter.middleware(
    Effect.gen(function* () {
      const identity = yield* Identity
      const letIn = yield* door
      return (
        handled: Effect.Effect<HttpServerResponse.HttpServerResponse, Types.unhandled>
      ): Effect.Effect<
        HttpServerResponse.HttpServerResponse,
        Types.unhandled,
        HttpServerRequest.HttpServerRequest
      > =>
        Effect.gen(function* () {
          const request = yield* HttpServerRequest.HttpServerRequest
          const code = admission(
            {
              host: header(request, "host"),
              origin: header(request, "origin"),
              site: header(request, "sec-fetch-site")
            },
            hosts
          )
          const given = header(request, "x-request-id")
          const id = given !== null && GIVEN_ID.test(given) ? given : yield* identity.runId
          const answered = (code ? Effect.succeed(refused(request.url, code)) : letIn(request, handled)).pipe(
            Effect.catch((reason) => Effect.succeed(unanswered(request.url, reason))),
            Effect.catchDefect((reason) => Effect.succeed(unanswered(request.url, reason)))
          )
          const made = yield* answered
          // The one refusal that is made where no problem can be.
          const isBare =
            made.status === 415 && !("contentType" in made.body && made.body.contentType === CONTENT_TYPE)
          const response = isBare ? refused(request.url, "MEDIA_TYPE_UNSUPPORTED") : made
          return HttpServerResponse.setHeaders(response, {
            ...PROTECTION,
            ...(response.headers[POLICY] && { [POLICY]: response.headers[POLICY] }),
            "cache-control": response.headers["cache-control"] ?? "no-store",
            "x-request-id": id
          })
        })
    }),
    { global: true }
  )
