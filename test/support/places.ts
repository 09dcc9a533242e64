/** Owns the places that a run can be at: one record for each, up to the row after which something else may be written. */
import { Result } from "effect"
import type { RunEvent } from "../../src/domain/Event.ts"
import { type Regime, regimeOf } from "../../src/domain/run/Governance.ts"
import { abandon } from "../../src/domain/run/Recovery.ts"
import { worstOf } from "../../src/domain/ledger/Rederivation.ts"
import { next, type RunState, type Step } from "../../src/domain/run/Run.ts"
import { replay } from "../../src/domain/run/Evolution.ts"
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

/** The record with what the recovery law adds once its process is dead. */
export const abandoned = ({ before, stream, state }: Place): ReadonlyArray<Entry> => [
  ...before,
  ...abandon(state).map((event) => ({ stream, event: event as unknown as Entry["event"] }))
]

const placeOf = (name: string, before: ReadonlyArray<Entry>, stream: string): Place => {
  const state = Result.getOrThrow(replay(eventsIn(before, stream)))
  return { name, before, stream, state, step: next(state) }
}

const placesIn = (
  life: string,
  entries: ReadonlyArray<Entry>,
  stream = entries.at(-1)?.stream ?? ""
): ReadonlyArray<Place> =>
  entries.flatMap((_, at) => {
    const isOurs = at + 1 === entries.length || entries[at + 1]?.stream === stream
    return isOurs ? [placeOf(`${life}, after ${at + 1} rows`, entries.slice(0, at + 1), stream)] : []
  })

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
  return JSON.stringify([
    stepName(place),
    state.accepted && [state.accepted.audit, state.accepted.onUnavailable, state.accepted.checks],
    regime && [regime.drifts, regime.policy.contextLimitChars > 0, regime.policy.budgets !== null],
    regime && state.context && worstOf(regime, state) === null,
    state.calls.length,
    settled && [settled.outcome, settled.code, settled.fallback, settled.chars > 0],
    state.attempt > 1,
    state.audit && [state.audit.verdict?.decision, state.audit.unavailable]
  ])
}

/** Places of every kind, by the lives that the core leads and the ways in which the recovery law ends them. */
export const places = (known: Chronicles): ReadonlyArray<Place> => {
  const told = [...known, ...further(known)].flatMap(([life, entries]) => placesIn(life, entries))
  const ending = told.flatMap((place) => placesIn(`${place.name}, abandoned`, abandoned(place), place.stream))
  const kinds = new Map<string, Place>()
  for (const place of [...told, ...ending]) {
    const kind = kindOf(place)
    if (!kinds.has(kind)) kinds.set(kind, place)
  }
  return [...kinds.values()]
}
