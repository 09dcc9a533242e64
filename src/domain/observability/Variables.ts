/** Owns the names of the standard variables of OpenTelemetry that are heeded; what they say is the operator's. */
import { Schema } from "effect"

const signals = <const S extends string>(suffix: S) =>
  [
    `OTEL_EXPORTER_OTLP_${suffix}`,
    `OTEL_EXPORTER_OTLP_TRACES_${suffix}`,
    `OTEL_EXPORTER_OTLP_METRICS_${suffix}`
  ] as const

export const TelemetryVariable = Schema.Literals([
  "OTEL_SDK_DISABLED",
  "OTEL_SERVICE_NAME",
  "OTEL_RESOURCE_ATTRIBUTES",
  "OTEL_TRACES_EXPORTER",
  "OTEL_METRICS_EXPORTER",
  ...signals("ENDPOINT"),
  ...signals("HEADERS"),
  ...signals("PROTOCOL"),
  ...signals("COMPRESSION"),
  ...signals("TIMEOUT"),
  "OTEL_TRACES_SAMPLER",
  "OTEL_TRACES_SAMPLER_ARG",
  "OTEL_BSP_SCHEDULE_DELAY",
  "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
  "OTEL_BSP_MAX_QUEUE_SIZE",
  "OTEL_METRIC_EXPORT_INTERVAL",
  "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE"
])
export type TelemetryVariable = typeof TelemetryVariable.Type
