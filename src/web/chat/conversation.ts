/**
 * Owns what is known of a conversation: history and events, folded. In whatever order they come and however often, the same is
 * known in the end: each thing that is learned only adds to what was there.
 */
import type { Answer, Code, StreamEvent } from "../server/contract.ts"
import { nothingSaid, type Said, saying } from "./said.ts"

export type SessionState = Answer<"sessions.state">
export type Transcript = Answer<"sessions.history">
export type PastTurn = Transcript["turns"][number]
type EventOf<Name extends StreamEvent["event"]> = Extract<StreamEvent, { readonly event: Name }>["data"]
export type Receipt = NonNullable<PastTurn["receipt"]>
export type Accepted = NonNullable<EventOf<"turn_started">["accepted"]>
export type Pause = NonNullable<EventOf<"steward_gate_triggered">["pause"]>
export type Action = EventOf<"steward_decided">["action"]
export type Facts = NonNullable<PastTurn["facts"]>
export type Standing = PastTurn["status"]

/** What is known of a turn. Null is what is not, or not yet. */
export interface Turn {
  readonly run: string
  readonly index: number | null
  /** The earlier turn that it stands in place of; null for one that follows the newest, undefined before that is known. */
  readonly insteadOf: number | null | undefined
  readonly standing: Standing
  /** What was asked here, before it is known from the record. */
  readonly asked: Asked | null
  /** As the record has it. */
  readonly past: PastTurn | null
  readonly said: Said
  /** The whole answer. */
  readonly message: string | null
  readonly receipt: Receipt | null
  readonly accepted: Accepted | null
  readonly facts: Facts | null
  readonly threshold: Pause["threshold_key"] | null
  readonly pause: Pause | null
  readonly decided: Action | null
  readonly error: Code | null
  readonly tokens: number | null
  readonly latencyMillis: number | null
}

export interface Asked {
  readonly prompt: string
  readonly hasFile: boolean
}

export interface Conversation {
  readonly session: SessionState | null
  /** Null where there is none, undefined before that is known. */
  readonly title: string | null | undefined
  readonly turns: ReadonlyMap<string, Turn>
  /** It will not go on. */
  readonly ended: SessionState["status"] | null
}

export const unknown: Conversation = { session: null, title: undefined, turns: new Map(), ended: null }

const begun = (run: string): Turn => ({
  run,
  index: null,
  insteadOf: undefined,
  standing: "running",
  asked: null,
  past: null,
  said: nothingSaid,
  message: null,
  receipt: null,
  accepted: null,
  facts: null,
  threshold: null,
  pause: null,
  decided: null,
  error: null,
  tokens: null,
  latencyMillis: null
})

const RANKS = { running: 0, held: 1, error: 2, ok: 2 } as const satisfies Record<Standing, number>
const further = (one: Standing, other: Standing): Standing => (RANKS[other] > RANKS[one] ? other : one)

/** The state that is the later one. */
const later = (one: SessionState | null, other: SessionState): SessionState => {
  if (!one) return other
  const isNewer =
    other.updated_at - one.updated_at ||
    other.turns_begun - one.turns_begun ||
    other.turn_count - one.turn_count ||
    RANKS[standingOf(other)] - RANKS[standingOf(one)]
  return isNewer >= 0 ? other : one
}

const standingOf = ({ open_turn: open }: SessionState): Standing =>
  open === null ? "ok" : open.threshold_key === null ? "running" : "held"

const changed = (turns: Map<string, Turn>, run: string, change: (turn: Turn) => Partial<Turn>): void => {
  const turn = turns.get(run) ?? begun(run)
  turns.set(run, { ...turn, ...change(turn) })
}

const fromRecord =
  (past: PastTurn) =>
  (turn: Turn): Partial<Turn> => ({
    index: past.turn_index,
    insteadOf: past.instead_of,
    standing: further(turn.standing, past.status),
    // What was erased since is gone from here too.
    past: turn.past && RANKS[turn.past.status] > RANKS[past.status] ? turn.past : past,
    message: past.message ?? turn.message,
    receipt: past.receipt ?? turn.receipt,
    facts:
      RANKS[past.status] >= RANKS[turn.standing] ? (past.facts ?? turn.facts) : (turn.facts ?? past.facts),
    threshold: turn.threshold ?? past.threshold_key,
    decided: turn.decided ?? past.facts?.decided ?? null,
    error: turn.error ?? past.error_code,
    tokens: turn.tokens ?? past.tokens,
    latencyMillis: turn.latencyMillis ?? past.latency_ms
  })

/** With what the record says: of the whole conversation, or of some of its turns. */
export const withHistory = (conversation: Conversation, transcript: Transcript): Conversation => {
  const { title, turns: told, ...session } = transcript
  const turns = new Map(conversation.turns)
  for (const past of told) changed(turns, past.run_id, fromRecord(past))
  return { ...conversation, session: later(conversation.session, session), title, turns }
}

export const withState = (conversation: Conversation, session: SessionState): Conversation => ({
  ...conversation,
  session: later(conversation.session, session)
})

/** With what was asked from here, of the run that it has become. */
export const withAsked = (conversation: Conversation, run: string, asked: Asked): Conversation => {
  const turns = new Map(conversation.turns)
  changed(turns, run, () => ({ asked }))
  return { ...conversation, turns }
}

const fold = (turns: Map<string, Turn>, { id, event, data }: StreamEvent): void => {
  switch (event) {
    case "turn_started":
      return changed(turns, data.run_id, (turn) => ({
        index: data.turn_index ?? turn.index,
        insteadOf: data.instead_of,
        accepted: turn.accepted ?? data.accepted
      }))
    case "turn_delta":
      return changed(turns, data.run_id, ({ said }) => ({
        said: saying(said, data.text, Number(id.split(".")[1]))
      }))
    case "turn_output":
      return changed(turns, data.run_id, () => ({ message: data.message, receipt: data.receipt }))
    case "steward_gate_triggered":
      return changed(turns, data.run_id, (turn) => ({
        index: data.turn_index ?? turn.index,
        standing: further(turn.standing, "held"),
        threshold: data.threshold_key,
        pause: turn.pause ?? data.pause
      }))
    case "steward_decided":
      return changed(turns, data.run_id, (turn) => ({
        index: data.turn_index ?? turn.index,
        decided: data.action
      }))
    case "turn_error":
      return changed(turns, data.run_id, (turn) => ({
        index: data.turn_index ?? turn.index,
        error: data.error_code
      }))
    case "turn_completed":
      return changed(turns, data.run_id, (turn) => ({
        index: data.turn_index ?? turn.index,
        standing: further(turn.standing, data.status === "released" ? "ok" : "error"),
        error: turn.error ?? data.error_code,
        facts: data.facts ?? turn.facts,
        tokens: data.tokens ?? turn.tokens,
        latencyMillis: data.latency_ms ?? turn.latencyMillis
      }))
    default:
  }
}

export const withEvents = (conversation: Conversation, events: ReadonlyArray<StreamEvent>): Conversation => {
  const turns = new Map(conversation.turns)
  let { session, ended } = conversation
  for (const event of events) {
    if (event.event === "session_state") session = later(session, event.data)
    else if (event.event === "session_closed") ended = event.data.session_status
    else fold(turns, event)
  }
  return { ...conversation, session, ended, turns }
}

/** What there is to read of an answer so far. */
export const textOf = ({ message, said }: Turn): string => message ?? said.text

export const promptOf = ({ past, asked }: Turn): string | null => past?.prompt ?? asked?.prompt ?? null

/** Whether the record has more to say of it than is known here: it is over, or `open` is another one, and nobody has said how. */
export const isBehind = ({ run, index, standing, past }: Turn, open: string | null): boolean => {
  if (index === null || (past !== null && RANKS[past.status] === RANKS.ok)) return false
  return run !== open || RANKS[standing] === RANKS.ok
}

export const isOver = ({ standing }: Turn): boolean => standing === "ok" || standing === "error"

/** The turn that runs or is held: there is one at most. */
export const openTurn = ({ turns }: Conversation): Turn | null => {
  for (const turn of turns.values()) if (turn.index !== null && !isOver(turn)) return turn
  return null
}

/** How the conversation stands, as far as the page has heard. */
export const statusOf = (conversation: Conversation): SessionState["status"] => {
  const { session, ended } = conversation
  if (ended) return ended
  const open = openTurn(conversation)
  if (open?.standing === "held") return "paused"
  const status = session?.status ?? "active"
  // What it waited for has been decided since.
  return status === "paused" && open === null ? "active" : status
}
