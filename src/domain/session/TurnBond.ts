/** Owns what a session has to say of a turn: with its beginning, its pause and its ending, in the row beside it. */
import { endsRun, type RunEvent } from "../Event.ts"
import { endedOf } from "../run/Ended.ts"
import { leavingId, type RunState } from "../run/Run.ts"
import type { Facts } from "./Session.ts"
import type { Turn } from "./Turn.ts"

/** Where an event has brought a turn to this state; null where nothing. */
export const turnFacts = (state: RunState, turn: Turn, event: RunEvent): Facts | null => {
  const { accepted, ending } = state
  if (!accepted) return null
  const { run } = accepted
  const { index } = turn
  if (event._tag === "RunAccepted") {
    const { mode, audit, promptChars } = accepted
    return { _tag: "TurnStarted", run, persona: mode, audit, turn, promptChars }
  }
  if (event._tag === "GateEvaluated") {
    const { threshold, digest } = event
    return threshold === null ? null : { _tag: "TurnHeld", run, index, threshold, digest }
  }
  if (!endsRun(event)) return null
  const receipt = ending?._tag === "Released" ? ending.receipt : null
  return {
    _tag: "TurnEnded",
    ...endedOf(state, run, index),
    answer: receipt && {
      content: leavingId(state, receipt.audit),
      digest: receipt.digest,
      chars: receipt.chars
    }
  }
}
