/** Owns the places that a run can be at: one record for each, up to the row after which something else may be written. */
import { Result } from "effect"
import { isSessionEvent, type Event, type RunEvent } from "../../src/domain/Event.ts"
import { type Regime, regimeOf } from "../../src/domain/run/Governance.ts"
import { abandon } from "../../src/domain/run/Recovery.ts"
import { worstOf } from "../../src/domain/ledger/Rederivation.ts"
import { answering } from "../../src/domain/run/Bond.ts"
import { begun, decide, type Session } from "../../src/domain/session/Session.ts"
import { next, type RunState, type Step } from "../../src/domain/run/Run.ts"
import { evolve, replay } from "../../src/domain/run/Evolution.ts"
import { unread, with_, type Chronicles, type Life } from "./chronicles.ts"
import type { Entry } from "./exports.ts"

export interface Place {
  readonly name: string
  /** Everything before it, configurations and other runs too. */
  readonly before: ReadonlyArray<Entry>
  /** The run that stands here. */
  readonly stream: string
  readonly state: RunState
  readonly step: Step
}

/** Lives that no process leads to their end by itself, or only one that dies. */
const further = (known: Chronicles): ReadonlyArray<readonly [string, ReadonlyArray<Entry>]> => {
  const of = (life: Life) => known.get(life) ?? []
  const until = (life: Life, kind: string, edit: Readonly<Record<string, unknown>>, nth = 0) => {
    const entries = of(life)
    const at = entries.flatMap(({ event }, index) => (event._tag === kind ? [index] : []))[nth] ?? 0
    return entries.slice(0, at + 1).map((entry, index) => (index === at ? with_(entry, edit) : entry))
  }
  const cancelled = { outcome: "cancelled", code: null, fallback: null, finish: null }
  return [
    ["unaudited, but unread", until("unaudited", "AuditConcluded", unread)],
    ["cancelled in the revision", until("revised", "CallSettled", cancelled, 2)],
    ["cancelled before a piece", until("plain", "CallSettled", { ...cancelled, digest: null, chars: 0 })]
  ]
}

const eventsIn = (entries: ReadonlyArray<Entry>, stream: string): ReadonlyArray<RunEvent> =>
  entries.flatMap((entry) => (entry.stream === stream ? [entry.event as unknown as RunEvent] : []))

/** Where the session stands that a record leaves; null where the run is no turn. */
const sessionIn = ({ before, state }: Place): Session | null => {
  const name = `session/${state.accepted?.turn?.session}`
  const events = before.flatMap(({ stream, event }) =>
    stream === name ? [event as unknown as Event].filter(isSessionEvent) : []
  )
  const session = events[0] ? begun(events[0]) : null
  return session && { ...session, after: events.at(-1)?.after ?? session.after }
}

/** The record with more of the run, and with what the session has to say of that, where it may. */
export const goneOn = (place: Place, events: ReadonlyArray<Entry["event"]>): ReadonlyArray<Entry> => {
  let [state, session] = [place.state, sessionIn(place)]
  const added = events.flatMap((event) => {
    const own = { stream: place.stream, event }
    const evolved = evolve(state, event as unknown as RunEvent)
    if (Result.isFailure(evolved)) return [own]
    state = evolved.success
    const facts = answering(state, event as unknown as RunEvent)
    const said = facts && isSessionEvent(facts) && session && Result.getOrNull(decide(session, facts))
    if (!said || !session) return [own]
    session = { ...session, after: said.after }
    return [own, { stream: `session/${session.session}`, event: said as unknown as Entry["event"] }]
  })
  return [...place.before, ...added]
}

/** The record with what the recovery law adds once its process is dead. */
export const abandoned = (place: Place): ReadonlyArray<Entry> =>
  goneOn(place, abandon(place.state) as unknown as ReadonlyArray<Entry["event"]>)

const placeOf = (name: string, before: ReadonlyArray<Entry>, stream: string): Place => {
  const state = Result.getOrThrow(replay(eventsIn(before, stream)))
  return { name, before, stream, state, step: next(state) }
}

const placesIn = (
  life: string,
  entries: ReadonlyArray<Entry>,
  stream = entries.findLast((entry) => entry.stream.startsWith("run/"))?.stream ?? ""
): ReadonlyArray<Place> => {
  const isTurn = entries.some((entry) => entry.stream.startsWith("session/"))
  return entries.flatMap((_, at) => {
    const isOurs = at + 1 === entries.length || entries[at + 1]?.stream === stream
    if (!isOurs) return []
    const place = placeOf(`${life}, after ${at + 1} rows`, entries.slice(0, at + 1), stream)
    // A turn's run begins with its session's row before it, and not without.
    return isTurn && place.step._tag === "Accept" ? [] : [place]
  })
}

/** Every run of a record, each up to its end. */
const runsIn = (life: string, entries: ReadonlyArray<Entry>): ReadonlyArray<Place> => {
  if (!life.includes("session: ")) return placesIn(life, entries)
  const streams = new Set(entries.flatMap(({ stream }) => (stream.startsWith("run/") ? [stream] : [])))
  return [...streams].flatMap((stream) => {
    const last = entries.findLastIndex((entry) => entry.stream === stream)
    const isPaired = entries[last + 1]?.event._tag === "TurnEnded"
    return placesIn(life, entries.slice(0, last + (isPaired ? 2 : 1)), stream)
  })
}

/** Where a run stands, as a step of the law is told from others. */
export const stepName = ({ step, state }: Place): string => {
  const { _tag, ...rest } = step
  const about = Object.entries(rest).flatMap(([key, value]) =>
    value === null || typeof value === "object" ? [] : [`${key} ${value}`]
  )
  return [_tag, ...about, ...(state.erased ? ["erased"] : [])].join(" ")
}

const regimeIn = ({ before, state }: Place): Regime | null => {
  const digest = state.accepted?.configDigest
  const loaded = before.find(
    ({ event }) => event._tag === "ConfigLoaded" && event["configDigest"] === digest
  )?.event
  return loaded ? regimeOf(loaded["policy"] as Parameters<typeof regimeOf>[0]) : null
}

/** What a law may read of a place: of those that have all of it in common, one is as good as another. */
const kindOf = (place: Place): string => {
  const { state, step } = place
  if (step._tag === "Done") return stepName(place)
  const regime = regimeIn(place)
  const settled = state.calls.at(-1)?.settled
  const turn = state.accepted?.turn
  return JSON.stringify([
    stepName(place),
    state.accepted && [state.accepted.audit, state.accepted.onUnavailable, state.accepted.checks],
    regime && [regime.drifts, regime.policy.contextLimitChars > 0, regime.policy.budgets !== null],
    regime && state.context && worstOf(regime, state) === null,
    state.calls.length,
    settled && [settled.outcome, settled.code, settled.fallback, settled.chars > 0],
    state.attempt > 1,
    turn && [turn.mode, turn.thresholds, turn.expirySeconds],
    state.gate?.threshold,
    state.decision && [state.decision.action, state.decision.by],
    state.audit && [state.audit.verdict?.decision, state.audit.unavailable]
  ])
}

/** Places of every kind, by the lives that the core leads and the ways in which the recovery law ends them. */
export const places = (known: Chronicles): ReadonlyArray<Place> => {
  const told = [...known, ...further(known)].flatMap(([life, entries]) => runsIn(life, entries))
  const ending = told.flatMap((place) => placesIn(`${place.name}, abandoned`, abandoned(place), place.stream))
  const kinds = new Map<string, Place>()
  for (const place of [...told, ...ending]) {
    const kind = kindOf(place)
    if (!kinds.has(kind)) kinds.set(kind, place)
  }
  return [...kinds.values()]
}
