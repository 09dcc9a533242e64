/**
 * Owns an answer that is made from the record alone: how that stands by now which a request has begun. It is for whoever has
 * lost the first answer with the process that would have given it; a run that process has left is ended or gone on with before.
 */
import { Effect, Option, Schema } from "effect"
import { gated } from "../api/Gated.ts"
import type { Leave } from "../api/Once.ts"
import { Problem, problemOf } from "../api/Problem.ts"
import { AnswerAgain } from "../api/Runbooks.ts"
import { Answer } from "../api/Runs.ts"
import {
  type Doing,
  runAgainOutput,
  RunbookAgainOutput,
  runbookAgainOutput,
  TurnAgainOutput,
  turnAgainOutput
} from "../api/results/ReplayResults.ts"
import { RunbookOutput, runbookOutput, stepOutput } from "../api/results/RunbookResults.ts"
import { failureOutput, runOutput } from "../api/results/RunResults.ts"
import { SessionOutput, sessionOutput } from "../api/results/SessionResults.ts"
import { DecisionOutput, decisionOutput } from "../api/results/StewardResults.ts"
import { TurnOutput, turnOutput } from "../api/results/TurnResults.ts"
import { History } from "../core/ledger/History.ts"
import type { Again } from "../core/replay/Again.ts"
import { Resumption } from "../core/run/Resumption.ts"
import { RunbookHistory } from "../core/runbook/RunbookHistory.ts"
import type { StepOutcome } from "../core/runbook/Runbooks.ts"
import { statusOf } from "../core/session/Status.ts"
import { Sessions } from "../core/session/Sessions.ts"
import { Steward } from "../core/session/Steward.ts"
import { pausedOf, waitingOf } from "../core/session/Waiting.ts"
import { failure, inRun, inSession, type RuntimeFailure } from "../domain/Failure.ts"
import {
  RUN_PREFIX,
  RunId,
  runbookStream,
  RUNBOOK_PREFIX,
  SESSION_PREFIX,
  type SessionId,
  SessionId as SessionIds,
  sessionStream,
  type StreamId
} from "../domain/Ids.ts"
import { decode } from "../domain/ledger/Ledger.ts"
import { isHeld, type RunState, toldOf } from "../domain/run/Run.ts"
import type { StepRecord } from "../domain/runbook/StepRecord.ts"
import type { Work } from "../domain/server/Idempotency.ts"
import { Journal } from "../ports/Journal.ts"
import { Gate, ofDecision as decisionOf, ofRun, ofRunbook, ofTurn } from "./Gate.ts"
import { Lives } from "./Lives.ts"

/** An answer, with the status it is given with. */
export interface Recounted {
  readonly status: number
  readonly body: Schema.Json
}

type Ran = Extract<Again, { readonly _tag: "Run" }>

/** Written down as the contract does it, down to the order of its members. */
const writing = <A, I>(shape: Schema.Codec<A, I>): ((status: number, body: A) => Recounted) => {
  const encode = Schema.encodeSync(Schema.toCodecJson(shape))
  return (status, body) => ({ status, body: encode(body) })
}
const shapes = {
  problem: writing(Problem),
  run: writing(Answer),
  runAgain: writing(AnswerAgain),
  turn: writing(gated(TurnOutput)),
  turnAgain: writing(gated(TurnAgainOutput)),
  runbook: writing(gated(RunbookOutput)),
  runbookAgain: writing(gated(RunbookAgainOutput)),
  decision: writing(gated(DecisionOutput)),
  session: writing(SessionOutput)
}
const refusal = (reason: RuntimeFailure): Recounted => shapes.problem(reason.status, problemOf(reason))

const doingOf = (work: Work): Doing | null => (work === "resume" || work === "replay" ? work : null)

/** Why a run has let nothing out, or not all of it. */
export const reasonOf = (run: RunId, { ending, accepted }: RunState): RuntimeFailure => {
  const isCancelled = ending === null || ending._tag === "Released" || ending._tag === "RunCancelled"
  const phase = ending && "phase" in ending ? ending.phase : "recovery"
  const reason = failure(isCancelled ? "RUN_CANCELLED" : ending.code, phase)
  const named = inRun(run)(reason)
  return accepted?.turn ? inSession(accepted.turn.session)(named) : named
}

const isLeft = (state: RunState) => state.ending === null && !isHeld(state)

export const recounted = Effect.gen(function* () {
  const { open } = yield* Gate
  const history = yield* History
  const journal = yield* Journal
  const lives = yield* Lives
  const resumption = yield* Resumption
  const runbooks = yield* RunbookHistory
  const sessions = yield* Sessions
  const steward = yield* Steward

  const stateOf = Effect.fnUntraced(function* (run: RunId) {
    const { state } = yield* history.find(run)
    return state?.accepted ? { ...state, accepted: state.accepted } : yield* failure("LEDGER_BROKEN", "setup")
  })

  /** How a run came to rest, as whoever ran it was told; or why not. */
  const restOf = Effect.fnUntraced(function* (run: RunId) {
    const before = yield* stateOf(run)
    // What is gone on with goes on without whoever has asked for it.
    if (isLeft(before)) yield* (yield* lives.begin(() => resumption.recoverOne(run))).result
    const state = isLeft(before) ? yield* stateOf(run) : before
    const { turn, source } = state.accepted
    const about = {
      _tag: "Run",
      run,
      session: turn?.session ?? null,
      source: source?.run ?? run,
      state
    } as const
    if (isHeld(state)) return { ...about, rest: { _tag: "Held" }, leftOut: 0, memory: null } satisfies Ran
    if (state.ending === null) return yield* failure("IDEMPOTENCY_IN_PROGRESS", "setup")
    if (state.ending._tag !== "Released") return reasonOf(run, state)
    const { released, leftOut, memory } = yield* history.text(run)
    return { ...about, rest: { _tag: "Released", released }, leftOut, memory } satisfies Ran
  })

  const ofTurns = Effect.fnUntraced(function* (made: Ran, doing: Doing | null) {
    const status = made.session === null ? null : yield* sessions.status(made.session)
    const rested = { turn: made, status, pending: yield* waitingOf(steward, made) }
    const code = made.rest._tag === "Held" ? 202 : 200
    return doing
      ? shapes.turnAgain(code, ofTurn(open, turnAgainOutput(doing, made, rested)))
      : shapes.turn(code, ofTurn(open, turnOutput(rested)))
  })

  const ofRunAlone = (made: Ran, doing: Doing | null) => {
    if (made.rest._tag === "Held") return refusal(failure("INTERNAL_ERROR", "gate"))
    const { run, leftOut, memory, state, rest } = made
    const again = doing && runAgainOutput(doing, made)
    const plain = { run, released: rest.released, leftOut, memory, ...toldOf(state) }
    return again ? shapes.runAgain(200, ofRun(open, again)) : shapes.run(200, ofRun(open, runOutput(plain)))
  }

  /** What became of a step; null where nobody has begun it, or it runs. */
  const outcomeOf = Effect.fnUntraced(function* ({ index, task, standing, runs }: StepRecord) {
    const run = runs.at(-1)?.run ?? null
    const about = { index, task, run, ...nothing }
    if (standing === "skipped") return { ...about, run: null, status: "skipped" } satisfies StepOutcome
    if (standing === "held") return { ...about, status: "held" } satisfies StepOutcome
    if (run === null) return null
    if (standing === "failed") {
      const reason = reasonOf(run, yield* stateOf(run))
      return { ...about, status: "failed", failure: reason } satisfies StepOutcome
    }
    if (standing !== "released") return null
    const { released, memory, packs, leftOut, issues } = yield* history.text(run)
    return { ...about, status: "released", released, memory, packs, leftOut, issues } satisfies StepOutcome
  })

  const ofRunbooks = Effect.fnUntraced(function* (run: RunId, doing: Doing | null) {
    const { steps, ...place } = yield* runbooks.find(run)
    const waiting = yield* pausedOf(steward, place)
    const told = (yield* Effect.forEach(steps, outcomeOf)).flatMap((outcome) =>
      outcome ? [stepOutput(outcome, waiting?.run === outcome.run ? waiting : null)] : []
    )
    const output = runbookOutput(place, told)
    const status = output.status === "paused" ? 202 : 200
    return doing
      ? shapes.runbookAgain(status, ofRunbook(open, runbookAgainOutput(doing, output)))
      : shapes.runbook(status, ofRunbook(open, output))
  })

  const ofRuns = Effect.fnUntraced(function* (run: RunId, doing: Doing | null) {
    const { step } = (yield* stateOf(run)).accepted
    if (step) return yield* ofRunbooks(step.runbook, doing)
    const made = yield* restOf(run)
    if (!("rest" in made)) return refusal(made)
    return made.session === null ? ofRunAlone(made, doing) : yield* ofTurns(made, doing)
  })

  /** The run that was begun in the place of one that a steward has redirected. */
  const nextOf = Effect.fnUntraced(function* (stream: StreamId, run: RunId) {
    const events = (yield* journal.read(stream)).flatMap(({ payload }) => Option.toArray(decode(payload)))
    const at = events.findIndex(
      (event) => (event._tag === "TurnEnded" || event._tag === "StepEnded") && event.run === run
    )
    const next = events.slice(at).find(({ _tag }) => _tag === "TurnStarted" || _tag === "StepStarted")
    return next && "run" in next ? next.run : null
  })

  const ofDecision = Effect.fnUntraced(function* (run: RunId) {
    const state = yield* stateOf(run)
    const { decision, ending, accepted } = state
    if (!decision || decision.reason === "expired" || decision.by === "deadline")
      return yield* failure("LEDGER_BROKEN", "setup")
    const { action, by, principal, reason } = decision
    const session = accepted.turn?.session ?? null
    const runbook = accepted.step?.runbook ?? null
    const host = session ? sessionStream(session) : runbook ? runbookStream(runbook) : null
    const released = ending?._tag === "Released" ? (yield* history.text(run)).released : null
    const begun = action === "redirect" && host ? yield* nextOf(host, run) : null
    const made = begun && (yield* restOf(begun))
    const status = session && (yield* sessions.status(session))
    const next =
      made &&
      ("rest" in made
        ? turnOutput({ turn: made, status, pending: yield* waitingOf(steward, made) })
        : failureOutput(made))
    const standing = runbook && (yield* runbooks.find(runbook)).execution.after.status
    const output = decisionOutput(
      { principal, by, reason },
      { run, runbook, action, released },
      { status, runbook: standing },
      next
    )
    return shapes.decision(200, decisionOf(open, output))
  })

  const ofStart = Effect.fnUntraced(function* (session: SessionId) {
    const first = (yield* journal.read(sessionStream(session)))
      .flatMap(({ payload }) => Option.toArray(decode(payload)))
      .find((event) => event._tag === "TurnStarted")
    if (first?._tag === "TurnStarted") return yield* ofRuns(first.run, null)
    return shapes.session(201, sessionOutput(statusOf(yield* sessions.place(session))))
  })

  return (subject: StreamId, work: Work): Effect.Effect<Recounted, RuntimeFailure, Leave> => {
    const idIn = (prefix: string) => subject.slice(prefix.length)
    if (subject.startsWith(SESSION_PREFIX)) return ofStart(SessionIds.make(idIn(SESSION_PREFIX)))
    if (subject.startsWith(RUNBOOK_PREFIX)) return ofRunbooks(RunId.make(idIn(RUNBOOK_PREFIX)), doingOf(work))
    const run = RunId.make(idIn(RUN_PREFIX))
    return work === "decide" ? ofDecision(run) : ofRuns(run, doingOf(work))
  }
})

/** What there is to say of a step that has let nothing out. */
const nothing = { released: null, memory: null, packs: [], leftOut: 0, issues: 0, failure: null } as const
