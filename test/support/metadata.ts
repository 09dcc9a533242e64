/** Owns a metadata log in memory, and records to write to one. */
import { Effect, Layer, Ref, Stream } from "effect"
import type { RuntimeFailure } from "../../src/domain/Failure.ts"
import { Mode, RunId, Timestamp } from "../../src/domain/Ids.ts"
import type { Metadata } from "../../src/domain/projection/Metadata.ts"
import { MetadataLog } from "../../src/ports/MetadataLog.ts"

/** A log whose records can be looked at; it may fail instead. */
export const memoryLog = (failing: RuntimeFailure | null = null) => {
  const records = Ref.makeUnsafe<ReadonlyArray<Metadata>>([])
  const layer = Layer.succeed(MetadataLog, {
    append: (added) =>
      failing ? Effect.fail(failing) : Ref.update(records, (before) => [...before, ...added]),
    replace: (all, late) =>
      Effect.gen(function* () {
        const made = yield* Stream.runCollect(Stream.concat(all, late))
        yield* Ref.set(records, made)
        return made.length
      }),
    copy: (all) => Effect.map(Stream.runCollect(all), ({ length }) => length)
  })
  return { layer, records: Ref.get(records) }
}

/** The record of the run of this number. */
export const recordOf = (number: number): Metadata => ({
  schema: "io-iii-metadata-jsonl",
  schema_version: "v1.0",
  timestamp_ms: Timestamp.make(1_795_000_000_000 + number),
  request_id: RunId.make(`01900000-0000-7000-8000-${String(number).padStart(12, "0")}`),
  mode: Mode.make("executor"),
  route_id: Mode.make("executor"),
  provider: null,
  model: null,
  status: "error",
  latency_ms: 0,
  prompt_hash: null,
  selected_primary: null,
  routing_source: null,
  fallback_used: false,
  fallback_reason: null,
  capability_id: null,
  capability_ok: null,
  capability_version: null,
  capability_duration_ms: null,
  capability_error_code: null,
  audit_enabled: false,
  audit_passes: 0,
  audit_verdict: null,
  revision_passes: 0,
  revised: false,
  trace_steps: 0,
  trace_total_ms: 0,
  engine_event_count: 0,
  telemetry: null,
  failure_kind: "internal",
  error_code: "RUN_CANCELLED",
  task_spec_id: null,
  session_id: null,
  runbook_id: null,
  runbook_run_id: null,
  step_index: null,
  source_run_id: null,
  memory: null
})
