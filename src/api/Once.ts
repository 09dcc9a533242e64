/** Owns how a request says that it is the same one again: by a key in a header, at every endpoint that runs something. */
import { Context, type Effect } from "effect"
import { HttpApiMiddleware, OpenApi } from "effect/http-api"
import type { Work } from "../domain/server/Idempotency.ts"
import type { Caller } from "./Access.ts"
import { problems } from "./Problem.ts"

export const KEY = "idempotency-key"
/** Says of an answer that it was given before. */
export const REPLAYED = "idempotency-replayed"

/** Leave to begin something, once for each key. `Once` alone gives it, and nothing is begun without. */
export class Leave extends Context.Service<
  Leave,
  {
    /** Its key is not free before this is over, however the request that it came with ends. */
    readonly during: <A, E, R>(work: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  }
>()("io-iii/api/Once/Leave") {}

/** What every endpoint that runs something passes. */
export class Once extends HttpApiMiddleware.Service<Once, { provides: Leave; requires: Caller }>()(
  "io-iii/api/Once",
  { error: problems(400, 409, 410, 422) }
) {}

/** For what an endpoint is asked, where it runs something. */
export class Does extends Context.Service<Does, Work>()("io-iii/api/Once/Does") {}

const parameter = {
  name: KEY,
  in: "header",
  required: false,
  description: "Whoever sends it again within a day, with the same body, is given the same answer.",
  schema: { type: "string", pattern: "^[!-~]{1,255}$" }
} as const

/** As the endpoint is annotated: what it does, and the header in the document of the contract. */
export const does = (work: Work) =>
  Context.merge(
    Context.make(Does, work),
    OpenApi.annotations({
      transform: (operation) => ({
        ...operation,
        parameters: [...((operation["parameters"] as ReadonlyArray<unknown> | undefined) ?? []), parameter]
      })
    })
  )
