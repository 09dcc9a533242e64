/** Owns the HTTP contract as a whole: every endpoint, and how a request is read. `io-iii/client` is made from it. */
import { HttpApi, OpenApi } from "effect/http-api"
import { askedBy, declared } from "./Access.ts"
import { Files } from "./Files.ts"
import { Ledger } from "./Ledger.ts"
import { Logins } from "./Logins.ts"
import { OpenAi } from "./OpenAi.ts"
import { Runbooks } from "./Runbooks.ts"
import { Runs } from "./Runs.ts"
import { Sessions } from "./Sessions.ts"
import { Steward } from "./Steward.ts"
import { System } from "./System.ts"

/** A field that is not documented is refused: somebody has meant something by it. */
const strict = { onExcessProperty: "error", errors: "all" } as const

const permissions = new Map(
  [System, Runs, Sessions, Steward, Runbooks, Ledger, OpenAi, Files, Logins].flatMap(({ endpoints }) =>
    Object.values(endpoints).map((endpoint) => [
      `${endpoint.method.toLowerCase()} ${endpoint.path.replaceAll(/:(\w+)/gu, "{$1}")}`,
      askedBy(endpoint)
    ])
  )
)

type Methods = Readonly<Record<string, object>>

/** The document with what it says of tokens: how one is shown, and which permission an operation asks for. */
const secured = (document: Record<string, unknown>): Record<string, unknown> => ({
  ...document,
  components: {
    ...(document["components"] as object),
    securitySchemes: { token: { type: "http", scheme: "bearer", description: "Of io3 token create" } }
  },
  paths: Object.fromEntries(
    Object.entries(document["paths"] as Readonly<Record<string, Methods>>).map(([path, methods]) => [
      path,
      Object.fromEntries(
        Object.entries(methods).map(([method, operation]) => {
          const asked = permissions.get(`${method} ${path}`)
          return [
            method,
            { ...operation, ...(asked && { security: [{ token: [] }], "x-io3-permission": asked }) }
          ]
        })
      )
    ])
  )
})

const api = HttpApi.make("io-iii")
  .add(System)
  .add(Runs)
  .add(Sessions)
  .add(Steward)
  .add(Runbooks)
  .add(Ledger)
  .add(OpenAi)
  .add(Files)
  .add(Logins)
  .annotate(HttpApi.PayloadParseOptions, strict)
  .annotate(HttpApi.QueryParseOptions, strict)
  .annotateMerge(
    OpenApi.annotations({
      title: "io-iii",
      version: "1",
      description:
        "A governed LLM runtime: every answer with its route, its bounds, its verdict and its receipt.",
      transform: secured
    })
  )

export class Api extends declared(api) {}
