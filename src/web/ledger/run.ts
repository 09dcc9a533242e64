/** Owns what a run's rows come to for a picture: what was done when, for how long, by whom, and with what result. */
import type { Answer } from "../server/contract.ts"
import { type Axis, axisOf, type Interval } from "./axis.ts"

export type Entry = Answer<"ledger.stream">["entries"][number]
export type Event = Entry["event"]
export type EventOf<Tag extends Event["_tag"]> = Extract<Event, { readonly _tag: Tag }>

/** A call of a model: what was asked, and what came of it; null while, or where, nobody knows. */
export interface CallStep extends Interval {
  readonly kind: "call"
  readonly intended: EventOf<"CallIntended">
  readonly settled: EventOf<"CallSettled"> | null
}
/** What a capability took. */
export interface CapabilityStep extends Interval {
  readonly kind: "capability"
  readonly event: EventOf<"CapabilityInvoked">
}
/** A steward is asked, until something was decided; `threshold` is why. */
export interface HoldStep extends Interval {
  readonly kind: "hold"
  readonly event: EventOf<"GateEvaluated">
  readonly isOpen: boolean
}
/** Something that takes no time of its own. */
export interface MomentStep extends Interval {
  readonly kind: "moment"
  readonly event: Event
}
export type Step = CallStep | CapabilityStep | HoldStep | MomentStep

export interface RunPicture {
  /** When it was accepted; everything else is told from there on. */
  readonly startedAt: number
  readonly isOver: boolean
  readonly steps: ReadonlyArray<Step>
  readonly axis: Axis
}

/** Whether anybody knows when it was over: of one that nobody has heard of again, what is on record is no time. */
export const isTimed = ({ outcome }: EventOf<"CallSettled">): boolean => outcome !== "indeterminate"

const ENDINGS: ReadonlySet<string> = new Set(["Released", "RunRefused", "RunFailed", "RunCancelled"])
const isEnding = ({ _tag }: Event): boolean => ENDINGS.has(_tag)

/** `now` is how far one goes that is not over; null for one of which nobody knows more than is on record. */
export const pictureOf = (entries: ReadonlyArray<Entry>, now: number | null): RunPicture | null => {
  const first = entries.find(({ event }) => event._tag === "RunAccepted")
  if (!first) return null
  const startedAt = first.at
  // The clock of a machine may be set back; a row is never older than the one before it.
  const since = (at: number) => Math.max(0, at - startedAt)
  const isOver = entries.some(({ event }) => isEnding(event))
  const last = since(
    entries.findLast(({ event }) => isEnding(event))?.at ?? Math.max(entries.at(-1)!.at, now ?? 0)
  )

  const steps: Array<Step> = []
  /** Of the call that is out: its place among the steps. */
  let out: number | null = null
  let held: number | null = null
  for (const { at: time, event } of entries) {
    const at = Math.min(since(time), last)
    switch (event._tag) {
      case "CallIntended":
        out = steps.length
        steps.push({ kind: "call", from: at, to: isOver ? at : last, intended: event, settled: null })
        break
      case "CallSettled": {
        const call = out === null ? null : steps[out]
        if (out === null || call?.kind !== "call") break
        // From the intent on; what comes after it until the row is the recording of it.
        const to = Math.min(at, call.from + event.latencyMillis)
        steps[out] = { ...call, to, settled: event }
        out = null
        break
      }
      case "CapabilityInvoked":
        steps.push({
          kind: "capability",
          from: Math.max(latest(steps), at - event.durationMillis),
          to: at,
          event
        })
        break
      case "GateEvaluated":
        if (event.threshold === null) steps.push({ kind: "moment", from: at, to: at, event })
        else {
          held = steps.length
          steps.push({ kind: "hold", from: at, to: isOver ? at : last, event, isOpen: !isOver })
        }
        break
      case "StewardDecided": {
        const hold = held === null ? null : steps[held]
        if (held !== null && hold?.kind === "hold") steps[held] = { ...hold, to: at, isOpen: false }
        steps.push({ kind: "moment", from: at, to: at, event })
        break
      }
      case "RunErased":
        // What is done to a run that is over is no part of how it went.
        steps.push({ kind: "moment", from: last, to: last, event })
        break
      default:
        steps.push({ kind: "moment", from: at, to: at, event })
    }
  }
  const work = steps.filter(({ kind }) => kind === "call" || kind === "capability")
  return { startedAt, isOver, steps, axis: axisOf(work, last) }
}

const latest = (steps: ReadonlyArray<Step>): number => steps.reduce((end, { to }) => Math.max(end, to), 0)

/** What was certified for a run as its worst case, and what it has come to; null where nobody knows. */
export interface Spending {
  readonly what: "calls" | "inputTokens" | "outputTokens" | "wallMillis"
  readonly certified: number
  readonly spent: number | null
}

const sum = (numbers: ReadonlyArray<number | null>): number | null =>
  numbers.reduce<number | null>((all, one) => (all === null || one === null ? null : all + one), 0)

export const spendingOf = (entries: ReadonlyArray<Entry>): ReadonlyArray<Spending> => {
  const events = entries.map(({ event }) => event)
  const certified = events.find((event) => event._tag === "BoundsCertified")?.certificate
  if (!certified) return []
  const settled = events.filter((event) => event._tag === "CallSettled")
  const intended = events.filter((event) => event._tag === "CallIntended")
  return [
    { what: "calls", certified: certified.calls, spent: intended.length },
    {
      what: "inputTokens",
      certified: certified.inputTokens,
      spent: sum(settled.map(({ inputTokens }) => inputTokens))
    },
    {
      what: "outputTokens",
      certified: certified.outputTokens,
      spent: sum(settled.map(({ outputTokens }) => outputTokens))
    },
    {
      what: "wallMillis",
      certified: certified.wallMillis,
      spent: sum(settled.map((call) => (isTimed(call) ? call.latencyMillis : null)))
    }
  ]
}
