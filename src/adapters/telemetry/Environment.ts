/**
 * Owns what the standard variables of OpenTelemetry say: where traces and metrics go, and how. Without an endpoint they go
 * nowhere. A value that cannot be read is as if it were not there, and is told to whoever asks (`faults`).
 */
import type { Sampler } from "../../domain/observability/TraceContext.ts"
import type { TelemetryVariable } from "../../domain/observability/Variables.ts"
import type { TelemetryFacts } from "../../ports/Machine.ts"
import type { Environment } from "../config/Environment.ts"

/** Where one kind of telemetry goes. */
export interface Destination {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** Every collector takes both; to write the binary one takes ten times as long. */
  readonly protocol: "http/protobuf" | "http/json"
  readonly compression: "gzip" | "none"
  /** How long one transmission may take. */
  readonly timeoutMillis: number
}

export interface Traces extends Destination {
  readonly sampler: Sampler
  /** How long spans are collected before they go, how many go at once, and how many may wait. */
  readonly delayMillis: number
  readonly batch: number
  readonly most: number
}

export interface Metrics extends Destination {
  readonly intervalMillis: number
  readonly temporality: "cumulative" | "delta"
}

export interface Wanted {
  readonly traces: Traces | null
  readonly metrics: Metrics | null
  /** What is said of this process. It is the operator's, who may say what they like. */
  readonly resource: {
    readonly serviceName: string
    readonly attributes: Readonly<Record<string, string>>
  }
  /** The variables that could not be read. */
  readonly faults: ReadonlyArray<TelemetryVariable>
}

const SERVICE = "io-iii"

export const wantedOf = (environment: Environment): Wanted => {
  const read = new Reading(environment)
  const isOff = read.flag("OTEL_SDK_DISABLED")
  const headers = read.pairs("OTEL_EXPORTER_OTLP_HEADERS")
  const attributes = read.pairs("OTEL_RESOURCE_ATTRIBUTES")
  const { "service.name": named, ...rest } = attributes
  const resource = { serviceName: read.text("OTEL_SERVICE_NAME") ?? named ?? SERVICE, attributes: rest }

  const destination = (signal: "TRACES" | "METRICS"): Destination | null => {
    const isNone = read.choice(`OTEL_${signal}_EXPORTER`, ["otlp", "none"], "otlp") === "none"
    const own = read.url(`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`)
    const base = read.url("OTEL_EXPORTER_OTLP_ENDPOINT")
    const url = own ?? (base && `${base.replace(/\/+$/u, "")}/v1/${signal.toLowerCase()}`)
    if (isOff || isNone || url === null) return null
    const protocols = ["http/protobuf", "http/json"] as const
    const compressions = ["none", "gzip"] as const
    return {
      url,
      headers: { ...headers, ...read.pairs(`OTEL_EXPORTER_OTLP_${signal}_HEADERS`) },
      protocol: read.choice(
        `OTEL_EXPORTER_OTLP_${signal}_PROTOCOL`,
        protocols,
        read.choice("OTEL_EXPORTER_OTLP_PROTOCOL", protocols, "http/json")
      ),
      compression: read.choice(
        `OTEL_EXPORTER_OTLP_${signal}_COMPRESSION`,
        compressions,
        read.choice("OTEL_EXPORTER_OTLP_COMPRESSION", compressions, "none")
      ),
      timeoutMillis: read.count(
        `OTEL_EXPORTER_OTLP_${signal}_TIMEOUT`,
        read.count("OTEL_EXPORTER_OTLP_TIMEOUT", 10_000)
      )
    }
  }

  const traces = destination("TRACES")
  const metrics = destination("METRICS")
  const most = read.count("OTEL_BSP_MAX_QUEUE_SIZE", 2048)
  return {
    traces: traces && {
      ...traces,
      sampler: samplerOf(read),
      delayMillis: read.count("OTEL_BSP_SCHEDULE_DELAY", 5000),
      batch: Math.min(most, read.count("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 512)),
      most
    },
    metrics: metrics && {
      ...metrics,
      intervalMillis: read.count("OTEL_METRIC_EXPORT_INTERVAL", 60_000),
      temporality: read.choice(
        "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
        ["cumulative", "delta"],
        "cumulative"
      )
    },
    resource,
    faults: read.faults
  }
}

/** The same for whoever asks where it goes: a path or a password in an address is nobody's to see. */
export const whereTo = (environment: Environment): TelemetryFacts => {
  const { traces, metrics, faults } = wantedOf(environment)
  const hostOf = (destination: Destination | null) => destination && new URL(destination.url).host
  return { traces: hostOf(traces), metrics: hostOf(metrics), faults }
}

const SAMPLERS = ["always_on", "always_off", "traceidratio"] as const
const PARENT_BASED = "parentbased_"

const samplerOf = (read: Reading): Sampler => {
  const known = [...SAMPLERS, ...SAMPLERS.map((name) => `${PARENT_BASED}${name}` as const)]
  const name = read.choice("OTEL_TRACES_SAMPLER", known, "parentbased_always_on")
  const parentBased = name.startsWith(PARENT_BASED)
  if (name.endsWith("always_on")) return { parentBased, ratio: 1 }
  if (name.endsWith("always_off")) return { parentBased, ratio: 0 }
  return { parentBased, ratio: read.share("OTEL_TRACES_SAMPLER_ARG") }
}

/** The variables, each read once for what it is; an empty one is not there. */
class Reading {
  readonly #environment: Environment
  readonly #faults = new Set<TelemetryVariable>()

  constructor(environment: Environment) {
    this.#environment = environment
  }

  get faults(): ReadonlyArray<TelemetryVariable> {
    return [...this.#faults]
  }

  text(name: TelemetryVariable): string | null {
    return this.#environment[name]?.trim() || null
  }

  flag(name: TelemetryVariable): boolean {
    return this.choice(name, ["true", "false"], "false") === "true"
  }

  choice<const A extends string>(name: TelemetryVariable, known: ReadonlyArray<A>, otherwise: A): A {
    return this.#read(name, (text) => known.find((one) => one === text.toLowerCase())) ?? otherwise
  }

  count(name: TelemetryVariable, otherwise: number): number {
    const isCount = /^[1-9][0-9]{0,8}$/u
    return this.#read(name, (text) => (isCount.test(text) ? Number(text) : undefined)) ?? otherwise
  }

  /** From 0 to 1; all, where nothing is said. */
  share(name: TelemetryVariable): number {
    const isShare = /^(?:0(?:\.[0-9]+)?|\.[0-9]+|1(?:\.0+)?)$/u
    return this.#read(name, (text) => (isShare.test(text) ? Number(text) : undefined)) ?? 1
  }

  url(name: TelemetryVariable): string | null {
    return (
      this.#read(name, (text) => {
        const url = URL.parse(text)
        return url && /^https?:$/u.test(url.protocol) ? url.href : undefined
      }) ?? null
    )
  }

  /** `key=value,key=value`, each percent-encoded. */
  pairs(name: TelemetryVariable): Readonly<Record<string, string>> {
    return (
      this.#read(name, (text) => {
        const parts = text.split(",").filter((part) => part.trim() !== "")
        const pairs = parts.map((part) => /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/u.exec(part))
        try {
          return pairs.every((pair) => pair !== null)
            ? Object.fromEntries(
                pairs.map(([, key = "", value = ""]) => [decodeURIComponent(key), decodeURIComponent(value)])
              )
            : undefined
        } catch {
          return undefined
        }
      }) ?? {}
    )
  }

  #read<A>(name: TelemetryVariable, of: (text: string) => A | undefined): A | undefined {
    const text = this.text(name)
    if (text === null) return undefined
    const value = of(text)
    if (value === undefined) this.#faults.add(name)
    return value
  }
}
