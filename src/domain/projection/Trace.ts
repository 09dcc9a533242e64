/** Owns the execution trace of a run (`io-iii-execution-trace`): its stages with their times, read from its events. */
import { Schema } from "effect"
import { CapabilityErrorCode } from "../capability/Capability.ts"
import { type CallIntended, type CallSettled, type CapabilityInvoked, ContextAssembled } from "../Event.ts"
import { Code } from "../Failure.ts"
import { CapabilityId, Count, Mode, ModelName, ProviderName, RunId, Timestamp } from "../Ids.ts"
import { NULL_PROVIDER } from "../run/Route.ts"
import { isStandIn, type Moment, type Timeline } from "../run/Timeline.ts"

export const Stage = Schema.Literals([
  "capability_execution",
  "provider_run",
  "context_assembly",
  "provider_inference",
  "challenger_audit",
  "revision_inference"
])
export type Stage = typeof Stage.Type

const step = <const S extends Stage, M extends Schema.Struct.Fields>(stage: S, meta: M) =>
  Schema.Struct({
    stage: Schema.Literal(stage),
    started_at_ms: Timestamp,
    duration_ms: Count,
    meta: Schema.Struct(meta)
  })
const model = { provider: ProviderName, model: ModelName }

const TraceStep = Schema.Union([
  step("capability_execution", {
    capability_id: CapabilityId,
    /** Whether there is an output, and the capability says of itself that all went well. */
    success: Schema.Boolean,
    error_code: Schema.NullOr(Schema.Union([Code, CapabilityErrorCode]))
  }),
  /** The stand-in's answer. */
  step("provider_run", { provider: Schema.Literal("null") }),
  step("context_assembly", {
    persona_contract_version: ContextAssembled.fields.version,
    route_id: Mode
  }),
  step("provider_inference", model),
  step("challenger_audit", { enabled: Schema.Literal(true) }),
  step("revision_inference", model)
])
export type TraceStep = typeof TraceStep.Type

export const Trace = Schema.Struct({
  schema: Schema.Literal("io-iii-execution-trace"),
  schema_version: Schema.Literal("v1.0"),
  trace_id: RunId,
  started_at_ms: Timestamp,
  status: Schema.Literals(["created", "running", "completed", "failed"]),
  /** Milliseconds of each stage; of one that was gone through twice, the sum. */
  stage_timings: Schema.Record(Stage, Schema.optionalKey(Count)),
  steps: Schema.Array(TraceStep)
})
export type Trace = typeof Trace.Type

/** A step is there once it is over, however it went. */
export const trace = (line: Timeline): Trace => {
  const steps = line.moments.flatMap((moment, index) => stepOf(line, moment, index))
  return {
    schema: "io-iii-execution-trace",
    schema_version: "v1.0",
    trace_id: line.accepted.run,
    started_at_ms: line.startedAt,
    status: statusOf(line, steps),
    stage_timings: timings(steps),
    steps
  }
}

const statusOf = ({ state }: Timeline, steps: ReadonlyArray<TraceStep>): Trace["status"] => {
  if (state.ending) return state.ending._tag === "Released" ? "completed" : "failed"
  return steps.length === 0 ? "created" : "running"
}

const timings = (steps: ReadonlyArray<TraceStep>): Trace["stage_timings"] => {
  const total: Partial<Record<Stage, number>> = {}
  for (const { stage, duration_ms } of steps) total[stage] = (total[stage] ?? 0) + duration_ms
  return total
}

const stepOf = (line: Timeline, { at, event }: Moment, index: number): ReadonlyArray<TraceStep> => {
  switch (event._tag) {
    case "CapabilityInvoked":
      return [capabilityStep(event, at)]
    case "ContextAssembled":
      // What is put together for the stand-in is read by nobody.
      if (isStandIn(line.state)) return []
      return [
        {
          stage: "context_assembly",
          started_at_ms: at,
          duration_ms: 0,
          meta: { persona_contract_version: event.version, route_id: line.accepted.mode }
        }
      ]
    case "CallSettled": {
      const call = line.moments.slice(0, index).findLast(isIntent)
      return call ? [callStep(call.event, call.at, event)] : []
    }
    case "AuditConcluded":
      // Nobody was there to be asked.
      return line.state.calls.some(({ intended }) => intended.purpose === "audit")
        ? []
        : [{ stage: "challenger_audit", started_at_ms: at, duration_ms: 0, meta: { enabled: true } }]
    default:
      return []
  }
}

/** Its row says when it was over. */
const capabilityStep = (
  { id, ok, code, errorCode, durationMillis }: typeof CapabilityInvoked.Type,
  at: Timestamp
): TraceStep => ({
  stage: "capability_execution",
  started_at_ms: Timestamp.make(Math.max(0, at - durationMillis)),
  duration_ms: durationMillis,
  meta: { capability_id: id, success: ok && code === null, error_code: code ?? errorCode }
})

type Intent = typeof CallIntended.Type
const isIntent = (moment: Moment): moment is Moment & { readonly event: Intent } =>
  moment.event._tag === "CallIntended"

const callStep = (
  { purpose, provider, model: name }: Intent,
  started_at_ms: Timestamp,
  { latencyMillis: duration_ms }: typeof CallSettled.Type
): TraceStep => {
  const time = { started_at_ms, duration_ms }
  if (purpose === "audit") return { stage: "challenger_audit", ...time, meta: { enabled: true } }
  const meta = { provider, model: name }
  if (purpose === "revision") return { stage: "revision_inference", ...time, meta }
  return provider === NULL_PROVIDER
    ? { stage: "provider_run", ...time, meta: { provider: "null" } }
    : { stage: "provider_inference", ...time, meta }
}
