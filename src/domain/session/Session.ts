/**
 * Owns the life of a session: what may happen where it stands, and where it stands after that. Each event carries the answer
 * (`after`), so that the last row of a stream is its whole fold; the verifier makes every one of them again.
 */
import { Result } from "effect"
import { failure, type RuntimeFailure } from "../Failure.ts"
import { ContentId, type Mode, type PackId, type SessionId } from "../Ids.ts"
import { equals } from "../ledger/Ledger.ts"
import { answersBefore, type Known } from "./Lineage.ts"
import type { SessionAfter, SessionEvent, SessionStarted } from "./SessionEvent.ts"
import type { SessionStatus, Terms, Turn } from "./Turn.ts"

/** A session as it stands. */
export interface Session {
  readonly session: SessionId
  readonly persona: Mode
  readonly audit: boolean
  readonly terms: Terms
  /** The memory packs of its turns, unless one says otherwise; left out of one without. */
  readonly packs?: ReadonlyArray<PackId>
  readonly after: SessionAfter
  /** Its turns, as far as they are known: all of them to whoever has read it from its first row on. */
  readonly known: Known | null
}

/** An event without where the session stands after it: that follows. */
export type Facts<E extends SessionEvent = SessionEvent> = E extends SessionEvent ? Omit<E, "after"> : never

/** What a session begins with; one that begins here has had no turn. */
export type Beginning = Pick<SessionAfter, "mode" | "turns" | "steps" | "tokens">

export const nothing = { turns: 0, steps: 0, tokens: 0 } as const

export const begin = (
  facts: Omit<typeof SessionStarted.Type, "after">,
  beginning: Beginning
): typeof SessionStarted.Type => ({
  ...facts,
  after: standing({
    ...beginning,
    status: "active",
    answers: 0,
    maxTurns: facts.terms.maxTurns,
    open: null,
    title: null,
    erased: false
  })
})

/** The session that an event begins; null where it does not stand for itself. */
export const begun = (event: SessionEvent): Session | null => {
  if (event._tag !== "SessionStarted") return null
  const { after, origin, ...facts } = event
  const { mode, turns, steps, tokens } = after
  const isOwn = origin !== null || (turns === 0 && steps === 0 && tokens === 0)
  if (!isOwn || !equals(event, begin({ ...facts, origin }, { mode, turns, steps, tokens }))) return null
  const { session, persona, audit, terms, packs } = facts
  return { session, persona, audit, terms, after, known: null, ...(packs && { packs }) }
}

/** Adds what follows to an event, or says why it cannot happen now. */
export const decide = (session: Session, facts: Facts): Result.Result<SessionEvent, RuntimeFailure> => {
  const after = next(session, facts)
  return after
    ? Result.succeed({ ...facts, after } as SessionEvent)
    : Result.fail(failure(refusal(session), "setup"))
}

/** Folds an event in; null where it cannot have happened there, or says something else of what follows. */
export const evolve = (session: Session, event: SessionEvent): Session | null => {
  const { after, ...facts } = event
  return equals(after, next(session, facts)) ? moved(session, event) : null
}

/** The session after an event that can have happened there. */
export const moved = (session: Session, event: SessionEvent): Session => {
  const { after } = event
  if (event._tag !== "TurnStarted") return { ...session, after }
  const { index, answers } = event.turn
  return { ...session, after, known: { index, answers, earlier: session.known } }
}

/** Why nothing can be begun in a session. */
export const refusal = ({ after }: Session) => {
  if (after.erased) return "SESSION_ERASED"
  if (after.status === "paused") return "SESSION_PAUSED"
  if (after.open) return "SESSION_CONFLICT"
  return after.status === "at_limit" ? "SESSION_AT_LIMIT" : "SESSION_NOT_ACTIVE"
}

const next = ({ session, audit, terms, after, known }: Session, facts: Facts): SessionAfter | null => {
  const { status, open } = after
  switch (facts._tag) {
    case "SessionStarted":
      return null
    case "SessionModeChanged":
      return status === "closed" || facts.mode === after.mode ? null : { ...after, mode: facts.mode }
    case "SessionTitled":
      return after.erased || facts.content !== nextTitle(after) || !isTitle(facts.chars)
        ? null
        : { ...after, title: facts.content }
    case "TurnStarted": {
      const { run, turn } = facts
      const at = turnFrom({ after, known }, turn.insteadOf ?? null)
      const due = at && { session, ...at, mode: after.mode, ...pick(terms) }
      // What a session wants of each of its turns, a turn cannot do without.
      const isDue = equals(turn, due) && (facts.audit || !audit)
      if (status !== "active" || open || !isDue) return null
      return standing({
        ...after,
        turns: after.turns + 1,
        answers: turn.answers,
        open: { run, index: turn.index, threshold: null }
      })
    }
    case "TurnHeld": {
      const { run, index, threshold } = facts
      const isDue = open?.run === run && open.index === index && open.threshold === null
      return isDue ? standing({ ...after, open: { run, index, threshold } }) : null
    }
    case "TurnEnded":
      return isEnd(after, facts)
        ? standing({
            ...after,
            open: null,
            steps: after.steps + (facts.counts ? 1 : 0),
            answers: after.answers + (facts.answer ? 1 : 0),
            tokens: after.tokens + facts.tokens
          })
        : null
    case "SessionClosed":
      return status === "closed" || open ? null : { ...after, status: "closed" }
    case "SessionErased":
      return status === "closed" && !after.erased ? { ...after, title: null, erased: true } : null
  }
}

/** Where the next turn of a session stands. */
export const turnAt = ({ turns, steps, tokens, answers }: SessionAfter) => ({
  index: turns,
  step: steps + 1,
  tokens,
  answers
})

/** The same of one in place of an earlier one; null where that is not known. */
export const turnFrom = (
  { after, known }: Pick<Session, "after" | "known">,
  insteadOf: number | null
): Pick<Turn, "index" | "step" | "tokens" | "answers" | "insteadOf"> | null => {
  if (insteadOf === null) return turnAt(after)
  const answers = answersBefore(known, insteadOf)
  return answers === null ? null : { ...turnAt(after), answers, insteadOf }
}

const pick = ({ thresholds, expirySeconds }: Terms) => ({ thresholds, expirySeconds })

/** Whether a title may have so many code points. */
export const isTitle = (chars: number): boolean => chars >= 1 && chars <= MOST_TITLE_CHARS
const MOST_TITLE_CHARS = 200

/** Under which id the next title is sealed. */
export const nextTitle = ({ title }: SessionAfter): ContentId =>
  ContentId.make(`title.${Number(title?.split(".")[1] ?? 0) + 1}`)

/** A turn that was held ends by a decision, and no other one does; and what it says of itself fits together. */
const isEnd = ({ open }: SessionAfter, facts: Facts & { readonly _tag: "TurnEnded" }): boolean => {
  if (open?.run !== facts.run || open.index !== facts.index) return false
  const { status, code, counts, answer } = facts
  const isDecided = status === "rejected" || status === "redirected"
  const isReleased = status === "released"
  return (
    (isReleased || isDecided === (open.threshold !== null)) &&
    counts === (isReleased || isDecided) &&
    (code === null) === (isReleased || status === "cancelled") &&
    (answer === null) === !isReleased
  )
}

/** The same with the status that follows. */
const standing = (after: SessionAfter): SessionAfter => ({ ...after, status: statusOf(after) })

const statusOf = ({ status, open, steps, maxTurns }: SessionAfter): SessionStatus => {
  if (status === "closed") return "closed"
  if (open) return open.threshold === null ? "active" : "paused"
  return steps >= maxTurns ? "at_limit" : "active"
}
