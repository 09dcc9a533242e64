/** Owns the handler of files that are sent up. */
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { Api } from "../api/Api.ts"
import { Uploads } from "../core/run/Uploads.ts"
import { asker, orProblem } from "./Requests.ts"

export const Files = HttpApiBuilder.group(
  Api,
  "files",
  Effect.fn(function* (handlers) {
    const uploads = yield* Uploads
    return handlers.handleAll({
      upload: ({ payload }) =>
        Effect.flatMap(asker, ({ principal }) => uploads.add(principal, payload)).pipe(
          Effect.map(({ ref, chars, until }) => ({
            status: "ok" as const,
            file_ref: ref,
            chars,
            expires_at: until
          })),
          orProblem
        )
    })
  })
)
