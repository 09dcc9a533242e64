/** Owns the life of one session, made again from its events: what may happen where it stands, and where it stands after. */
import { hold } from "./chain.mjs"
import { same } from "./forms.mjs"
import { mayBeAsked } from "./laws.mjs"

/** `answers`: how many there were to read when each of its turns began. */
export const newSession = (stream) => ({ stream, started: null, after: null, answers: new Map() })

const statusOf = ({ status, open, steps, maxTurns }) => {
  if (status === "closed") return "closed"
  if (open !== null) return open.threshold === null ? "active" : "paused"
  return steps >= maxTurns ? "at_limit" : "active"
}
const standing = (after) => ({ ...after, status: statusOf(after) })

const begin = (session, event, configurations) => {
  const { terms, origin, after } = event
  const configuration = configurations?.get(event.configDigest)
  hold(configurations === null || configuration !== undefined, "config_unknown")
  hold(session.stream === `session/${event.session}` && mayBeAsked(event.persona), "session")
  const { mode, turns, steps, tokens } = after
  // What comes from elsewhere brings its terms and its counts along.
  if (origin === null) {
    hold(configurations === null || same(terms, configuration.policy.sessions ?? null), "session")
    hold(turns === 0 && steps === 0 && tokens === 0, "session")
  }
  const { maxTurns } = terms
  const rest = { status: "active", answers: 0, maxTurns, open: null, title: null, erased: false }
  hold(same(after, standing({ mode, turns, steps, tokens, ...rest })), "session")
  session.started = event
}

/** A turn that was held ends by a decision, and no other one does; what it says of itself fits together. */
const isEnd = ({ open }, { run, index, status, code, counts, answer }) => {
  const isDecided = status === "rejected" || status === "redirected"
  const isReleased = status === "released"
  return (
    open !== null &&
    open.run === run &&
    open.index === index &&
    (isReleased || isDecided === (open.threshold !== null)) &&
    counts === (isReleased || isDecided) &&
    (code === null) === (isReleased || status === "cancelled") &&
    (answer !== null) === isReleased
  )
}

/** Where a session stands after an event; null where that cannot happen. */
const next = ({ started, after, answers: before }, event) => {
  const { status, open } = after
  switch (event._tag) {
    case "SessionModeChanged":
      return status !== "closed" && event.mode !== after.mode ? { ...after, mode: event.mode } : null
    case "SessionTitled": {
      const due = `title.${Number(after.title?.slice("title.".length) ?? 0) + 1}`
      const isTitle = event.chars >= 1 && event.chars <= 200
      return !after.erased && event.content === due && isTitle ? { ...after, title: due } : null
    }
    case "TurnStarted": {
      const { thresholds, expirySeconds } = started.terms
      const { mode, turns, steps, tokens } = after
      const { insteadOf } = event.turn
      // One in place of an earlier turn follows what that one followed.
      const answers = insteadOf === undefined ? after.answers : before.get(insteadOf)
      const instead = insteadOf === undefined ? {} : { insteadOf }
      const due = {
        session: started.session,
        index: turns,
        step: steps + 1,
        mode,
        tokens,
        answers,
        ...instead
      }
      if ((started.audit && !event.audit) || answers === undefined) return null
      if (status !== "active" || open !== null || !same(event.turn, { ...due, thresholds, expirySeconds }))
        return null
      return standing({
        ...after,
        turns: turns + 1,
        answers,
        open: { run: event.run, index: turns, threshold: null }
      })
    }
    case "TurnHeld": {
      const { run, index, threshold } = event
      return same(open, { run, index, threshold: null })
        ? standing({ ...after, open: { run, index, threshold } })
        : null
    }
    case "TurnEnded":
      if (!isEnd(after, event)) return null
      return standing({
        ...after,
        open: null,
        steps: after.steps + (event.counts ? 1 : 0),
        answers: after.answers + (event.answer === null ? 0 : 1),
        tokens: after.tokens + event.tokens
      })
    case "SessionClosed":
      return status !== "closed" && open === null ? { ...after, status: "closed" } : null
    case "SessionErased":
      return status === "closed" && !after.erased ? { ...after, title: null, erased: true } : null
    default:
      return null
  }
}

/** Takes an event in, or throws what is false about it. Without configurations (null) what follows from one is not asked. */
export const advanceSession = (session, event, configurations) => {
  if (session.started === null) {
    hold(event._tag === "SessionStarted", "transition")
    begin(session, event, configurations)
  } else {
    const due = next(session, event)
    hold(due !== null, "transition")
    hold(same(event.after, due), "session")
  }
  session.after = event.after
  if (event._tag === "TurnStarted") session.answers.set(event.turn.index, event.turn.answers)
}
