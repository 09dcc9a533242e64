/** Owns what programs may import that ask a server: the contract, and a client made from it. It carries no runtime. */
import { HttpApiClient } from "effect/http-api"
import { Api } from "./api/Api.ts"

export { Api } from "./api/Api.ts"
export { Problem } from "./api/Problem.ts"
export { StreamEvent } from "./api/Streams.ts"

/** A client of the server at an address, e.g. `http://127.0.0.1:8080`; needs an `HttpClient`. A refusal is a `Problem`. */
export const client = (url: string) => HttpApiClient.make(Api, { baseUrl: url })
