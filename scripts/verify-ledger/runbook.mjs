/** Owns the life of one runbook, made again from its events: what may happen where it stands, and where it stands after. */
import { hold } from "./chain.mjs"
import { same } from "./forms.mjs"
import { mayBeAsked } from "./laws.mjs"

const MOST_STEPS = 20
const CLOSED = "STEWARD_REJECTED"

export const newRunbook = (stream) => ({ stream, started: null, after: null })

/** Whether each number of a certificate is within that of another. */
export const isWithin = (one, other) => Object.entries(one).every(([name, count]) => count <= other[name])
const minus = (one, other) =>
  Object.fromEntries(Object.entries(one).map(([name, count]) => [name, count - (other?.[name] ?? 0)]))

const begin = (runbook, event, configurations) => {
  const { steps, certificate, thresholds, expirySeconds } = event
  const configuration = configurations.get(event.configDigest)
  hold(configuration !== undefined, "config_unknown")
  const terms = configuration.policy.sessions
  hold(runbook.stream === `runbook/${event.run}`, "runbook")
  hold(steps.length >= 1 && steps.length <= MOST_STEPS, "runbook")
  hold(new Set(steps.map(({ task }) => task)).size === steps.length, "runbook")
  hold(
    steps.every(({ mode }) => mayBeAsked(mode)),
    "runbook"
  )
  hold(same(thresholds, terms?.thresholds) && expirySeconds === terms.expirySeconds, "runbook")
  const none = { next: 0, completed: 0, skipped: 0, steps: 0, tokens: 0, tries: 0 }
  const rest = { redirected: false, open: null, failed: null, erased: false }
  hold(same(event.after, { status: "active", attempt: 1, left: certificate, ...none, ...rest }), "runbook")
  runbook.started = event
}

/** Whether the step that is next is to be run; false also after the last one. */
const isToRun = ({ started, after }) => {
  const step = started.steps[after.next]
  if (step === undefined) return false
  if (step.when === null) return true
  const { key, op, value } = step.when
  const isEqual = value === (key === "session_mode" ? started.mode : started.persona)
  return op === "eq" ? isEqual : !isEqual
}

/** What follows by itself where a runbook stands with nothing open; null where somebody has to do something. */
const following = (runbook) => {
  const { started, after } = runbook
  if (after.failed !== null) return { _tag: "RunbookTerminated", ...after.failed }
  if (after.next === started.steps.length) return { _tag: "RunbookCompleted" }
  return isToRun(runbook) ? null : { _tag: "StepSkipped", index: after.next }
}

const follows = (runbook, event) =>
  isIdle(runbook.after) && same(event, { ...following(runbook), after: event.after })

const isIdle = ({ status, open }) => status === "active" && open === null

const statusOf = ({ open }) => (open !== null && open.threshold !== null ? "paused" : "active")
const standing = (after) => ({ ...after, status: statusOf(after) })

/** A step is run as it was declared, and told where it stands. A prompt that a steward has put in place has its own length. */
const isDue = ({ started, after }, { step, mode, audit, capability, promptChars }) => {
  const { mode: sessionMode, thresholds, expirySeconds, run, steps } = started
  const declared = steps[after.next]
  const due = {
    runbook: run,
    index: after.next,
    attempt: after.tries + 1,
    redirected: after.redirected,
    step: after.steps + 1,
    mode: sessionMode,
    tokens: after.tokens,
    left: after.left,
    thresholds,
    expirySeconds
  }
  return (
    same(step, due) &&
    mode === declared.mode &&
    capability === (declared.capability?.id ?? null) &&
    (after.redirected || promptChars === declared.promptChars) &&
    (audit || !started.audit)
  )
}

/** A step that was held ends by a decision, and no other one does; what it says of itself fits together. */
const isEnd = ({ open, redirected, left }, { run, index, status, code, counts, certified }) => {
  const isDecided = status === "rejected" || status === "redirected"
  const isReleased = status === "released"
  return (
    open !== null &&
    open.run === run &&
    open.index === index &&
    (isReleased || isDecided === (open.threshold !== null)) &&
    counts === (isReleased || isDecided) &&
    (code === null) === (isReleased || status === "cancelled") &&
    !(status === "redirected" && redirected) &&
    (certified === null || isWithin(certified, left))
  )
}

const done = ({ next }) => ({ next: next + 1, tries: 0, redirected: false })

const ended = (after, { index, status, code, tokens, counts, certified }) => {
  const spent = {
    ...after,
    open: null,
    tokens: after.tokens + tokens,
    steps: after.steps + (counts ? 1 : 0),
    left: minus(after.left, certified)
  }
  if (status === "redirected") return { ...spent, redirected: true }
  if (counts) return { ...spent, ...done(after), completed: after.completed + 1 }
  return { ...spent, failed: { index, code: code ?? "RUN_CANCELLED" } }
}

/** Where a runbook stands after an event; null where that cannot happen. */
const next = (runbook, event) => {
  const { after } = runbook
  const { status, open, failed } = after
  switch (event._tag) {
    case "RunbookResumed": {
      const mayGoOn =
        !after.erased && (status === "active" || (status === "terminated" && failed.code !== CLOSED))
      return open === null && mayGoOn
        ? { ...after, status: "active", attempt: after.attempt + 1, failed: null, left: event.certificate }
        : null
    }
    case "StepSkipped":
      return follows(runbook, event) ? { ...after, ...done(after), skipped: after.skipped + 1 } : null
    case "RunbookCompleted":
      return follows(runbook, event) ? { ...after, status: "completed" } : null
    case "StepStarted":
      return isIdle(after) && failed === null && isToRun(runbook) && isDue(runbook, event)
        ? standing({
            ...after,
            tries: after.tries + 1,
            open: { run: event.run, index: after.next, threshold: null }
          })
        : null
    case "StepHeld": {
      const { run, index, threshold } = event
      return same(open, { run, index, threshold: null })
        ? standing({ ...after, open: { run, index, threshold } })
        : null
    }
    case "StepEnded":
      return isEnd(after, event) ? standing(ended(after, event)) : null
    case "RunbookTerminated": {
      const { index, code } = event
      const isClosed = isIdle(after) && failed === null && code === CLOSED && index === after.next - 1
      return isClosed || follows(runbook, event)
        ? { ...after, status: "terminated", failed: { index, code } }
        : null
    }
    case "RunbookErased":
      return (status === "completed" || status === "terminated") && !after.erased
        ? { ...after, erased: true }
        : null
    default:
      return null
  }
}

/** Takes an event in, or throws what is false about it. */
export const advanceRunbook = (runbook, event, configurations) => {
  if (runbook.started === null) {
    hold(event._tag === "RunbookStarted", "transition")
    begin(runbook, event, configurations)
  } else {
    const due = next(runbook, event)
    hold(due !== null, "transition")
    hold(event._tag !== "RunbookResumed" || configurations.has(event.configDigest), "config_unknown")
    hold(same(event.after, due), "runbook")
  }
  runbook.after = event.after
}
