/** Owns what is derived again of a session: what it began with, and where it stands after each of its events. */
import { Result } from "effect"
import type { Judged } from "./Decision.ts"
import { type Digest, SESSION_PREFIX, type StreamId } from "../Ids.ts"
import { equals } from "./Ledger.ts"
import type { Regime } from "../run/Governance.ts"
import { mayAnswer } from "../run/Route.ts"
import { begun, decide, moved, type Session } from "../session/Session.ts"
import type { SessionEvent, SessionStarted } from "../session/SessionEvent.ts"

/** The decisions that a session's event records, and the session after it; null where the event cannot have happened. */
export const judgeSession = (
  stream: StreamId,
  session: Session | null,
  event: SessionEvent,
  regimes: ReadonlyMap<Digest, Regime> | null
): { readonly judged: ReadonlyArray<Judged>; readonly session: Session | null } => {
  if (session === null) {
    if (event._tag !== "SessionStarted") return wrong("transition")
    const started = begun(event)
    const holds =
      started !== null &&
      stream === SESSION_PREFIX + started.session &&
      mayAnswer(started.persona) &&
      (regimes === null || isUnderPolicy(event, regimes))
    return holds ? right("session", started) : wrong("session")
  }
  const { after, ...facts } = event
  const decided = Result.getOrNull(decide(session, facts))
  if (decided === null) return wrong("transition")
  return equals(decided.after, after) ? right("transition", moved(session, event)) : wrong("session")
}

/** What begins here is under the terms that are configured; what comes from elsewhere brings its own. */
const isUnderPolicy = (
  { configDigest, origin, terms }: typeof SessionStarted.Type,
  regimes: ReadonlyMap<Digest, Regime>
): boolean => origin !== null || equals(terms, regimes.get(configDigest)?.policy.sessions)

const right = (decision: Judged["decision"], session: Session) => ({
  judged: [{ decision, holds: true }],
  session
})
const wrong = (decision: Judged["decision"]) => ({ judged: [{ decision, holds: false }], session: null })
