/** Owns changes to the entries of a record, by somebody who then makes every link and signature anew. */
import { sha256 } from "../../src/adapters/journal/Plan.ts"
import { canonical } from "../../src/domain/ledger/Ledger.ts"
import { with_ } from "./chronicles.ts"
import type { Entry } from "./exports.ts"

export type Event = Entry["event"]
export type Json = Readonly<Record<string, unknown>>
export type Change = (entries: ReadonlyArray<Entry>) => ReadonlyArray<Entry>

export const DIGEST = "0".repeat(64)

/** Changes the first event of a kind that matches. */
export const first = (
  kind: string,
  edit: (event: Event) => Json,
  matching: (event: Event) => boolean = () => true
) => {
  const change: Change = (entries) => {
    const at = entries.findIndex(({ event }) => event._tag === kind && matching(event))
    return entries.map((entry, index) => (index === at ? with_(entry, edit(entry.event)) : entry))
  }
  return change
}
/** Changes one member of a record within an event, wherever it is: `receipt.usage.calls`. */
export const set = (path: string, value: unknown) => {
  const within = (record: Json, [name = "", ...rest]: ReadonlyArray<string>): Json => ({
    ...record,
    [name]: rest.length === 0 ? value : within(record[name] as Json, rest)
  })
  return (event: Event) => within(event, path.split("."))
}

/** Another policy, under its own digest everywhere. */
export const governed =
  (edit: (policy: Json) => Json): Change =>
  (entries) => {
    const loaded = entries.find(({ event }) => event._tag === "ConfigLoaded")?.event
    const policy = edit(loaded?.["policy"] as Json)
    const digest = sha256(canonical({ digests: loaded?.["digests"], policy }))
    const renamed = JSON.stringify(entries).replaceAll(String(loaded?.["configDigest"]), digest)
    return first("ConfigLoaded", () => ({ policy }))(JSON.parse(renamed) as ReadonlyArray<Entry>)
  }
export const policy = (some: Json) => governed((whole) => ({ ...whole, ...some }))

/** One event in place of the first of a kind and all that follow. */
export const instead =
  (kind: string, event: Event): Change =>
  (entries) => {
    const at = entries.findIndex((entry) => entry.event._tag === kind)
    return [...entries.slice(0, at), { stream: entries[at]?.stream ?? "", event }]
  }
export const without =
  (kind: string): Change =>
  (entries) => {
    const at = entries.findIndex(({ event }) => event._tag === kind)
    return entries.filter((_, index) => index !== at)
  }
export const also =
  (event: Event): Change =>
  (entries) => [...entries, { stream: entries.at(-1)?.stream ?? "", event }]
export const purpose = (wanted: string) => (event: Event) => event["purpose"] === wanted
export const ended = (code: string, phase = "setup", retryable = false) => ({
  code,
  phase,
  retryable,
  receipt: null
})

/** One change after the other. */
export const both =
  (...changes: ReadonlyArray<Change>): Change =>
  (entries) =>
    changes.reduce((all, change) => change(all), entries)

/** Members of the first event of a kind, all of them changed. */
export const all = (kind: string, values: Json): Change =>
  both(...Object.entries(values).map(([path, value]) => first(kind, set(path, value))))

/** The same words, wherever they stand. */
export const everywhere =
  (from: string, to: string): Change =>
  (entries) =>
    JSON.parse(JSON.stringify(entries).replaceAll(from, to)) as ReadonlyArray<Entry>

export const between =
  (kind: string): Change =>
  (entries) => {
    const at = entries.findIndex(({ event }) => event._tag === kind)
    return entries.toSpliced(at, 0, ...entries.slice(0, 1))
  }

/** The event of a kind once more, right after the first. */
export const twice =
  (kind: string): Change =>
  (entries) => {
    const at = entries.findIndex(({ event }) => event._tag === kind)
    return entries.toSpliced(at + 1, 0, ...entries.slice(at, at + 1))
  }

export const lacking = (record: Json, name: string): Json =>
  Object.fromEntries(Object.entries(record).filter(([key]) => key !== name))

/** The first event of a kind, without a member. */
export const bare =
  (kind: string, member: string): Change =>
  (entries) => {
    const at = entries.findIndex(({ event }) => event._tag === kind)
    return entries.map((entry, index) =>
      index === at ? { ...entry, event: lacking(entry.event, member) as Event } : entry
    )
  }
