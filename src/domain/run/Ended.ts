/** Owns what a run has come to in the eyes of what it was a part of: a session's turn, or a runbook's step. */
import type { Code } from "../Failure.ts"
import type { RunId } from "../Ids.ts"
import { statusAfter } from "../session/Steward.ts"
import type { TurnStatus } from "../session/Turn.ts"
import { spent } from "./Budget.ts"
import { usage } from "./Leaving.ts"
import type { RunState } from "./Run.ts"

/** What both say of it. */
export interface Ended {
  readonly run: RunId
  readonly index: number
  readonly status: TurnStatus
  /** Null when it was released or cancelled. */
  readonly code: Code | null
  readonly tokens: number
  readonly latencyMillis: number
  /** Whether it came to an answer, whatever a steward has made of that. */
  readonly counts: boolean
}

export const endedOf = (state: RunState, run: RunId, index: number): Ended => {
  const { ending } = state
  const status = statusOf(state)
  return {
    run,
    index,
    status,
    code: ending?._tag === "RunRefused" || ending?._tag === "RunFailed" ? ending.code : null,
    tokens: spent(state).tokens,
    latencyMillis: usage(state).latencyMillis,
    counts: status === "released" || status === "rejected" || status === "redirected"
  }
}

const statusOf = ({ decision, ending }: RunState): TurnStatus => {
  if (decision && (ending?._tag === "Released" || ending?._tag === "RunRefused")) return statusAfter(decision)
  switch (ending?._tag) {
    case "Released":
      return "released"
    case "RunRefused":
      return "refused"
    case "RunCancelled":
      return "cancelled"
    default:
      return "failed"
  }
}
