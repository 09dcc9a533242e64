/** Owns what rows of one stream come to: its head, its run, its configurations. Pure. */
import { Option, Result } from "effect"
import { isRunEvent } from "../../domain/Event.ts"
import { type Digest, RUN_PREFIX, type StreamId, type Timestamp } from "../../domain/Ids.ts"
import { decode, type Row } from "../../domain/ledger/Ledger.ts"
import { type RunState } from "../../domain/run/Run.ts"
import { replay } from "../../domain/run/Evolution.ts"
import type { StreamInfo } from "../../ports/Journal.ts"

/** Whether the recorded head and its time are those of the last row. */
export const endsAt = (rows: ReadonlyArray<Row>, { seq, head, at }: StreamInfo): boolean => {
  const last = rows.at(-1)
  return last?.seq === seq && last.hash === head && last.at === at
}

/** The state of the run that a stream is named after; `None` when its rows are not those of such a run. */
export const runOf = (stream: StreamId, rows: ReadonlyArray<Row>): Option.Option<RunState> => {
  const events = rows.flatMap(({ payload }) => Option.toArray(Option.filter(decode(payload), isRunEvent)))
  return Option.filter(
    Result.getSuccess(replay(events)),
    ({ accepted }) => events.length === rows.length && RUN_PREFIX + accepted?.run === stream
  )
}

/** When a run reserved its worst case: with its first intent. */
export const reservedAt = (rows: ReadonlyArray<Row>): Timestamp | null =>
  rows.find(({ payload }) => Option.exists(decode(payload), ({ _tag }) => _tag === "CallIntended"))?.at ??
  null

/** The configurations that rows of the config stream record. */
export const configurationsIn = (rows: ReadonlyArray<Row>): ReadonlySet<Digest> =>
  new Set(
    rows.flatMap(({ payload }) => {
      const event = Option.getOrNull(decode(payload))
      return event?._tag === "ConfigLoaded" ? [event.configDigest] : []
    })
  )
