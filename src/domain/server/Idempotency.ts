/**
 * Owns what a client's key for a request means: which keys there are, how long one is kept, with which commit it is used up, and
 * what whoever sends it again is told. A key itself is what somebody typed: it is kept as a keyed digest alone.
 */
import type { Code } from "../Codes.ts"
import type { Event, EventType } from "../Event.ts"
import type { Digest, StreamId } from "../Ids.ts"

/** Visible ASCII, and little of it. */
export const isKey = (text: string): boolean => /^[\x21-\x7e]{1,255}$/u.test(text)

/** How long a key is kept, from the first commit of what came of it. */
export const KEPT_MILLIS = 24 * 3_600_000

/** What a request that may have a key is for. */
export type Work = "run" | "turn" | "start" | "runbook" | "resume" | "replay" | "decide" | "chat"

/** With what each begins: a key is used up by the commit that records it, and by none before. */
const beginnings: Readonly<Record<Work, ReadonlyArray<EventType>>> = {
  run: ["RunAccepted"],
  turn: ["RunAccepted"],
  chat: ["RunAccepted"],
  start: ["SessionStarted"],
  runbook: ["RunbookStarted"],
  resume: ["RunResumed", "RunbookResumed", "RunAccepted"],
  replay: ["RunAccepted", "RunbookStarted"],
  decide: ["StewardDecided"]
}

/** What is added to one stream. */
interface Addition {
  readonly stream: StreamId
  readonly events: ReadonlyArray<Event>
}

/** The stream of what a commit begins; null where it begins nothing: then a key that goes along is not used up. */
export const begunBy = (work: Work, appends: ReadonlyArray<Addition>): StreamId | null =>
  appends.find(
    ({ events }) =>
      events.some((event) => beginnings[work].includes(event._tag) && !isOverdue(event)) && !isRefused(events)
  )?.stream ?? null

/** A deadline decides by itself, whoever happens to look. */
const isOverdue = (event: Event): boolean => event._tag === "StewardDecided" && event.by === "deadline"

/** On record, and over before anybody was called: whoever asks again may have better luck. */
const isRefused = (events: ReadonlyArray<Event>): boolean => {
  const has = (...tags: ReadonlyArray<EventType>) => events.some(({ _tag }) => tags.includes(_tag))
  return (
    has("RunAccepted") &&
    has("RunRefused", "RunFailed", "RunCancelled") &&
    !has("CallIntended", "CapabilityInvoked")
  )
}

/** A key that was used. */
export interface Used {
  /** Of the request that it was used with. */
  readonly request: Digest
  /** Milliseconds since the Unix epoch. */
  readonly at: number
}

/** Whether a key that was used then is free again. */
export const isFree = ({ at }: Pick<Used, "at">, now: number): boolean => now - at > KEPT_MILLIS

/** What a request comes to whose key was used before: the same answer again, or why not. */
export const repeated = (
  used: Pick<Used, "request">,
  request: Digest,
  isUnderWay: boolean
): "again" | Extract<Code, "IDEMPOTENCY_KEY_REUSED" | "IDEMPOTENCY_IN_PROGRESS"> =>
  used.request !== request ? "IDEMPOTENCY_KEY_REUSED" : isUnderWay ? "IDEMPOTENCY_IN_PROGRESS" : "again"
