/** Owns the engine events of a run (DOC-RUN-006): the seed's eight kinds, read from the ledger's events in their order. */
import { Schema } from "effect"
import { RunAccepted } from "../Event.ts"
import { Code, codes, Kind, Phase } from "../Failure.ts"
import { Count, Mode, ModelName, ProviderName, type RunbookId, RunId, TaskSpecId, Timestamp } from "../Ids.ts"
import { NULL_PROVIDER } from "../run/Route.ts"
import type { RunState } from "../run/Run.ts"
import { answering, type Moment, type Timeline } from "../run/Timeline.ts"
import { Verdict } from "../run/Verdict.ts"

/** What an audit came to. Without a verdict it is `unavailable`, and never a pass. */
export const AuditVerdict = Schema.Literals([...Verdict.fields.decision.literals, "unavailable"])
export type AuditVerdict = typeof AuditVerdict.Type

export const verdictOf = ({ audit }: RunState): AuditVerdict | null =>
  audit && (audit.verdict?.decision ?? "unavailable")

/** How a run failed; null when it did not. A cancelled run has no code in the ledger, and one here. */
export const failureOf = ({
  ending
}: RunState): { readonly failure_kind: Kind; readonly failure_code: Code; readonly phase: Phase } | null => {
  if (!ending || ending._tag === "Released") return null
  const failure_code = ending._tag === "RunCancelled" ? "RUN_CANCELLED" : ending.code
  return { failure_kind: codes[failure_code].kind, failure_code, phase: ending.phase }
}

/** The stand-in is no model. */
export const modelOf = (called: { readonly provider: ProviderName; readonly model: ModelName }) =>
  called.provider === NULL_PROVIDER ? null : called.model

/** The calls of one purpose that a run made. */
export const passes = ({ calls }: RunState, purpose: "audit" | "revision"): number =>
  calls.filter(({ intended }) => intended.purpose === purpose).length

/** What a runbook has declared of the step that a run is. */
export interface Declared {
  readonly runbook: RunbookId
  readonly task: TaskSpecId
}

/** What a run is a task of. */
export const taskOf = ({ turn }: typeof RunAccepted.Type, declared: Declared | null): TaskSpecId | null =>
  turn ? TaskSpecId.make(`${turn.session}:turn:${turn.index}`) : (declared?.task ?? null)

const event = <const K extends string, M extends Schema.Struct.Fields>(kind: K, meta: M) =>
  Schema.Struct({
    kind: Schema.Literal(kind),
    timestamp_ms: Timestamp,
    request_id: RunId,
    /** Of a step, as its runbook names it; of a turn, after its session; null in a run by itself. */
    task_spec_id: Schema.NullOr(TaskSpecId),
    meta: Schema.Struct(meta)
  })
const answer = { provider: ProviderName, model: Schema.NullOr(ModelName) }

export const EngineEvent = Schema.Union([
  event("engine_run_started", {
    mode: Mode,
    /** Null when the run ended before it had a route. */
    provider: Schema.NullOr(ProviderName),
    caller: RunAccepted.fields.surface
  }),
  event("route_resolved", {
    selected_provider: ProviderName,
    route_id: Mode,
    fallback_used: Schema.Boolean
  }),
  event("provider_execution_complete", answer),
  event("challenger_audit_complete", { verdict: AuditVerdict, audit_passes: Count }),
  event("revision_complete", { revision_passes: Count }),
  event("output_emitted", answer),
  event("engine_run_complete", { trace_step_count: Count }),
  event("engine_run_failed", { failure_kind: Kind, failure_code: Code, phase: Phase })
])
export type EngineEvent = typeof EngineEvent.Type

/** What an event says besides when and of which run. */
type Said<E = EngineEvent> = E extends EngineEvent ? Pick<E, "kind" | "meta"> : never

export const engineEvents = (
  line: Timeline,
  traceSteps: number,
  declared: Declared | null
): ReadonlyArray<EngineEvent> =>
  line.moments.flatMap((moment) =>
    said(line, moment, traceSteps).map((what): EngineEvent => ({
      ...what,
      timestamp_ms: moment.at,
      request_id: line.accepted.run,
      task_spec_id: taskOf(line.accepted, declared)
    }))
  )

const said = (
  { state, accepted }: Timeline,
  { event: happened }: Moment,
  traceSteps: number
): ReadonlyArray<Said> => {
  switch (happened._tag) {
    case "RunAccepted": {
      const provider = state.route?.route.provider ?? null
      return [
        { kind: "engine_run_started", meta: { mode: accepted.mode, provider, caller: accepted.surface } }
      ]
    }
    case "RouteResolved": {
      const { provider, fallbackUsed } = happened.route
      const meta = { selected_provider: provider, route_id: accepted.mode, fallback_used: fallbackUsed }
      return [{ kind: "route_resolved", meta }]
    }
    case "CallSettled":
      return happened.outcome === "ok" ? settled(state, happened.purpose) : []
    case "AuditConcluded": {
      const verdict = happened.verdict?.decision ?? "unavailable"
      return [{ kind: "challenger_audit_complete", meta: { verdict, audit_passes: passes(state, "audit") } }]
    }
    case "Released": {
      const { provider } = happened.receipt
      return [
        { kind: "output_emitted", meta: { provider, model: modelOf(happened.receipt) } },
        { kind: "engine_run_complete", meta: { trace_step_count: traceSteps } }
      ]
    }
    case "RunRefused":
    case "RunFailed":
    case "RunCancelled": {
      const meta = failureOf(state)
      return meta ? [{ kind: "engine_run_failed", meta }] : []
    }
    default:
      return []
  }
}

const settled = (state: RunState, purpose: "draft" | "audit" | "revision"): ReadonlyArray<Said> => {
  const called = answering(state)
  if (purpose === "revision")
    return [{ kind: "revision_complete", meta: { revision_passes: passes(state, "revision") } }]
  return purpose === "draft" && called
    ? [{ kind: "provider_execution_complete", meta: { provider: called.provider, model: modelOf(called) } }]
    : []
}
