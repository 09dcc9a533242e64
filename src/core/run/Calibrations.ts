/** Owns the fetching of what the newest runs tell of a model's tokens; what is made of it is `domain/run/Calibration`'s. */
import { Context, Effect, Layer, Option } from "effect"
import { type Calibration, calibrate, observed } from "../../domain/run/Calibration.ts"
import type { RuntimeFailure } from "../../domain/Failure.ts"
import { type ModelName, type ProviderName, RUN_PREFIX } from "../../domain/Ids.ts"
import { Journal } from "../../ports/Journal.ts"
import { runOf } from "../ledger/Soundness.ts"

/** As many of the newest runs are looked at. */
const NEWEST = 100

export class Calibrations extends Context.Service<
  Calibrations,
  {
    /** How many bytes a model reads as a token, by what it has counted lately. */
    readonly of: (provider: ProviderName, model: ModelName) => Effect.Effect<Calibration, RuntimeFailure>
  }
>()("io-iii/core/run/Calibrations") {
  static readonly layer = Layer.effect(
    Calibrations,
    Effect.gen(function* () {
      const journal = yield* Journal
      return Calibrations.of({
        of: Effect.fn("Calibrations.of")(function* (provider, model) {
          const newest = yield* journal.streams({
            prefix: RUN_PREFIX,
            openOnly: false,
            before: null,
            limit: NEWEST
          })
          const observations = yield* Effect.forEach(newest, ({ stream }) =>
            Effect.map(journal.read(stream), (rows) =>
              Option.match(runOf(stream, rows), { onNone: () => [], onSome: observed })
            )
          )
          return calibrate(observations.flat(), provider, model)
        })
      })
    })
  )
}
