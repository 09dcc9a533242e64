/**
 * Owns the check of a whole journal, row by row in the order of positions: chains, and every decision made again. It
 * keeps what it must: the head of each stream, and of a run that has not ended its state.
 */
import { Schema } from "effect"
import { Count, StreamId } from "./Ids.ts"
import { Fault, type Hash, type Head, type Row } from "./Ledger.ts"

/** What is decided in a run, and so derived again. */
export const Decision = Schema.Literals([
  "accepted",
  "route",
  "drift",
  "context",
  "bounds",
  "call",
  "settlement",
  "audit",
  "transition",
  "receipt",
  "budget"
])
export type Decision = typeof Decision.Type

/** The first place where a journal does not hold. */
export const Falsehood = Schema.Struct({
  /** Of the row; of a missing row, the position that has none. */
  position: Count,
  /** Null for a missing row, and for a name that no stream has. */
  stream: Schema.NullOr(StreamId),
  seq: Count,
  /**
   * A decision that was not that of the law; a fault of the chain; or: `rows_missing`, a position has no row or several;
   * `wrong_stream`, the event is of another kind of stream; `config_misnamed`, a configuration has another digest than it
   * says; `config_unknown`, none with that digest was recorded before.
   */
  fault: Schema.Union([
    Decision,
    Fault,
    Schema.Literals(["rows_missing", "wrong_stream", "config_misnamed", "config_unknown"])
  ])
})
export type Falsehood = typeof Falsehood.Type

/** A check under way. After a falsehood it is over. */
export interface Check {
  /** Takes in the next row: the first thing that is false about it, or null. */
  readonly row: (row: Row) => Falsehood | null
  /** The position of the last row that was taken in; as many rows there were. */
  readonly position: () => number
  /** Each stream's last row: the leaves of the head at that position. */
  readonly heads: () => ReadonlyMap<StreamId, Head>
}

export declare const open: (options: { readonly hash: Hash }) => Check

/** One decision of one run, made again. */
export const Finding = Schema.Struct({
  seq: Count,
  position: Count,
  decision: Decision,
  holds: Schema.Boolean
})
export type Finding = typeof Finding.Type

/**
 * Every decision of one run, in order, after which nothing is said once one did not hold or a row is unreadable; that is
 * then the falsehood. `configurations` are the rows of the stream `config`. Chains of both are checked. `budget` is not
 * among them: what a principal had spent is in other streams.
 */
export declare const ofRun: (
  hash: Hash,
  configurations: ReadonlyArray<Row>,
  run: ReadonlyArray<Row>
) => { readonly findings: ReadonlyArray<Finding>; readonly falsehood: Falsehood | null }
