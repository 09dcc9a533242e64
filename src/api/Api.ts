/** Owns the HTTP contract as a whole: every endpoint, and how a request is read. `io-iii/client` is made from it. */
import { HttpApi, OpenApi } from "effect/http-api"
import { declared } from "./Access.ts"
import { Files } from "./Files.ts"
import { Ledger } from "./Ledger.ts"
import { OpenAi } from "./OpenAi.ts"
import { Runbooks } from "./Runbooks.ts"
import { Runs } from "./Runs.ts"
import { Sessions } from "./Sessions.ts"
import { Steward } from "./Steward.ts"
import { System } from "./System.ts"

/** A field that is not documented is refused: somebody has meant something by it. */
const strict = { onExcessProperty: "error", errors: "all" } as const

const api = HttpApi.make("io-iii")
  .add(System)
  .add(Runs)
  .add(Sessions)
  .add(Steward)
  .add(Runbooks)
  .add(Ledger)
  .add(OpenAi)
  .add(Files)
  .annotate(HttpApi.PayloadParseOptions, strict)
  .annotate(HttpApi.QueryParseOptions, strict)
  .annotateMerge(
    OpenApi.annotations({
      title: "io-iii",
      version: "1",
      description:
        "A governed LLM runtime: every answer with its route, its bounds, its verdict and its receipt."
    })
  )

export class Api extends declared(api) {}
