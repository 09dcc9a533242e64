/**
 * Owns what the stream of a session or a runbook has to say of its runs: with a run's beginning, its pause and its ending comes
 * one event of it, in the same commit and in the row beside it; and what a steward has done to it comes right after. Who writes
 * makes that event here, and who checks holds both sides against each other.
 */
import type { RunEvent } from "../Event.ts"
import type { Code } from "../Failure.ts"
import type { Principal } from "../Ids.ts"
import { canonical } from "../ledger/Ledger.ts"
import type { Facts as RunbookFacts } from "../runbook/Execution.ts"
import type { RunbookEvent } from "../runbook/RunbookEvent.ts"
import { stepFacts } from "../runbook/StepBond.ts"
import type { Facts as SessionFacts } from "../session/Session.ts"
import type { SessionEvent } from "../session/SessionEvent.ts"
import { turnFacts } from "../session/TurnBond.ts"
import type { RunState } from "./Run.ts"

/** What is said of a run beside it. */
export type Facts = SessionFacts | RunbookFacts

/** What has to be said where an event has brought a run to this state; null where nothing. */
export const answering = (state: RunState, event: RunEvent): Facts | null => {
  const { turn, step } = state.accepted ?? {}
  return turn ? turnFacts(state, turn, event) : step ? stepFacts(state, step, event) : null
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
  /** Whether it stands nowhere else than where it has to follow. */
  readonly onlyFollows: boolean
}

/** The side of a run's event; null where nobody else has to do with it. */
export const ofRun = (state: RunState, event: RunEvent): Side | null => {
  const facts = answering(state, event)
  const host = hostOf(state)
  if (!facts || host === null) return null
  const isEnd = facts._tag === "TurnEnded" || facts._tag === "StepEnded"
  const opens = facts._tag !== "TurnStarted" && facts._tag !== "StepStarted"
  return {
    opens,
    words: wordsOf(host, facts),
    follows: isEnd ? following(host, state, facts) : null,
    is: null,
    onlyFollows: false
  }
}

/** The side of a session's or runbook's event; null where no run has to do with it. */
export const ofHost = (host: string, event: SessionEvent | RunbookEvent): Side | null => {
  switch (event._tag) {
    case "TurnStarted":
    case "StepStarted":
      return { ...said, opens: true, words: wordsOf(host, event), is: begins(host, event) }
    case "TurnHeld":
    case "TurnEnded":
    case "StepHeld":
    case "StepEnded":
      return { ...said, words: wordsOf(host, event) }
    case "SessionClosed":
      return { ...said, is: closes(host, event.principal) }
    case "RunbookTerminated":
      return { ...said, is: terminates(host, event.index, event.code), onlyFollows: true }
    default:
      return null
  }
}

const said: Side = { opens: false, words: null, follows: null, is: null, onlyFollows: false }

/** Whose row is beside a run's: their ids never are the same. */
const hostOf = ({ accepted }: RunState): string | null =>
  accepted?.turn?.session ?? accepted?.step?.runbook ?? null

/** What a decision has done to the session or runbook in the same commit, and what a step that did not end well has. */
const following = (host: string, { decision }: RunState, facts: Facts): string | null => {
  if (decision?.action === "redirect")
    return begins(host, { _tag: facts._tag === "StepEnded" ? "StepStarted" : "TurnStarted" })
  if (facts._tag === "StepEnded") {
    if (decision?.action === "close") return terminates(host, facts.index, "STEWARD_REJECTED")
    return facts.counts ? null : terminates(host, facts.index, facts.code ?? "RUN_CANCELLED")
  }
  return decision?.action === "close" ? closes(host, decision.principal) : null
}
const begins = (host: string, { _tag }: { readonly _tag: "TurnStarted" | "StepStarted" }): string =>
  canonical({ _tag, host })
const closes = (host: string, principal: Principal): string =>
  canonical({ _tag: "SessionClosed", host, principal })
const terminates = (host: string, index: number, code: Code): string =>
  canonical({ _tag: "RunbookTerminated", host, index, code })

/** Where the session or runbook stands after it is no word of the run's. */
const wordsOf = (host: string, facts: Facts): string => canonical({ ...facts, host, after: null })

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
    const isFollowing = follows === null ? side?.onlyFollows !== true : side?.is === follows
    return isFollowing && (side === null || side.opens || side.words === null)
  }

  /** Whether no row is missing the one that belongs right after it. */
  get isWhole(): boolean {
    return this.#open === null && this.#follows === null
  }
}
