/** Owns what a session has to say of its runs: one row of its own, right beside the run's, with the same facts. */
import { spentBy } from "./budget.mjs"
import { hold } from "./chain.mjs"
import { same } from "./forms.mjs"
import { contentOf, usageOf } from "./receipt.mjs"

const DECIDED = {
  approve: "released",
  edit: "released",
  redirect: "redirected",
  reject: "rejected",
  close: "rejected"
}
const ENDED = { Released: "released", RunRefused: "refused", RunFailed: "failed", RunCancelled: "cancelled" }

const statusOf = ({ decision }, { _tag }) =>
  decision !== null && (_tag === "Released" || _tag === "RunRefused") ? DECIDED[decision.action] : ENDED[_tag]

const ending = (run, event) => {
  const status = statusOf(run, event)
  const receipt = event._tag === "Released" ? event.receipt : null
  return {
    status,
    code: event.code ?? null,
    tokens: spentBy(run).tokens,
    latencyMillis: usageOf(run).latencyMillis,
    counts: status === "released" || status === "rejected" || status === "redirected",
    answer: receipt && {
      content: contentOf(run, receipt.audit),
      digest: receipt.digest,
      chars: receipt.chars
    }
  }
}

/** What a session has to say of a run's event; null where nothing. The first row of a pair opens it. */
export const sideOfRun = (run, event) => {
  const turn = run.accepted?.turn
  if (turn === undefined) return null
  const { session, index } = turn
  // Where the session stands after it is no matter of the run's.
  const about = { session, run: run.accepted.run, after: null }
  if (event._tag === "RunAccepted") {
    const { mode, audit, promptChars } = event
    return { opens: false, facts: { ...about, _tag: "TurnStarted", persona: mode, audit, turn, promptChars } }
  }
  if (event._tag === "GateEvaluated") {
    const { threshold, digest } = event
    return threshold && { opens: true, facts: { ...about, _tag: "TurnHeld", index, threshold, digest } }
  }
  return Object.hasOwn(ENDED, event._tag)
    ? { opens: true, facts: { ...about, _tag: "TurnEnded", index, ...ending(run, event) } }
    : null
}

const OF_TURNS = new Set(["TurnStarted", "TurnHeld", "TurnEnded"])

/** The same of a session's event. */
export const sideOfSession = ({ started: { session } }, event) =>
  OF_TURNS.has(event._tag)
    ? { opens: event._tag === "TurnStarted", facts: { ...event, session, after: null } }
    : null

/** Holds a row's side against what the row before it has opened, and returns what is open after it. */
export const pair = (open, side) => {
  const isNext = side === null || side.opens ? open === null : open !== null && same(open, side.facts)
  hold(isNext, "unpaired")
  return side?.opens ? side.facts : null
}
