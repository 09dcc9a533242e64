/** Owns what makes a record sound beyond the links of a chain: heads, runs, their configurations, positions. Pure. */
import { Option, Result, Schema } from "effect"
import type { Event, RunEvent } from "../domain/Event.ts"
import { Count, Digest, RUN_PREFIX, StreamId, type Timestamp } from "../domain/Ids.ts"
import { decode, Fault, type Hash, type Row, verify } from "../domain/Ledger.ts"
import { replay, type RunState } from "../domain/Run.ts"
import type { StreamInfo } from "../ports/Journal.ts"

/** One place where the record does not hold. */
export const Broken = Schema.Struct({
  /** Null: the journal as a whole. */
  stream: Schema.NullOr(StreamId),
  /** Sequence in the stream; of the journal as a whole, the position. */
  seq: Count,
  /**
   * `tail_missing`: the rows end before the head that was recorded with them. `head_mismatch`: that head is not of the
   * last row. `impossible_run`: every link holds, but the events are not those of this run. `config_unknown`: the run
   * names a configuration that is not in the ledger. `rows_missing`: a position has no row in any stream, or several.
   */
  fault: Schema.Union([
    Fault,
    Schema.Literals(["tail_missing", "head_mismatch", "impossible_run", "config_unknown", "rows_missing"])
  ])
})
export type Broken = typeof Broken.Type

/** Whether the recorded head is that of the last row. */
export const endsAt = (rows: ReadonlyArray<Row>, { seq, head }: StreamInfo): boolean => {
  const last = rows.at(-1)
  return last?.seq === seq && last.hash === head
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

const isRunEvent = (event: Event): event is RunEvent => event._tag !== "ConfigLoaded"

/** What is wrong with one stream, first things first. `known` are the configurations in the ledger. */
export const faultOf = (
  hash: Hash,
  info: StreamInfo,
  rows: ReadonlyArray<Row>,
  known: ReadonlySet<Digest>
): Broken | null => {
  const { stream } = info
  const chain = verify(hash, stream, rows)
  if (Result.isFailure(chain)) return { stream, ...chain.failure }
  const at = (fault: Broken["fault"]): Broken => ({ stream, seq: rows.length, fault })
  if (!endsAt(rows, info)) return at(rows.length < info.seq ? "tail_missing" : "head_mismatch")
  if (!stream.startsWith(RUN_PREFIX)) return null
  const accepted = Option.getOrNull(runOf(stream, rows))?.accepted
  if (!accepted) return at("impossible_run")
  return known.has(accepted.configDigest) ? null : { stream, seq: 1, fault: "config_unknown" }
}

/** The configurations that rows of the config stream record. */
export const configurationsIn = (rows: ReadonlyArray<Row>): ReadonlySet<Digest> =>
  new Set(
    rows.flatMap(({ payload }) => {
      const event = Option.getOrNull(decode(payload))
      return event?._tag === "ConfigLoaded" ? [event.configDigest] : []
    })
  )

/** What is wrong with the positions up to `head`, each of which has exactly one row. Later ones do not count. */
export const gapIn = (positions: ReadonlyArray<number>, head: number): Broken | null => {
  const sorted = positions
    .filter((position) => position >= 1 && position <= head)
    .toSorted((one, other) => one - other)
  const wrong = sorted.findIndex((position, index) => position !== index + 1)
  if (wrong < 0 && sorted.length === head) return null
  const expected = (wrong < 0 ? sorted.length : wrong) + 1
  return { stream: null, seq: Math.min(sorted[wrong] ?? expected, expected), fault: "rows_missing" }
}
