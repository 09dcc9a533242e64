/** Owns what is told of this process, and to whom: counts, where somebody asks for them, and what a collector is sent. */
import { Effect, Layer } from "effect"
import { sample } from "../../domain/observability/Metrics.ts"
import { Meter } from "../../ports/Meter.ts"
import type { Wanted } from "./Environment.ts"
import * as Registry from "./Registry.ts"

/** `isAsked` where this process answers for its counts itself. What speaks to a collector is loaded where there is one. */
export const make = Effect.fnUntraced(function* (
  { traces, metrics, resource }: Wanted,
  isAsked: boolean,
  version: string
) {
  const counts = isAsked || metrics ? Registry.make() : null
  const counted = counts ? Layer.succeed(Meter, counts) : Layer.empty
  if (!traces && !metrics) return counted
  const Otlp = yield* Effect.promise(() => import("./Otlp.ts"))
  return Layer.mergeAll(
    counted,
    traces
      ? Otlp.traces(traces, resource, version, (fate, count) => counts?.add(sample("spans", { fate }, count)))
      : Layer.empty,
    metrics && counts ? Otlp.metrics(metrics, resource, version, counts.registry) : Layer.empty
  )
})
