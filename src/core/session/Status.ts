/** Owns what is told of a session without its texts: how it stands, how many turns are left, what it waits for. */
import { Schema } from "effect"
import { Count, Mode, SessionId, Timestamp } from "../../domain/Ids.ts"
import { OpenTurn, SessionMode, SessionStatus } from "../../domain/session/Turn.ts"
import { isSet } from "../../domain/session/Steward.ts"
import type { Place } from "./SessionStream.ts"

/** How a session stands, without its texts. */
export const Status = Schema.Struct({
  session: SessionId,
  mode: SessionMode,
  status: SessionStatus,
  /** Turns that count against the ceiling. */
  turnCount: Count,
  maxTurns: Count,
  turnsRemaining: Count,
  /** All turns that were begun. */
  turns: Count,
  /** Tokens of all turns. */
  tokens: Count,
  persona: Mode,
  audit: Schema.Boolean,
  /** Whether it began with a threshold: without one, nobody is asked in any mode. */
  thresholds: Schema.Boolean,
  /** The turn that runs or is held; null without one. */
  open: Schema.NullOr(OpenTurn),
  titled: Schema.Boolean,
  erased: Schema.Boolean,
  createdAt: Timestamp,
  updatedAt: Timestamp
})
export type Status = typeof Status.Type

export const statusOf = ({
  session: { session, persona, audit, terms, after },
  startedAt,
  at
}: Place): Status => ({
  session,
  mode: after.mode,
  status: after.status,
  turnCount: after.steps,
  maxTurns: after.maxTurns,
  turnsRemaining: Math.max(0, after.maxTurns - after.steps),
  turns: after.turns,
  tokens: after.tokens,
  persona,
  audit,
  thresholds: isSet(terms.thresholds),
  open: after.open,
  titled: after.title !== null,
  erased: after.erased,
  createdAt: startedAt,
  updatedAt: at
})
