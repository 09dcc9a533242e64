/** Owns the record that every ended run leaves in `metadata.jsonl` (DOC-RUN-003): one closed line, read from its events. */
import { Schema } from "effect"
import { AuditVerdict, type EngineEvent, failureOf, modelOf, passes, verdictOf } from "./EngineEvents.ts"
import { Code, Kind } from "../Failure.ts"
import { Count, Digest, Mode, ModelName, ProviderName, RunId, Target, Timestamp } from "../Ids.ts"
import { FallbackReason } from "../run/Route.ts"
import { writerOf } from "../ledger/Shape.ts"
import { Telemetry } from "./Telemetry.ts"
import { answering, elapsed, isStandIn, type Timeline } from "../run/Timeline.ts"
import type { Trace } from "./Trace.ts"

/** Every field is always there; null is "does not apply", or "not known when the run ended". */
export const Metadata = Schema.Struct({
  schema: Schema.Literal("io-iii-metadata-jsonl"),
  schema_version: Schema.Literal("v1.0"),
  /** When the run ended. */
  timestamp_ms: Timestamp,
  request_id: RunId,
  mode: Mode,
  route_id: Mode,
  provider: Schema.NullOr(ProviderName),
  model: Schema.NullOr(ModelName),
  status: Schema.Literals(["ok", "error"]),
  latency_ms: Count,
  prompt_hash: Schema.NullOr(Digest),
  selected_primary: Schema.NullOr(Target),
  routing_source: Schema.NullOr(Schema.Literal("routing_table")),
  fallback_used: Schema.Boolean,
  fallback_reason: Schema.NullOr(FallbackReason),
  /** No run takes a capability yet. */
  capability_id: Schema.Null,
  capability_ok: Schema.Null,
  capability_version: Schema.Null,
  capability_duration_ms: Schema.Null,
  capability_error_code: Schema.Null,
  audit_enabled: Schema.Boolean,
  audit_passes: Count,
  audit_verdict: Schema.NullOr(AuditVerdict),
  revision_passes: Count,
  revised: Schema.Boolean,
  trace_steps: Count,
  trace_total_ms: Count,
  engine_event_count: Count,
  telemetry: Schema.NullOr(Telemetry),
  failure_kind: Schema.NullOr(Kind),
  error_code: Schema.NullOr(Code)
})
export type Metadata = typeof Metadata.Type

/** The other projections of the same run. */
export interface Projected {
  readonly trace: Trace
  readonly engineEvents: ReadonlyArray<EngineEvent>
  readonly telemetry: Telemetry | null
}

/** Null while a run has not ended. */
export const metadata = (line: Timeline, { trace, engineEvents, telemetry }: Projected): Metadata | null => {
  const { state, accepted } = line
  if (!state.ending) return null
  const route = state.route?.route ?? null
  const called = answering(state)
  const failed = failureOf(state)
  const fallbackReason = called?.fallbackReason ?? route?.fallbackReason ?? null
  return {
    schema: "io-iii-metadata-jsonl",
    schema_version: "v1.0",
    timestamp_ms: line.lastAt,
    request_id: accepted.run,
    mode: accepted.mode,
    route_id: accepted.mode,
    provider: called?.provider ?? route?.provider ?? null,
    model: called ? modelOf(called) : ((route?.selected && modelOf(route.selected)) ?? null),
    status: failed ? "error" : "ok",
    latency_ms: elapsed(line),
    prompt_hash: isStandIn(state) ? null : (state.context?.promptHash ?? null),
    selected_primary: route?.primary ?? null,
    routing_source: route && "routing_table",
    fallback_used: (route?.fallbackUsed ?? false) || fallbackReason !== null,
    fallback_reason: fallbackReason,
    capability_id: null,
    capability_ok: null,
    capability_version: null,
    capability_duration_ms: null,
    capability_error_code: null,
    audit_enabled: accepted.audit,
    audit_passes: passes(state, "audit"),
    audit_verdict: verdictOf(state),
    revision_passes: passes(state, "revision"),
    revised: engineEvents.some(({ kind }) => kind === "revision_complete"),
    trace_steps: trace.steps.length,
    trace_total_ms: trace.steps.reduce((total, { duration_ms }) => total + duration_ms, 0),
    engine_event_count: engineEvents.length,
    telemetry,
    failure_kind: failed?.failure_kind ?? null,
    error_code: failed?.failure_code ?? null
  }
}

/** A line of the log, without its line break. */
export const encode: (record: Metadata) => string = writerOf(Metadata)
