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
    ? {
        opens: true,
        facts: { ...about, _tag: "TurnEnded", index, ...ending(run, event) },
        follows: following(session, run.decision)
      }
    : null
}

/** What a decision has done to the session, in the row after that pair; null where nothing. */
const following = (session, decision) => {
  if (decision?.action === "redirect") return { _tag: "TurnStarted", session }
  return decision?.action === "close"
    ? { _tag: "SessionClosed", session, principal: decision.principal }
    : null
}

/** The same of a session's event; one without facts is of no pair, and may only follow one. */
export const sideOfSession = ({ started: { session } }, event) => {
  const { _tag } = event
  const facts = { ...event, session, after: null }
  switch (_tag) {
    case "TurnStarted":
      return { opens: true, facts, is: { _tag, session } }
    case "TurnHeld":
    case "TurnEnded":
      return { opens: false, facts }
    case "SessionClosed":
      return { opens: false, facts: null, is: { _tag, session, principal: event.principal } }
    default:
      return null
  }
}

/** Holds a row's side against what the rows before it want, and returns what is wanted after it; null for nothing. */
export const pair = (wanted, side) => {
  if (wanted?.facts) {
    hold(side !== null && !side.opens && same(wanted.facts, side.facts), "unpaired")
    return wanted.follows ? { facts: null, follows: wanted.follows } : null
  }
  hold(wanted === null || same(wanted.follows, side?.is ?? null), "unpaired")
  hold(side === null || side.opens || side.facts === null, "unpaired")
  return side?.opens ? { facts: side.facts, follows: side.follows ?? null } : null
}
