/**
 * Owns the life of one execution of a runbook: what may happen where it stands, where it stands after that, and what follows
 * by itself. Each event carries the answer (`after`), so that the last row of its stream is its whole fold.
 */
import { Result } from "effect"
import { type Code, failure, type RuntimeFailure } from "../Failure.ts"
import type { RunId } from "../Ids.ts"
import { equals } from "../ledger/Ledger.ts"
import { isIn, minus } from "../run/Bounds.ts"
import { RUNBOOK_MAX_STEPS } from "../run/Route.ts"
import type { RunbookStep } from "../run/Seat.ts"
import { applies } from "./Condition.ts"
import type {
  DeclaredStep,
  RunbookAfter,
  RunbookEvent,
  RunbookStarted,
  RunbookStatus,
  StepEnded,
  StepStarted
} from "./RunbookEvent.ts"

/** A runbook as it stands: what it began with, and what has become of it. */
export interface Execution extends Omit<typeof RunbookStarted.Type, "_tag" | "after" | "certificate"> {
  readonly after: RunbookAfter
}

/** An event without where the runbook stands after it: that follows. */
export type Facts<E extends RunbookEvent = RunbookEvent> = E extends RunbookEvent ? Omit<E, "after"> : never

type Started = typeof RunbookStarted.Type

export const begin = (facts: Omit<Started, "after">): Started => ({
  ...facts,
  after: {
    status: "active",
    attempt: 1,
    next: 0,
    completed: 0,
    skipped: 0,
    steps: 0,
    tokens: 0,
    left: facts.certificate,
    tries: 0,
    redirected: false,
    open: null,
    failed: null,
    erased: false
  }
})

/** The execution that an event begins; null where it does not stand for itself. */
export const begun = (event: RunbookEvent): Execution | null => {
  if (event._tag !== "RunbookStarted") return null
  const { _tag, after, certificate, ...facts } = event
  const isOne = facts.steps.length >= 1 && facts.steps.length <= RUNBOOK_MAX_STEPS && areDistinct(facts.steps)
  return isOne && equals(event, begin({ _tag, ...facts, certificate })) ? { ...facts, after } : null
}

const areDistinct = (steps: ReadonlyArray<DeclaredStep>): boolean =>
  new Set(steps.map(({ task }) => task)).size === steps.length

/** Adds what follows to an event, or says why it cannot happen now. */
export const decide = (execution: Execution, facts: Facts): Result.Result<RunbookEvent, RuntimeFailure> => {
  const after = next(execution, facts)
  return after
    ? Result.succeed({ ...facts, after } as RunbookEvent)
    : Result.fail(failure(refusal(execution), "setup"))
}

/** Why nothing can be begun in a runbook. */
export const refusal = ({ after: { status } }: Execution): Code =>
  status === "paused" ? "RUNBOOK_PAUSED" : status === "active" ? "RUNBOOK_CONFLICT" : "RESUME_INVALID_STATE"

/** Whether somebody may go on with it: nothing of it is under way or held, no steward has closed it, and its texts are there. */
export const mayResume = ({ after: { status, open, failed, erased } }: Execution): boolean =>
  open === null && !erased && (status === "active" || (status === "terminated" && failed?.code !== CLOSED))

/** The code of a runbook that a steward has closed. */
const CLOSED: Code = "STEWARD_REJECTED"

/** The place of the next run, if the step that is next is to be run. */
export const stepAt = ({ run, mode, thresholds, expirySeconds, after }: Execution): RunbookStep => ({
  runbook: run,
  index: after.next,
  attempt: after.tries + 1,
  redirected: after.redirected,
  step: after.steps + 1,
  mode,
  tokens: after.tokens,
  left: after.left,
  thresholds,
  expirySeconds
})

/** Whether the step that is next is to be run in this runbook's context; false also after the last one. */
export const isToRun = ({ steps, mode, persona, after }: Execution): boolean => {
  const step = steps[after.next]
  return step !== undefined && applies(step.when, { sessionMode: mode, personaMode: persona })
}

/**
 * What follows by itself where a runbook stands, one after the other: steps whose condition does not apply are skipped, and
 * it ends after the last one, or after one that has not ended well. Null where somebody has to do something.
 */
export const consequence = (execution: Execution): Facts | null => {
  const { steps, after } = execution
  if (after.status !== "active" || after.open !== null) return null
  if (after.failed) return { _tag: "RunbookTerminated", ...after.failed }
  if (after.next === steps.length) return { _tag: "RunbookCompleted" }
  return isToRun(execution) ? null : { _tag: "StepSkipped", index: after.next }
}

const next = (execution: Execution, facts: Facts): RunbookAfter | null => {
  const { after } = execution
  const { status, open, failed } = after
  const isIdle = status === "active" && open === null
  switch (facts._tag) {
    case "RunbookStarted":
      return null
    case "RunbookResumed":
      return mayResume(execution)
        ? {
            ...after,
            status: "active",
            attempt: after.attempt + 1,
            failed: null,
            left: facts.certificate
          }
        : null
    case "StepSkipped":
    case "RunbookCompleted":
      return equals(facts, consequence(execution)) ? moved(after, facts._tag) : null
    case "StepStarted":
      return isIdle && failed === null && isToRun(execution) && isDue(execution, facts)
        ? standing({
            ...after,
            tries: after.tries + 1,
            open: { run: facts.run, index: facts.step.index, threshold: null }
          })
        : null
    case "StepHeld": {
      const { run, index, threshold } = facts
      return isOpen(after, run, index) && open?.threshold === null
        ? standing({ ...after, open: { run, index, threshold } })
        : null
    }
    case "StepEnded":
      return isEnd(after, facts) ? standing(ended(after, facts)) : null
    case "RunbookTerminated": {
      const isClosed = failed === null && facts.code === CLOSED && facts.index === after.next - 1
      return isIdle && (isClosed || equals(facts, consequence(execution)))
        ? { ...after, status: "terminated", failed: { index: facts.index, code: facts.code } }
        : null
    }
    case "RunbookErased":
      return (status === "completed" || status === "terminated") && !after.erased
        ? { ...after, erased: true }
        : null
  }
}

const moved = (after: RunbookAfter, tag: "StepSkipped" | "RunbookCompleted"): RunbookAfter =>
  tag === "RunbookCompleted"
    ? { ...after, status: "completed" }
    : { ...after, ...done(after), skipped: after.skipped + 1 }

const done = (after: RunbookAfter) => ({ next: after.next + 1, tries: 0, redirected: false })

/** A step is run as it was declared; what a steward has put in the place of its prompt has a length of its own. */
const isDue = (execution: Execution, facts: Facts<typeof StepStarted.Type>): boolean => {
  const declared = execution.steps[execution.after.next]
  return (
    declared !== undefined &&
    equals(facts.step, stepAt(execution)) &&
    facts.mode === declared.mode &&
    facts.capability === (declared.capability?.id ?? null) &&
    (execution.after.redirected || facts.promptChars === declared.promptChars) &&
    (facts.audit || !execution.audit)
  )
}

const isOpen = ({ open }: RunbookAfter, run: RunId, index: number): boolean =>
  open?.run === run && open.index === index

/** A step that was held ends by a decision, and no other one does; and what it says of itself fits together. */
const isEnd = (after: RunbookAfter, facts: Facts<typeof StepEnded.Type>): boolean => {
  const { status, code, counts, certified } = facts
  if (!isOpen(after, facts.run, facts.index)) return false
  const isDecided = status === "rejected" || status === "redirected"
  const isReleased = status === "released"
  return (
    (isReleased || isDecided === (after.open?.threshold !== null)) &&
    counts === (isReleased || isDecided) &&
    (code === null) === (isReleased || status === "cancelled") &&
    (status !== "redirected" || !after.redirected) &&
    (certified === null || isIn(certified, after.left))
  )
}

const ended = (after: RunbookAfter, facts: Facts<typeof StepEnded.Type>): RunbookAfter => {
  const { index, status, code, tokens, counts, certified } = facts
  const spent: RunbookAfter = {
    ...after,
    open: null,
    tokens: after.tokens + tokens,
    steps: after.steps + (counts ? 1 : 0),
    left: certified ? minus(after.left, certified) : after.left
  }
  switch (status) {
    case "released":
    case "rejected":
      return { ...spent, ...done(after), completed: after.completed + 1 }
    case "redirected":
      return { ...spent, redirected: true }
    default:
      return { ...spent, failed: { index, code: code ?? "RUN_CANCELLED" } }
  }
}

/** The same with the status that follows. */
const standing = (after: RunbookAfter): RunbookAfter => ({ ...after, status: statusOf(after) })

const statusOf = ({ open }: RunbookAfter): RunbookStatus =>
  open !== null && open.threshold !== null ? "paused" : "active"
