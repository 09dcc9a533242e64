/** Owns whether anything is told of this process at all. Where nobody is to be told, nothing of it is loaded and nothing opened. */
import { Effect, Layer } from "effect"
import { VERSION } from "../../domain/Version.ts"
import type { Environment } from "../config/Environment.ts"
import { wantedOf } from "./Environment.ts"

/** To whom the operator has it told (`OTEL_*`); `isAsked` where somebody comes and asks for counts. */
export const layer = (environment: Environment, isAsked: boolean): Layer.Layer<never> =>
  Layer.unwrap(
    Effect.suspend(() => {
      const wanted = wantedOf(environment)
      return isAsked || wanted.traces || wanted.metrics
        ? Effect.flatMap(
            Effect.promise(() => import("./Telemetry.ts")),
            (Telemetry) => Telemetry.make(wanted, isAsked, VERSION)
          )
        : Effect.succeed(Layer.empty)
    })
  )
