/** Owns records of many kinds of runs and sessions, put together from histories, for tests of whoever checks them. */
import { Effect } from "effect"
import { talkOf, talks } from "./conversations.ts"
import { type Entry, entriesOf } from "./exports.ts"
import { historyOf, lives } from "./histories.ts"
import { workOf, works } from "./works.ts"
import { sha256 } from "../../src/adapters/journal/Plan.ts"

type Talk = keyof typeof talks
type Work = keyof typeof works
export type Life =
  | keyof typeof lives
  | `session: ${Talk}`
  | `work: ${Work}`
  | "erased runbook"
  | "resumed"
  | "resumed, its audit unread"
  | "resumed before its gate"

/** The entries of one life, of which other processes may have taken over. */
const chronicleOf = (life: Life): Effect.Effect<ReadonlyArray<Entry>> => {
  switch (life) {
    case "resumed":
      return Effect.map(chronicleOf("passed"), (entries) => [
        ...entries.slice(0, 7),
        resumedIn(entries, 2),
        resumedIn(entries, 3),
        ...entries.slice(7)
      ])
    case "resumed, its audit unread":
      return Effect.map(chronicleOf("rejected"), (entries) =>
        entries.flatMap((entry) => {
          if (entry.event._tag === "AuditConcluded") return [resumedIn(entries, 2), with_(entry, unread)]
          return entry.event._tag === "RunRefused" ? [with_(entry, { code: "AUDIT_UNAVAILABLE" })] : [entry]
        })
      )
    case "resumed before its gate":
      return Effect.map(chronicleOf("session: held as revised"), (entries) => {
        const gate = entries.findIndex(({ event }) => event._tag === "GateEvaluated")
        const { stream } = entries[gate] ?? { stream: "" }
        const later = entries.slice(gate).map((entry) => {
          const { _tag, sequence } = entry.event
          return _tag === "StewardDecided" ? with_(entry, { sequence: Number(sequence) + 1 }) : entry
        })
        return [...entries.slice(0, gate), { stream, event: { _tag: "RunResumed", attempt: 2 } }, ...later]
      })
    case "erased runbook":
      return Effect.map(chronicleOf("work: a runbook of which a step is skipped"), (entries) => {
        const { stream, event } = entries.at(-1) ?? { stream: "", event: { _tag: "" } }
        const after = { ...(event["after"] as object), erased: true }
        return [...entries, { stream, event: { _tag: "RunbookErased", principal: "local", after } }]
      })
    default:
      return Effect.map(rowsOfLife(life), entriesOf)
  }
}
const rowsOfLife = (life: keyof typeof lives | `session: ${Talk}` | `work: ${Work}`) => {
  if (isTalk(life)) return talkOf(talks[talkIn(life)])
  return isWork(life) ? workOf(works[workIn(life)]) : historyOf(lives[life])
}
const isWork = (life: string): life is `work: ${Work}` => life.startsWith("work: ")
const workIn = (life: `work: ${Work}`) => life.slice("work: ".length) as Work
const isTalk = (life: string): life is `session: ${Talk}` => life.startsWith("session: ")
const talkIn = (life: `session: ${Talk}`) => life.slice("session: ".length) as Talk
/** What whoever ends a run for a dead process says of an audit. */
export const unread = {
  verdict: null,
  unavailable: "call_failed",
  provider: null,
  model: null,
  independent: false
}
const resumedIn = (entries: ReadonlyArray<Entry>, attempt: number): Entry => ({
  stream: entries.at(-1)?.stream ?? "",
  event: { _tag: "RunResumed", attempt }
})

/** The same entry, some members of its event changed; their order stays. */
export const with_ = (entry: Entry, some: Readonly<Record<string, unknown>>): Entry => ({
  ...entry,
  event: { ...entry.event, ...some }
})

export const allLives: ReadonlyArray<Life> = [
  ...(Object.keys(lives) as ReadonlyArray<keyof typeof lives>),
  ...(Object.keys(talks) as ReadonlyArray<Talk>).map((talk) => `session: ${talk}` as const),
  ...(Object.keys(works) as ReadonlyArray<Work>).map((work) => `work: ${work}` as const),
  "erased runbook",
  "resumed",
  "resumed, its audit unread",
  "resumed before its gate"
]

export type Chronicles = ReadonlyMap<Life, ReadonlyArray<Entry>>

/** They are led once in a process. */
export const chronicles: Effect.Effect<Chronicles> = Effect.runSync(
  Effect.cached(
    Effect.map(
      Effect.forEach(allLives, (life) =>
        Effect.map(chronicleOf(life), (entries) => [life, entries] as const)
      ),
      (pairs) => new Map(pairs)
    )
  )
)

/** Several records as one: each run has a name and a principal of its own, each configuration is there once. */
export const together = (records: ReadonlyArray<ReadonlyArray<Entry>>): ReadonlyArray<Entry> => {
  const known = new Set<unknown>()
  return records
    .flatMap((entries, index) => entries.map((entry) => renamed(entry, index.toString(16).padStart(4, "0"))))
    .filter(({ event }) => {
      if (event._tag !== "ConfigLoaded") return true
      const isNew = !known.has(event["configDigest"])
      known.add(event["configDigest"])
      return isNew
    })
}

const renamed = ({ stream, event }: Entry, name: string): Entry => {
  const text = JSON.stringify({ stream, event })
    .replaceAll("-7000-8000-", `-7000-8${name.slice(1)}-`)
    .replaceAll('"principal":"local"', `"principal":"p${name}"`)
  const entry = JSON.parse(text) as Entry
  if (!entry.stream.startsWith("memory/")) return entry
  // A memory record is named by what it is found by.
  const scope = `p${name}.${String(entry.event["scope"])}`
  const digest = sha256(`${scope}\n${String(entry.event["key"])}`)
  return { stream: `memory/${digest}`, event: { ...entry.event, scope } }
}
