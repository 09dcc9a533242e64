/** Owns what is told of the record: runs in a list and one by one, streams and their heads, what has left. No text of it. */
import { Schema } from "effect"
import { Event } from "../Event.ts"
import {
  CapabilityId,
  ContentId,
  Count,
  Digest,
  Mode,
  ModelName,
  PackId,
  ProviderName,
  RunId,
  SessionId,
  StreamId,
  Timestamp
} from "../Ids.ts"
import { LifecycleEvent } from "../projection/RunbookEvents.ts"
import { Projection } from "../projection/Projection.ts"
import { Calibration } from "../run/Calibration.ts"
import { Cost, Receipt } from "../run/Receipt.ts"
import { RunState } from "../run/Run.ts"
import { Source } from "../run/Seat.ts"
import { Standing } from "../run/Standing.ts"

export const Entry = Schema.Struct({ seq: Count, at: Timestamp, event: Event })

/** One run as the ledger has it. */
export const RunRecord = Schema.Struct({
  /** A run id; of a broken run, perhaps another name that a stream can have. */
  run: Schema.String.pipe(Schema.check(Schema.isPattern(/^[a-z0-9_-][a-z0-9._-]{0,95}$/))),
  standing: Standing,
  /** Without the rows that cannot be read; then the run is broken. */
  entries: Schema.Array(Entry)
})
export type RunRecord = typeof RunRecord.Type

/** One stream as the ledger has it. */
export const StreamRecord = Schema.Struct({
  stream: StreamId,
  entries: Schema.Array(Entry),
  /** Of a runbook. */
  lifecycle: Schema.optionalKey(Schema.Array(LifecycleEvent))
})
export type StreamRecord = typeof StreamRecord.Type

/** The last row of a stream. */
export const StreamHead = Schema.Struct({
  stream: StreamId,
  rows: Count,
  head: Digest,
  /** Of the last row. */
  position: Count,
  at: Timestamp
})
export type StreamHead = typeof StreamHead.Type

const common = {
  run: RunRecord.fields.run,
  standing: Standing,
  /** When it was accepted; null where the run is broken. */
  at: Schema.NullOr(Timestamp),
  usage: Cost
}

/** One run in a list. */
export const Summary = Schema.Struct({
  ...common,
  mode: Schema.NullOr(Mode),
  /** Who answered last; null before anybody was asked. */
  provider: Schema.NullOr(ProviderName),
  model: Schema.NullOr(ModelName),
  erased: Schema.Boolean,
  /** Of which session it is a turn, or of which runbook's run a step; both null in a run by itself. */
  turn: Schema.NullOr(Schema.Struct({ session: SessionId, index: Count })),
  step: Schema.NullOr(Schema.Struct({ runbook: RunId, index: Count, attempt: Count })),
  /** What it does again, or goes on with. */
  source: Schema.NullOr(Source),
  capability: Schema.NullOr(CapabilityId),
  packs: Schema.Array(PackId)
})
export type Summary = typeof Summary.Type

/** Part of a list. */
export const Page = Schema.Struct({
  runs: Schema.Array(Summary),
  /** Where the list goes on; null at its end. */
  next: Schema.NullOr(Count)
})
export type Page = typeof Page.Type

/** Everything there is to say of one run. */
export const Detail = Schema.Struct({
  ...common,
  endedAt: Schema.NullOr(Timestamp),
  /** What the model it was sent to has counted lately; null before there is one. */
  calibration: Schema.NullOr(Calibration),
  /** Null where the run is broken. */
  state: Schema.NullOr(RunState),
  /** What is published of it; null where the run is broken. */
  projection: Schema.NullOr(Projection)
})
export type Detail = typeof Detail.Type

/** What left a run. */
export const Release = Schema.Struct({
  run: RunId,
  /** When it ended. */
  at: Timestamp,
  /** Under which id the text is sealed. */
  content: ContentId,
  receipt: Receipt,
  erased: Schema.Boolean
})
export type Release = typeof Release.Type
