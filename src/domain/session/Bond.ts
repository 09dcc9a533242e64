/**
 * Owns what a session's stream has to say of its runs: with a run's beginning, its pause and its ending comes one event of
 * the session, in the same commit and in the row beside it; and what a steward has done to the session comes right after.
 * Who writes makes that event here, and who checks holds both sides against each other.
 */
import type { RunEvent } from "../Event.ts"
import { endsRun } from "../Event.ts"
import type { Principal, SessionId } from "../Ids.ts"
import { canonical } from "../ledger/Ledger.ts"
import { spent } from "../run/Budget.ts"
import { usage } from "../run/Leaving.ts"
import { leavingId, type RunState } from "../run/Run.ts"
import type { Facts } from "./Session.ts"
import type { SessionEvent } from "./SessionEvent.ts"
import { statusAfter } from "./Steward.ts"
import type { TurnStatus } from "./Turn.ts"

/** What a session has to say where an event has brought its run to this state; null where nothing. */
export const answering = (state: RunState, event: RunEvent): Facts | null => {
  const { accepted } = state
  if (!accepted?.turn) return null
  const { turn, run } = accepted
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
  const status = statusOf(state)
  const { ending } = state
  const receipt = ending?._tag === "Released" ? ending.receipt : null
  return {
    _tag: "TurnEnded",
    run,
    index,
    status,
    code: ending?._tag === "RunRefused" || ending?._tag === "RunFailed" ? ending.code : null,
    tokens: spent(state).tokens,
    latencyMillis: usage(state).latencyMillis,
    counts: status === "released" || status === "rejected" || status === "redirected",
    answer: receipt && {
      content: leavingId(state, receipt.audit),
      digest: receipt.digest,
      chars: receipt.chars
    }
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

/** What a row has to do with those beside it. */
export interface Side {
  /** Whether it is the first of a pair: the row right after it is the other, with the same words. */
  readonly opens: boolean
  /** Null where it is of no pair, and may only follow one. */
  readonly words: string | null
  /** What has to follow the pair that it opens; null where nothing has to. */
  readonly follows: string | null
  /** What it is where something has to follow. */
  readonly is: string | null
}

/** The side of a run's event; null where no session has to do with it. */
export const ofRun = (state: RunState, event: RunEvent): Side | null => {
  const facts = answering(state, event)
  const session = state.accepted?.turn?.session
  if (!facts || !session) return null
  const follows = facts._tag === "TurnEnded" ? following(session, state.decision) : null
  return { opens: facts._tag !== "TurnStarted", words: wordsOf(session, facts), follows, is: null }
}

/** The side of a session's event; null where no run has to do with it. */
export const ofSession = (session: SessionId, event: SessionEvent): Side | null => {
  switch (event._tag) {
    case "TurnStarted":
      return { opens: true, words: wordsOf(session, event), follows: null, is: begins(session) }
    case "TurnHeld":
    case "TurnEnded":
      return { opens: false, words: wordsOf(session, event), follows: null, is: null }
    case "SessionClosed":
      return { opens: false, words: null, follows: null, is: closes(session, event.principal) }
    default:
      return null
  }
}

/** What a decision has done to the session, in the same commit. */
const following = (session: SessionId, decision: RunState["decision"]): string | null => {
  switch (decision?.action) {
    case "redirect":
      return begins(session)
    case "close":
      return closes(session, decision.principal)
    default:
      return null
  }
}
const begins = (session: SessionId): string => canonical({ _tag: "TurnStarted", session })
const closes = (session: SessionId, principal: Principal): string =>
  canonical({ _tag: "SessionClosed", session, principal })

/** Where the session stands after it is no word of the run's. */
const wordsOf = (session: SessionId, facts: Facts): string => canonical({ ...facts, session, after: null })

/** Pairs, in the order of their rows. */
export class Pairs {
  #open: string | null = null
  #follows: string | null = null

  /** Takes in the side of the next row, null where it has none: whether it is where it has to be. */
  take(side: Side | null): boolean {
    const due = this.#open
    if (due !== null) {
      this.#open = null
      return side !== null && !side.opens && side.words === due
    }
    const follows = this.#follows
    this.#open = side?.opens ? side.words : null
    this.#follows = side?.follows ?? null
    return (follows === null || side?.is === follows) && (side === null || side.opens || side.words === null)
  }

  /** Whether no row is missing the one that belongs right after it. */
  get isWhole(): boolean {
    return this.#open === null && this.#follows === null
  }
}
