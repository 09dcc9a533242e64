/** Owns the events of a session's stream: what was begun, held, ended, and where the session stands after it. */
import { Schema } from "effect"
import { Code } from "../Failure.ts"
import { ContentId, Count, Digest, Mode, PackId, Principal, RunId, SessionId, Surface } from "../Ids.ts"
import { Answered, OpenTurn, SessionMode, SessionStatus, Terms, Threshold, Turn, TurnStatus } from "./Turn.ts"

/** Where a session stands after an event: each has it, so that the last one alone says it. */
export const SessionAfter = Schema.Struct({
  mode: SessionMode,
  status: SessionStatus,
  /** All turns that were begun. */
  turns: Count,
  /** Those that count against the ceiling: an answer was made, whatever became of it. */
  steps: Count,
  /** Those on the branch of the newest turn of which an answer left whole: what the next turn may read. */
  answers: Count,
  /** Tokens of all turns. */
  tokens: Count,
  maxTurns: Count,
  open: Schema.NullOr(OpenTurn),
  /** Under which id the title is sealed. */
  title: Schema.NullOr(ContentId),
  erased: Schema.Boolean
})
export type SessionAfter = typeof SessionAfter.Type

const state = { after: SessionAfter }

/** Where a session comes from: another one, as far as a snapshot had it. */
export const Origin = Schema.Struct({ session: SessionId, sequence: Count, head: Digest })
export type Origin = typeof Origin.Type

export const SessionStarted = Schema.TaggedStruct("SessionStarted", {
  session: SessionId,
  principal: Principal,
  surface: Surface,
  configDigest: Digest,
  /** The routing mode of its turns, unless one says otherwise. */
  persona: Mode,
  /** Whether each of its turns is audited. */
  audit: Schema.Boolean,
  terms: Terms,
  /** Null for one that begins here. */
  origin: Schema.NullOr(Origin),
  /** The memory packs of its turns, unless one says otherwise; left out of one without. */
  packs: Schema.optionalKey(Schema.Array(PackId)),
  ...state
})

export const SessionModeChanged = Schema.TaggedStruct("SessionModeChanged", {
  mode: SessionMode,
  principal: Principal,
  ...state
})

export const SessionTitled = Schema.TaggedStruct("SessionTitled", {
  content: ContentId,
  digest: Digest,
  chars: Count,
  principal: Principal,
  ...state
})

/** In the same commit as the run's `RunAccepted`, and right before it. */
export const TurnStarted = Schema.TaggedStruct("TurnStarted", {
  run: RunId,
  persona: Mode,
  audit: Schema.Boolean,
  turn: Turn,
  promptChars: Count,
  ...state
})

/** In the same commit as the `GateEvaluated` that holds the run, and right after it. */
export const TurnHeld = Schema.TaggedStruct("TurnHeld", {
  run: RunId,
  index: Count,
  threshold: Threshold,
  digest: Digest,
  ...state
})

/** In the same commit as the run's ending, and right after it. */
export const TurnEnded = Schema.TaggedStruct("TurnEnded", {
  run: RunId,
  index: Count,
  status: TurnStatus,
  /** Null when it was released or cancelled. */
  code: Schema.NullOr(Code),
  /** What it cost; what is not known, as it was reserved. */
  tokens: Count,
  /** Milliseconds of its calls. */
  latencyMillis: Count,
  /** Whether it counts against the ceiling. */
  counts: Schema.Boolean,
  /** What of it is in the history of later turns; null when nothing whole left. */
  answer: Schema.NullOr(Answered),
  ...state
})

export const SessionClosed = Schema.TaggedStruct("SessionClosed", { principal: Principal, ...state })
/** The keys of its title were destroyed with this event, and those of its turns' texts in the same commit. */
export const SessionErased = Schema.TaggedStruct("SessionErased", { principal: Principal, ...state })

export const SessionEvent = Schema.Union([
  SessionStarted,
  SessionModeChanged,
  SessionTitled,
  TurnStarted,
  TurnHeld,
  TurnEnded,
  SessionClosed,
  SessionErased
])
export type SessionEvent = typeof SessionEvent.Type
