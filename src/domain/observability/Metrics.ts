/**
 * Owns the table of what is counted: each metric with its names, its unit and the closed facts that it is told apart by. None of
 * them tells runs, sessions or people apart.
 */
import { Schema } from "effect"
import { Code } from "../Codes.ts"
import { Outcome } from "../Event.ts"
import { CapabilityId, Mode, ModelName, ProviderName } from "../Ids.ts"
import { Purpose } from "../run/Bounds.ts"
import { Unavailable, Verdict } from "../run/Verdict.ts"
import { Action, Decider, Threshold } from "../session/Turn.ts"
import { Method, Rested, RouteTemplate } from "./Span.ts"

export interface Definition<Labels extends Schema.Struct.Fields = Schema.Struct.Fields> {
  readonly kind: "counter" | "gauge" | "histogram"
  /** As OpenTelemetry names it, and as Prometheus does. */
  readonly name: string
  readonly prometheus: string
  /** In UCUM. */
  readonly unit: "1" | "s" | "By" | `{${string}}`
  readonly help: string
  readonly labels: Schema.Struct<Labels>
  /** Upper bounds of the buckets of a histogram. */
  readonly bounds: ReadonlyArray<number>
}

const counter = <const Labels extends Schema.Struct.Fields>(
  name: string,
  prometheus: string,
  unit: Definition["unit"],
  help: string,
  labels: Labels
): Definition<Labels> => ({
  kind: "counter",
  name,
  prometheus: `${prometheus}_total`,
  unit,
  help,
  labels: Schema.Struct(labels),
  bounds: []
})

const gauge = <const Labels extends Schema.Struct.Fields>(
  name: string,
  prometheus: string,
  unit: Definition["unit"],
  help: string,
  labels: Labels
): Definition<Labels> => ({
  ...counter(name, prometheus, unit, help, labels),
  kind: "gauge",
  prometheus
})

const histogram = <const Labels extends Schema.Struct.Fields>(
  name: string,
  prometheus: string,
  unit: Definition["unit"],
  help: string,
  bounds: ReadonlyArray<number>,
  labels: Labels
): Definition<Labels> => ({
  ...counter(name, prometheus, unit, help, labels),
  kind: "histogram",
  prometheus,
  bounds
})

/** Of calls to models, in seconds, and of their tokens: as the conventions for generative AI say. */
const CALL_SECONDS = Array.from({ length: 14 }, (_, power) => 2 ** power / 100)
const TOKENS = Array.from({ length: 14 }, (_, power) => 4 ** power)
/** Of requests, in seconds: as the conventions for HTTP say. */
const REQUEST_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]
const RUN_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600]
const FAST_SECONDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5]
const ROWS = [1, 2, 4, 8, 16, 32, 64, 128, 256]

const model = {
  gen_ai_operation_name: Schema.Literal("chat"),
  gen_ai_provider_name: ProviderName,
  gen_ai_request_model: ModelName
}

export const metrics = {
  runs: counter("io3.runs", "io3_runs", "{run}", "Runs that have ended: released, or the code.", {
    mode: Mode,
    provider: ProviderName,
    outcome: Schema.Union([Schema.Literal("released"), Code])
  }),
  runSeconds: histogram(
    "io3.run.duration",
    "io3_run_duration_seconds",
    "s",
    "From the acceptance of a run to its end, without the time that it was held.",
    RUN_SECONDS,
    { mode: Mode, outcome: Rested }
  ),
  underWay: gauge("io3.runs.active", "io3_runs_active", "{run}", "Runs that this process has under way.", {}),
  calls: counter(
    "io3.calls",
    "io3_calls",
    "{call}",
    "Calls to models that are settled, the stand-in included.",
    {
      purpose: Purpose,
      provider: ProviderName,
      model: ModelName,
      outcome: Outcome
    }
  ),
  callSeconds: histogram(
    "gen_ai.client.operation.duration",
    "gen_ai_client_operation_duration_seconds",
    "s",
    "Duration of calls to models.",
    CALL_SECONDS,
    { ...model, error_type: Schema.Union([Schema.Literal(""), Code]) }
  ),
  firstSeconds: histogram(
    "gen_ai.client.operation.time_to_first_chunk",
    "gen_ai_client_operation_time_to_first_chunk_seconds",
    "s",
    "Time to the first piece of what a model says.",
    CALL_SECONDS,
    model
  ),
  tokens: histogram(
    "gen_ai.client.token.usage",
    "gen_ai_client_token_usage",
    "{token}",
    "Tokens of calls to models, where the provider has said.",
    TOKENS,
    { ...model, gen_ai_token_type: Schema.Literals(["input", "output"]) }
  ),
  verdicts: counter(
    "io3.audit.verdicts",
    "io3_audit_verdicts",
    "{verdict}",
    "Audits, by verdict or by why there is none.",
    {
      verdict: Schema.Union([Verdict.fields.decision, Unavailable]),
      independent: Schema.Boolean
    }
  ),
  held: counter("io3.steward.held", "io3_steward_held", "{run}", "Runs that were held for a steward.", {
    threshold: Threshold
  }),
  decisions: counter(
    "io3.steward.decisions",
    "io3_steward_decisions",
    "{decision}",
    "Decisions about held runs.",
    {
      action: Action,
      by: Decider
    }
  ),
  pending: gauge("io3.steward.pending", "io3_steward_pending", "{run}", "Runs that wait for a steward.", {}),
  capabilities: counter(
    "io3.capability.invocations",
    "io3_capability_invocations",
    "{call}",
    "Capabilities that were invoked: ok, declined, or the code.",
    { capability: CapabilityId, outcome: Schema.Union([Schema.Literals(["ok", "declined"]), Code]) }
  ),
  commitSeconds: histogram(
    "io3.journal.commit.duration",
    "io3_journal_commit_duration_seconds",
    "s",
    "Until a commit was durable.",
    FAST_SECONDS,
    {}
  ),
  commitRows: histogram(
    "io3.journal.commit.rows",
    "io3_journal_commit_rows",
    "{row}",
    "Rows of a commit.",
    ROWS,
    {}
  ),
  requestSeconds: histogram(
    "http.server.request.duration",
    "http_server_request_duration_seconds",
    "s",
    "Duration of requests; of a stream, until it begins.",
    REQUEST_SECONDS,
    {
      http_request_method: Method,
      http_route: Schema.Union([Schema.Literal(""), RouteTemplate]),
      http_response_status_code: Schema.Int
    }
  ),
  overheadSeconds: histogram(
    "io3.http.overhead",
    "io3_http_overhead_seconds",
    "s",
    "Time of requests that was not spent in a provider.",
    FAST_SECONDS,
    {}
  ),
  streams: gauge("io3.http.streams", "io3_http_streams", "{stream}", "Event streams that are open.", {}),
  spans: counter(
    "io3.telemetry.spans",
    "io3_telemetry_spans",
    "{span}",
    "Spans handed to the collector, or dropped.",
    {
      fate: Schema.Literals(["sent", "dropped"])
    }
  ),
  memory: gauge(
    "process.memory.usage",
    "process_resident_memory_bytes",
    "By",
    "Memory of this process that is resident.",
    {}
  ),
  cpu: counter(
    "process.cpu.time",
    "process_cpu_seconds",
    "s",
    "Time that this process has spent computing.",
    {}
  ),
  started: gauge(
    "process.start_time",
    "process_start_time_seconds",
    "s",
    "When this process began, since the Unix epoch.",
    {}
  )
} as const satisfies Record<string, Definition>

type Table = typeof metrics
export type MetricName = keyof Table
type LabelsOf<M extends MetricName> = Table[M]["labels"]["Type"]

/** Something that was counted: what is added to a counter or a gauge, or one value of a histogram. */
export interface Sample {
  readonly metric: MetricName
  readonly labels: Readonly<Record<string, string | number | boolean>>
  readonly value: number
}

/** The labels are those of the metric, each of its kind. */
export const sample = <M extends MetricName>(metric: M, labels: LabelsOf<M>, value = 1): Sample => ({
  metric,
  labels: labels as Sample["labels"],
  value
})
