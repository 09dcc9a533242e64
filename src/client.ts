/** Owns what programs may import that ask a server: the contract, and a client made from it. It carries no runtime. */
import type { Effect } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import { HttpApiClient } from "effect/http-api"
import { Api } from "./api/Api.ts"

export { Api } from "./api/Api.ts"
export { Problem } from "./api/Problem.ts"
export { CapabilityId, Mode, PackId, RunId, SessionId } from "./api/Names.ts"
export { InboxEvent } from "./api/InboxEvents.ts"
export { StreamEvent } from "./api/Streams.ts"

/** How a server is asked; `token` is one of `io3 token create`, where the server wants one. */
export interface ClientOptions {
  readonly token?: string | undefined
}

/** A client of the server at an address, e.g. `http://127.0.0.1:8080`; needs an `HttpClient`. A refusal is a `Problem`. */
export const client = (
  url: string,
  { token }: ClientOptions = {}
): Effect.Effect<Client, never, HttpClient.HttpClient> =>
  HttpApiClient.make(Api, {
    baseUrl: url,
    ...(token !== undefined && {
      transformClient: HttpClient.mapRequest(HttpClientRequest.bearerToken(token))
    })
  })

/** An operation for each endpoint, by its group. */
export interface Client extends HttpApiClient.ForApi<typeof Api> {}
