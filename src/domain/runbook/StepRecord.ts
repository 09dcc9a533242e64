/** Owns what the record says of a step of a runbook: the runs that it took, and where it stands. No text of it. */
import { Schema } from "effect"
import { Code } from "../Codes.ts"
import { Count, RunId, Timestamp } from "../Ids.ts"
import { Threshold, TurnStatus } from "../session/Turn.ts"
import type { DeclaredStep } from "./RunbookEvent.ts"

/** One run of a step. */
export const StepRun = Schema.Struct({
  run: RunId,
  /** Which run of its step it is, from 1. */
  attempt: Count,
  /** `running`, `abandoned` by a process that is gone, and `held` have not ended. */
  status: Schema.Literals([...TurnStatus.literals, "running", "abandoned", "held"]),
  code: Schema.NullOr(Code),
  /** The threshold that a steward was asked for; null where none fired. */
  threshold: Schema.NullOr(Threshold),
  /** Milliseconds of its calls, and its tokens; null before it has ended. */
  latencyMillis: Schema.NullOr(Count),
  tokens: Schema.NullOr(Count),
  startedAt: Timestamp,
  endedAt: Schema.NullOr(Timestamp)
})
export type StepRun = typeof StepRun.Type

/** `waiting`: its turn has not come. */
export const StepStanding = Schema.Literals([
  "released",
  "rejected",
  "skipped",
  "held",
  "running",
  "abandoned",
  "failed",
  "waiting"
])
export type StepStanding = typeof StepStanding.Type

/** A step, its declaration without texts, and what became of it. */
export interface StepRecord extends DeclaredStep {
  readonly index: number
  readonly standing: StepStanding
  /** The oldest first. */
  readonly runs: ReadonlyArray<StepRun>
}
