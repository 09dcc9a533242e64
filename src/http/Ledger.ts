/** Owns the handlers of the record. */
import { Effect, Stream } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { Api } from "../api/Api.ts"
import { Exports } from "../core/ledger/Exports.ts"
import { Ledgers } from "../core/ledger/Ledgers.ts"
import { orProblem } from "./Requests.ts"
import { places, respondFile } from "./Streaming.ts"

const NEWEST = 20

export const Ledger = HttpApiBuilder.group(
  Api,
  "ledger",
  Effect.fn(function* (handlers) {
    const exports = yield* Exports
    const ledgers = yield* Ledgers
    const placed = yield* places

    return handlers.handleAll({
      head: () =>
        Effect.gen(function* () {
          const streams = yield* ledgers.heads(NEWEST)
          return { head: streams.length === 0 ? null : yield* exports.checkpoint(), streams }
        }).pipe(orProblem),
      export: () =>
        // What does not hold is said before the first line, and not in the middle.
        orProblem(
          Effect.flatMap(placed, (place) =>
            respondFile(place, Stream.orDie(exports.lines(true)), "application/x-ndjson")
          )
        ),
      stream: ({ params }) => orProblem(ledgers.stream(params.stream))
    })
  })
)
