/** Owns the record that every ended run leaves in `metadata.jsonl` (DOC-RUN-003): one closed line, read from its events. */
import { Schema } from "effect"
import {
  AuditVerdict,
  type Declared,
  type EngineEvent,
  failureOf,
  modelOf,
  passes,
  taskOf,
  verdictOf
} from "./EngineEvents.ts"
import { CapabilityErrorCode, CapabilityVersion } from "../capability/Capability.ts"
import { countOf } from "../memory/Recall.ts"
import { Code, Kind } from "../Failure.ts"
import {
  CapabilityId,
  Count,
  Digest,
  Mode,
  ModelName,
  ProviderName,
  RunbookId,
  RunId,
  SessionId,
  Target,
  TaskSpecId,
  Timestamp
} from "../Ids.ts"
import type { RunState } from "../run/Run.ts"
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
  capability_id: Schema.NullOr(CapabilityId),
  /** False also where the run had ended before it was invoked. */
  capability_ok: Schema.NullOr(Schema.Boolean),
  capability_version: Schema.NullOr(CapabilityVersion),
  capability_duration_ms: Schema.NullOr(Count),
  capability_error_code: Schema.NullOr(Schema.Union([Code, CapabilityErrorCode])),
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
  error_code: Schema.NullOr(Code),
  task_spec_id: Schema.NullOr(TaskSpecId),
  session_id: Schema.NullOr(SessionId),
  /** As its author names it, the execution that the run is a step of, and which of its steps, from 0. */
  runbook_id: Schema.NullOr(RunbookId),
  runbook_run_id: Schema.NullOr(RunId),
  step_index: Schema.NullOr(Count),
  /** What the run does again, or goes on with. */
  source_run_id: Schema.NullOr(RunId),
  /** What became of the memory records that it was to read, in numbers. */
  memory: Schema.NullOr(
    Schema.Struct({ declared: Count, loaded: Count, missing: Count, denied: Count, dropped: Count })
  )
})
export type Metadata = typeof Metadata.Type

/** The other projections of the same run. */
export interface Projected {
  readonly trace: Trace
  readonly engineEvents: ReadonlyArray<EngineEvent>
  readonly telemetry: Telemetry | null
  readonly declared: Declared | null
}

/** Null while a run has not ended. */
export const metadata = (
  line: Timeline,
  { trace, engineEvents, telemetry, declared }: Projected
): Metadata | null => {
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
    ...capability(state),
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
    error_code: failed?.failure_code ?? null,
    task_spec_id: taskOf(accepted, declared),
    session_id: accepted.turn?.session ?? null,
    runbook_id: declared?.runbook ?? null,
    runbook_run_id: accepted.step?.runbook ?? null,
    step_index: accepted.step?.index ?? null,
    source_run_id: accepted.source?.run ?? null,
    memory: memory(state)
  }
}

const capability = ({ accepted, capability: invoked }: RunState) => ({
  capability_id: accepted?.capability?.id ?? null,
  capability_ok: accepted?.capability ? invoked !== null && invoked.ok && invoked.code === null : null,
  capability_version: invoked?.version ?? null,
  // Of a call that came to nothing nobody knows how long it took.
  capability_duration_ms: invoked?.code === null ? invoked.durationMillis : null,
  capability_error_code: invoked?.code ?? invoked?.errorCode ?? null
})

const memory = ({ context }: RunState): Metadata["memory"] =>
  context?.memory
    ? {
        declared: context.memory.length,
        loaded: countOf(context.memory, "released"),
        missing: countOf(context.memory, "missing"),
        denied: countOf(context.memory, "denied"),
        dropped: countOf(context.memory, "dropped")
      }
    : null

/** A line of the log, without its line break. */
export const encode: (record: Metadata) => string = writerOf(Metadata)
