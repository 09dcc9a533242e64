/**
 * Owns the chain law: how a row binds to the row before it, and what makes a stream verify. Pure and parameterised by
 * the hash function, so that a browser or another program can check a ledger too.
 */
import { Option, Result, Schema } from "effect"
import { Event } from "../Event.ts"
import { Count, Digest, StreamId, Timestamp } from "../Ids.ts"
import { patternOf } from "./Shape.ts"

/** One row of the journal. `payload` is the event's JSON exactly as it was written. */
export const Row = Schema.Struct({
  stream: StreamId,
  /** Position in the stream, from 1, without gaps. */
  seq: Count,
  /** Position in the whole journal, growing. */
  position: Count,
  at: Timestamp,
  payload: Schema.String,
  previous: Digest,
  hash: Digest
})
export type Row = typeof Row.Type

/** SHA-256 of UTF-8 text, lower-case hex. */
export type Hash = (text: string) => string

/** What the first row of a stream is bound to: the stream's own name, so that no row can move to another stream. */
export const genesis = (hash: Hash, stream: StreamId): Digest => hash(`io3/ledger/v1\n${stream}`) as Digest

/** The digest of a row: over the row before it, its place, its time and its payload. */
export const link = (hash: Hash, row: Pick<Row, "seq" | "at" | "payload" | "previous">): Digest =>
  hash(`${row.previous}\n${row.seq}\n${row.at}\n${row.payload}`) as Digest

const EventJson = Schema.fromJsonString(Event)

const encodeEvent = Schema.encodeSync(EventJson)
const decodeEvent = Schema.decodeUnknownOption(EventJson)
const patterns = new Map<string, RegExp | null>(
  Event.members.map((member) => [member.fields._tag.schema.literal, patternOf(member)])
)

/**
 * Writes an event the one way it is written. Fields its Schema does not name are left out. Text that has the event's
 * pattern is what the Schema would write, at a third of the cost.
 */
export const encode = (event: Event): string => {
  const text = JSON.stringify(event)
  return patterns.get(event._tag)?.test(text) ? text : encodeEvent(event)
}

/** Reads an event back; null when the payload is not, to the letter, what `encode` writes. */
export const read = (payload: string): Event | null => {
  const pattern = patterns.get(payload.slice(TAG, payload.indexOf('"', TAG)))
  if (pattern?.test(payload)) return JSON.parse(payload) as Event
  const event = Option.getOrNull(decodeEvent(payload))
  return event && encode(event) === payload ? event : null
}
const TAG = '{"_tag":"'.length

/** The same as an option. */
export const decode = (payload: string): Option.Option<Event> => Option.fromNullOr(read(payload))

/** Why a stream does not verify. */
export const Fault = Schema.Literals(["gap", "broken_link", "altered", "time_reversed", "unknown_event"])
export type Fault = typeof Fault.Type

export interface Head {
  readonly seq: number
  readonly hash: Digest
}

/** Where a stream stands: its last row, and that row's time. */
export interface Place extends Head {
  readonly at: number
}

/** Where a stream stands before its first row. */
export const start = (hash: Hash, stream: StreamId): Place => ({ seq: 0, hash: genesis(hash, stream), at: 0 })

/** What is wrong with the link between a stream and its next row; whether the row is an event is not asked. */
export const broken = (hash: Hash, place: Place, row: Row): Fault | null =>
  row.seq !== place.seq + 1
    ? "gap"
    : row.previous !== place.hash
      ? "broken_link"
      : row.hash !== link(hash, row)
        ? "altered"
        : row.at >= place.at
          ? null
          : "time_reversed"

/** Recomputes a stream's chain from its first row. */
export const verify = (
  hash: Hash,
  stream: StreamId,
  rows: Iterable<Row>
): Result.Result<Head, { readonly seq: number; readonly fault: Fault }> => {
  let place = start(hash, stream)
  for (const row of rows) {
    const fault =
      row.stream !== stream
        ? "gap"
        : (broken(hash, place, row) ?? (Option.isNone(decode(row.payload)) ? "unknown_event" : null))
    if (fault) return Result.fail({ seq: place.seq + 1, fault })
    place = { seq: row.seq, hash: row.hash, at: row.at }
  }
  return Result.succeed({ seq: place.seq, hash: place.hash })
}

/** Whether two records are the same, whatever the order of their members. */
export const equals = (one: unknown, other: unknown): boolean => {
  if (one === other) return true
  if (!isComposite(one) || !isComposite(other)) return false
  let members = 0
  for (const key in one) {
    if (!equals(one[key], other[key])) return false
    members++
  }
  for (const _ in other) members--
  return members === 0
}
const isComposite = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null

/** JSON with sorted keys and no spaces: equal values have equal text. Throws on content, which has no JSON form. */
export const canonical = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`
  if (typeof value !== "object" || value === null || "toJSON" in value) return scalar(value)
  const fields = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `{${fields.map(([key, item]) => `${scalar(key)}:${canonical(item)}`).join(",")}}`
}
const scalar = (value: unknown): string =>
  typeof value === "string" && PLAIN.test(value) ? `"${value}"` : encodeScalar(value)
/** Text that JSON writes as it is. */
const PLAIN = /^[ !#-[\]-~]*$/
const encodeScalar: (value: unknown) => string = Schema.encodeUnknownSync(
  Schema.fromJsonString(Schema.Unknown)
)
