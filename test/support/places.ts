/** Owns the places that a run can be at: one record for each, up to the row after which something else may be written. */
import { Result } from "effect"
import { isRunbookEvent, isSessionEvent, type Event, type RunEvent } from "../../src/domain/Event.ts"
import { type Regime, regimeOf } from "../../src/domain/run/Governance.ts"
import { abandon } from "../../src/domain/run/Recovery.ts"
import { worstOf } from "../../src/domain/ledger/Rederivation.ts"
import { answering } from "../../src/domain/run/Bond.ts"
import * as Runbook from "../../src/domain/runbook/Execution.ts"
import * as Session from "../../src/domain/session/Session.ts"
import { seatOf } from "../../src/domain/run/Seat.ts"
import { asksNobody, next, type RunState, type Step } from "../../src/domain/run/Run.ts"
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

/** What a session or a runbook says next of its run, as far as it may, and what it says after that. */
type Host = (facts: Facts) => { readonly said: ReadonlyArray<Entry>; readonly host: Host } | null
type Facts = NonNullable<ReturnType<typeof answering>>

const entryOf = (stream: string, event: Event): Entry => ({
  stream,
  event: event as unknown as Entry["event"]
})

const sessionAs =
  (session: Session.Session): Host =>
  (facts) => {
    const said = isSessionEvent(facts) && Result.getOrNull(Session.decide(session, facts))
    if (!said) return null
    const host = sessionAs({ ...session, after: said.after })
    return { said: [entryOf(`session/${session.session}`, said)], host }
  }

const runbookAs =
  (execution: Runbook.Execution): Host =>
  (facts) => {
    const event = isRunbookEvent(facts) && Result.getOrNull(Runbook.decide(execution, facts))
    if (!event) return null
    const now = { ...execution, after: event.after }
    const next = Runbook.consequence(now)
    const host = runbookAs(now)
    const own = entryOf(`runbook/${execution.run}`, event)
    const further = next === null ? { said: [], host } : host(next)
    return further && { said: [own, ...further.said], host: further.host }
  }

/** Where the session or the runbook stands that a record leaves; null beside a run by itself. */
const hostIn = ({ before, state }: Place): Host | null => {
  const { turn, step } = state.accepted ?? {}
  const name = turn ? `session/${turn.session}` : `runbook/${step?.runbook}`
  const events = before.flatMap(({ stream, event }) => (stream === name ? [event as unknown as Event] : []))
  const [first, last] = [events[0], events.at(-1)]
  if (!first || !last) return null
  if (isSessionEvent(first) && isSessionEvent(last)) {
    const session = Session.begun(first)
    return session && sessionAs({ ...session, after: last.after })
  }
  const execution = isRunbookEvent(first) ? Runbook.begun(first) : null
  return execution && isRunbookEvent(last) ? runbookAs({ ...execution, after: last.after }) : null
}

/** The record with more of the run, and with what its session or runbook has to say of that, where it may. */
export const goneOn = (place: Place, events: ReadonlyArray<Entry["event"]>): ReadonlyArray<Entry> => {
  let [state, host] = [place.state, hostIn(place)]
  const added = events.flatMap((event) => {
    const own = { stream: place.stream, event }
    const evolved = evolve(state, event as unknown as RunEvent)
    if (Result.isFailure(evolved)) return [own]
    state = evolved.success
    const facts = answering(state, event as unknown as RunEvent)
    const beside = facts && host?.(facts)
    if (!beside) return [own]
    host = beside.host
    return [own, ...beside.said]
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

const isHost = (name: string): boolean => name.startsWith("session/") || name.startsWith("runbook/")

const placesIn = (
  life: string,
  entries: ReadonlyArray<Entry>,
  stream = entries.findLast((entry) => entry.stream.startsWith("run/"))?.stream ?? ""
): ReadonlyArray<Place> => {
  const isPart = entries.some(({ stream: name }) => isHost(name))
  return entries.flatMap((_, at) => {
    const isOurs = at + 1 === entries.length || entries[at + 1]?.stream === stream
    if (!isOurs) return []
    const place = placeOf(`${life}, after ${at + 1} rows`, entries.slice(0, at + 1), stream)
    // A turn or a step begins with its host's row before it, and not without.
    return isPart && place.step._tag === "Accept" ? [] : [place]
  })
}

/** What stands right after the end of a run that is a part of something. */
const AFTER_AN_END = new Set(["TurnEnded", "SessionClosed", "StepEnded", "RunbookTerminated"])

/** Every run of a record, each up to its end. */
const runsIn = (life: string, entries: ReadonlyArray<Entry>): ReadonlyArray<Place> => {
  if (!/(session|work): /.test(life)) return placesIn(life, entries)
  const streams = new Set(entries.flatMap(({ stream }) => (stream.startsWith("run/") ? [stream] : [])))
  return [...streams].flatMap((stream) => {
    const last = entries.findLastIndex((entry) => entry.stream === stream)
    const beside = entries.slice(last + 1).findIndex(({ event }) => !AFTER_AN_END.has(event._tag))
    return placesIn(life, entries.slice(0, beside < 0 ? entries.length : last + 1 + beside), stream)
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
  const { accepted, capability } = state
  const seat = accepted && seatOf(accepted)
  return JSON.stringify([
    stepName(place),
    state.accepted && [state.accepted.audit, state.accepted.onUnavailable, state.accepted.checks],
    regime && [regime.drifts, regime.policy.contextLimitChars > 0, regime.policy.budgets !== null],
    regime && state.context && worstOf(regime, state) === null,
    state.calls.length,
    settled && [settled.outcome, settled.code, settled.fallback, settled.chars > 0],
    state.attempt > 1,
    accepted && [asksNobody(state), !!accepted.step, !!accepted.packs, accepted.capability?.id],
    capability && [capability.ok, capability.code],
    seat && [seat.mode, seat.thresholds, seat.expirySeconds],
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
