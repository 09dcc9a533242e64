/** Owns the counts of this process: Effect's metrics in a registry of their own, in which there is nothing but what our table has. */
import { Context, Metric } from "effect"
import * as PrometheusMetrics from "effect/observability/PrometheusMetrics"
import {
  type Definition,
  type MetricName,
  metrics,
  type Sample,
  sample
} from "../../domain/observability/Metrics.ts"
import type { Meter } from "../../ports/Meter.ts"

type Series =
  | { readonly kind: "counter"; readonly metric: Metric.Counter<number> }
  | { readonly kind: "gauge"; readonly metric: Metric.Gauge<number> }
  | { readonly kind: "histogram"; readonly metric: Metric.Histogram<number> }

export interface Counts extends Meter {
  readonly registry: Metric.MetricRegistry
}

export const make = (): Counts => {
  const registry: Metric.MetricRegistry = new Map()
  const context = Context.make(Metric.MetricRegistry, registry)
  const known = new Map<string, Series>()

  const of = ({ metric: name, labels }: Sample): Series => {
    let key: string = name
    for (const label of Object.values(labels)) key += ` ${label}`
    const found = known.get(key)
    if (found) return found
    const made = series(name, labels)
    known.set(key, made)
    return made
  }
  const measure = (name: MetricName, value: () => number) => {
    const { kind, metric } = series(name, {})
    if (kind === "counter") registered(metric, () => ({ count: value(), incremental: true }))
    else if (kind === "gauge") registered(metric, () => ({ value: value() }))
  }
  const registered = <Input, State>(metric: Metric.Metric<Input, State>, get: () => State) =>
    Metric.registerUnsafe(metric, context, { get, update: () => {}, modify: () => {} })

  measure("memory", () => process.memoryUsage.rss())
  measure("cpu", () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1e6
  })
  const began = performance.timeOrigin / 1000
  measure("started", () => began)

  const add: Meter["add"] = (counted) => {
    const { kind, metric } = of(counted)
    if (kind === "gauge") metric.modifyUnsafe(counted.value, context)
    else metric.updateUnsafe(counted.value, context)
  }
  // What is told apart by nothing is there from the start, with nothing in it.
  for (const name of ["underWay", "streams"] as const) add(sample(name, {}, 0))

  return {
    registry,
    add,
    set: (counted) => of(counted).metric.updateUnsafe(counted.value, context),
    text: () =>
      PrometheusMetrics.formatUnsafe(context, { metricNameMapper: (name) => prometheus.get(name) ?? name })
  }
}

const prometheus: ReadonlyMap<string, string> = new Map(
  Object.values(metrics).map((definition) => [definition.name, definition.prometheus])
)

/** A label that has nothing to say is left out, as Prometheus has it. */
const series = (name: MetricName, labels: Sample["labels"]): Series => {
  const { name: id, kind, help: description, unit, bounds: boundaries }: Definition = metrics[name]
  const said = Object.entries(labels).flatMap(([key, value]) => (value === "" ? [] : [[key, String(value)]]))
  const attributes = { ...Object.fromEntries(said), ...(unit !== "1" && { unit }) }
  switch (kind) {
    case "counter":
      return { kind, metric: Metric.counter(id, { description, attributes, incremental: true }) }
    case "gauge":
      return { kind, metric: Metric.gauge(id, { description, attributes }) }
    case "histogram":
      return { kind, metric: Metric.histogram(id, { description, attributes, boundaries }) }
  }
}
