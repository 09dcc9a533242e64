/**
 * Owns what a run is told of what it is a part of: a turn of a session, or a step of a runbook. Both are asked for by the same
 * gate, with the same numbers.
 */
import { Schema } from "effect"
import { Count, RunId } from "../Ids.ts"
import { SessionMode, Thresholds, type Turn } from "../session/Turn.ts"
import { Certificate } from "./Bounds.ts"

/** Where a run stands in its runbook: fixed when it is accepted. */
export const RunbookStep = Schema.Struct({
  /** The execution of the runbook, named like a run. */
  runbook: RunId,
  /** Place among the runbook's steps, from 0. */
  index: Count,
  /** Which run of this step it is, from 1. */
  attempt: Count,
  /** Whether a steward has put another prompt in the place of the declared one. */
  redirected: Schema.Boolean,
  /** Which of the steps that came to an answer this one is, from 1. */
  step: Count,
  mode: SessionMode,
  /** Tokens of the runbook's runs before this one. */
  tokens: Count,
  /** What is left of the worst case that was certified for the whole runbook. */
  left: Certificate,
  thresholds: Thresholds,
  expirySeconds: Schema.NullOr(Count)
})
export type RunbookStep = typeof RunbookStep.Type

/** Where a run comes from that does again, or goes on with, what another was to do. */
export const Source = Schema.Struct({
  run: RunId,
  /** `replay` begins a lineage of its own, `resume` is the next attempt at the same. */
  kind: Schema.Literals(["replay", "resume"]),
  /** Counted from 1; a replay is a first one. */
  attempt: Count
})
export type Source = typeof Source.Type

/** What the gate asks of either. */
export type Seat = Pick<Turn, "mode" | "step" | "tokens" | "thresholds" | "expirySeconds">

/** Null in a run by itself. */
export const seatOf = ({
  turn,
  step
}: {
  readonly turn?: Turn | undefined
  readonly step?: RunbookStep | undefined
}): Seat | null => turn ?? step ?? null
