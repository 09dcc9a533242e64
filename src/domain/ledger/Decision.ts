/** Owns what is decided in a run, and what is known when it is: the run so far, and the policy it is under. */
import { Schema } from "effect"
import type { WorstCase } from "../run/Bounds.ts"
import type { Regime } from "../run/Governance.ts"
import type { StreamId } from "../Ids.ts"
import type { RunState, Step } from "../run/Run.ts"

/** What is decided in a run. */
export const Decision = Schema.Literals([
  "accepted",
  "route",
  "drift",
  "context",
  "bounds",
  "call",
  "settlement",
  "audit",
  "gate",
  "steward",
  "transition",
  "receipt",
  "session",
  "budget",
  "capability",
  "memory",
  "runbook"
])
export type Decision = typeof Decision.Type

export interface Judged {
  readonly decision: Decision
  readonly holds: boolean
}

/** Where and when a run was held. */
export interface Held {
  readonly seq: number
  readonly at: number
}

/** Where a run stands, and under what. */
export interface Standing {
  readonly stream: StreamId
  /** Null where it is not at hand: what follows from it is then not asked. */
  readonly regime: Regime | null
  readonly state: RunState
  /** The row that holds it for a steward, and its time; null where it is not held. */
  readonly held: Held | null
  /** Once its context is known; null before, and where there is none that could be certified. */
  readonly worst: WorstCase | null
}

/** The same, and what comes next by the transition law. */
export interface Now extends Standing {
  readonly step: Step
}

/** Whether the run is to end at once: executor and auditor are not kept apart, and somebody looked. */
export const isDrifting = ({ regime, state }: Now): boolean =>
  regime !== null && regime.drifts && state.accepted?.checks.constellation === true
