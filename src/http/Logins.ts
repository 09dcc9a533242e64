/** Owns the handlers of what the page asks before anything else: to be let in, and as whom. */
import { Effect, Redacted } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { Caller } from "../api/Access.ts"
import { Api } from "../api/Api.ts"
import { Entrance } from "../core/access/Entrance.ts"
import { Logins as CoreLogins } from "../core/access/Logins.ts"
import { VERSION } from "../domain/Version.ts"
import { LOGIN } from "../domain/server/Admission.ts"
import { given, showing, takenBack } from "./Cookies.ts"
import { Gate } from "./Gate.ts"
import { refused } from "./Refusals.ts"
import { orProblem } from "./Requests.ts"

export const Logins = HttpApiBuilder.group(
  Api,
  "logins",
  Effect.fn(function* (handlers) {
    const entrance = yield* Entrance
    const logins = yield* CoreLogins
    const { open } = yield* Gate
    return handlers.handleAll({
      login: ({ payload, request: { headers } }) =>
        Effect.match(logins.take(Redacted.make(payload.secret)), {
          onFailure: (reason) => refused(LOGIN, reason),
          onSuccess: (cookie) => given(headers, Redacted.value(cookie))
        }),
      logout: ({ request: { headers } }) =>
        orProblem(Effect.as(logins.end(showing(headers)), takenBack(headers))),
      whoami: () =>
        Effect.map(Caller, ({ principal, role }) => ({
          principal,
          role,
          closed: entrance.isClosed(),
          content_release: open !== null,
          version: VERSION
        }))
    })
  })
)
