/** Owns whether anything is told of this process at all. Where nobody is to be told, nothing of it is loaded and nothing opened. */
import { Effect, Layer, Option } from "effect"
import { parse } from "../../domain/observability/TraceContext.ts"
import { VERSION } from "../../domain/Version.ts"
import { Within } from "../../ports/Tracing.ts"
import type { Environment } from "../config/Environment.ts"
import { wantedOf } from "./Environment.ts"

/** To whom the operator has it told (`OTEL_*`); `isAsked` where somebody comes and asks for counts. */
export const layer = (environment: Environment, isAsked: boolean): Layer.Layer<never> =>
  Layer.unwrap(
    Effect.suspend(() => {
      const wanted = wantedOf(environment)
      if (!isAsked && !wanted.traces && !wanted.metrics) return Effect.succeed(Layer.empty)
      // A command is part of what started it, where that says so. A server is part of nothing.
      const within = isAsked ? null : Option.getOrNull(parse(environment["TRACEPARENT"] ?? ""))
      return Effect.promise(() => import("./Telemetry.ts")).pipe(
        Effect.flatMap((Telemetry) => Telemetry.make(wanted, isAsked, VERSION)),
        Effect.map((telemetry) =>
          within ? Layer.merge(telemetry, Layer.succeed(Within, within)) : telemetry
        )
      )
    })
  )
