/**
 * Owns what a session or a runbook has to say of its runs: one row of its own, right beside the run's, with the same facts;
 * and what has to follow such a pair.
 */
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

/** What both kinds say of a run that has ended. */
const ending = (run, event) => {
  const status = statusOf(run, event)
  return {
    status,
    code: event.code ?? null,
    tokens: spentBy(run).tokens,
    latencyMillis: usageOf(run).latencyMillis,
    counts: status === "released" || status === "rejected" || status === "redirected"
  }
}

const answerIn = (run, { _tag, receipt }) =>
  _tag === "Released"
    ? { content: contentOf(run, receipt.audit), digest: receipt.digest, chars: receipt.chars }
    : null

/** What a session says of a run's event; null where nothing. */
const turnSays = (run, event) => {
  const { turn, mode, audit, promptChars } = run.accepted
  const { index } = turn
  if (event._tag === "RunAccepted") return { _tag: "TurnStarted", persona: mode, audit, turn, promptChars }
  if (event._tag === "GateEvaluated") return held("TurnHeld", index, event)
  return { _tag: "TurnEnded", index, ...ending(run, event), answer: answerIn(run, event) }
}

/** The same of a runbook. */
const stepSays = (run, event) => {
  const { step, mode, audit, promptChars, capability } = run.accepted
  const { index } = step
  if (event._tag === "RunAccepted")
    return { _tag: "StepStarted", mode, audit, step, promptChars, capability: capability?.id ?? null }
  if (event._tag === "GateEvaluated") return held("StepHeld", index, event)
  return { _tag: "StepEnded", index, ...ending(run, event), certified: run.certificate }
}

const held = (_tag, index, { threshold, digest }) =>
  threshold === null ? null : { _tag, index, threshold, digest }

const SPOKEN_OF = new Set(["RunAccepted", "GateEvaluated", ...Object.keys(ENDED)])

/**
 * What the stream that a run is a part of has to say of its event; null where nothing. The first row of a pair opens it, and
 * may want a third one after the second.
 */
export const sideOfRun = (run, event) => {
  const { turn, step, run: id } = run.accepted ?? {}
  if (!(turn || step) || !SPOKEN_OF.has(event._tag)) return null
  const said = turn ? turnSays(run, event) : stepSays(run, event)
  if (said === null) return null
  const host = turn ? `session/${turn.session}` : `runbook/${step.runbook}`
  // Where the host stands after it is no matter of the run's.
  const facts = { ...said, host, run: id, after: null }
  const opens = event._tag !== "RunAccepted"
  if (!Object.hasOwn(ENDED, event._tag)) return { opens, facts }
  return { opens, facts, follows: turn ? afterTurn(host, run) : afterStep(host, run, said) }
}

/** What a decision has done to the session, in the row after that pair; null where nothing. */
const afterTurn = (host, { decision }) => {
  if (decision?.action === "redirect") return { _tag: "TurnStarted", host }
  return decision?.action === "close" ? { _tag: "SessionClosed", host, principal: decision.principal } : null
}

/** What it has done to the runbook; one in which a step has not ended well goes no further. */
const afterStep = (host, { decision }, { index, counts, code }) => {
  if (decision?.action === "redirect") return { _tag: "StepStarted", host }
  const terminated = { _tag: "RunbookTerminated", host, index }
  if (decision?.action === "close") return { ...terminated, code: "STEWARD_REJECTED" }
  return counts ? null : { ...terminated, code: code ?? "RUN_CANCELLED" }
}

/** The side of an event of such a stream. One without facts is of no pair; what only follows one stands nowhere else. */
export const sideOfHost = (host, event) => {
  const { _tag } = event
  const facts = { ...event, host, after: null }
  switch (_tag) {
    case "TurnStarted":
    case "StepStarted":
      return { opens: true, facts, is: { _tag, host } }
    case "TurnHeld":
    case "TurnEnded":
    case "StepHeld":
    case "StepEnded":
      return { opens: false, facts }
    case "SessionClosed":
      return { opens: false, facts: null, is: { _tag, host, principal: event.principal } }
    case "RunbookTerminated":
      return {
        opens: false,
        facts: null,
        is: { _tag, host, index: event.index, code: event.code },
        onlyFollows: true
      }
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
  hold(wanted === null ? !side?.onlyFollows : same(wanted.follows, side?.is ?? null), "unpaired")
  hold(side === null || side.opens || side.facts === null, "unpaired")
  return side?.opens ? { facts: side.facts, follows: side.follows ?? null } : null
}
