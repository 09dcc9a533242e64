/** Owns everything that is said of a run besides its ledger, in one place: the ledger's events are its only source. */
import { Option, Schema } from "effect"
import { type Declared, EngineEvent, engineEvents } from "./EngineEvents.ts"
import { Metadata, metadata } from "./Metadata.ts"
import { Telemetry, telemetry } from "./Telemetry.ts"
import { type Moment, timeline } from "../run/Timeline.ts"
import { Trace, trace } from "./Trace.ts"

export const Projection = Schema.Struct({
  trace: Trace,
  engine_events: Schema.Array(EngineEvent),
  /** Null where no model was called. */
  telemetry: Schema.NullOr(Telemetry),
  /** Null while the run has not ended. */
  metadata: Schema.NullOr(Metadata)
})
export type Projection = typeof Projection.Type

/** `None` when these are not the events of a run, or it has not begun. `declared` is what its runbook says of it. */
export const project = (
  moments: ReadonlyArray<Moment>,
  declared: Declared | null = null
): Option.Option<Projection> =>
  Option.map(timeline(moments), (line) => {
    const traced = trace(line)
    const events = engineEvents(line, traced.steps.length, declared)
    const cost = telemetry(line)
    return {
      trace: traced,
      engine_events: events,
      telemetry: cost,
      metadata: metadata(line, { trace: traced, engineEvents: events, telemetry: cost, declared })
    }
  })
