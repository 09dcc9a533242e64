/** Owns what is known of the machine and the folder a journal lives in, and which of it is a fault. Pure. */
import { type Finding, finding, nameOf } from "./Diagnosis.ts"
import type { FaultName } from "./Faults.ts"
import type { RunId } from "../Ids.ts"
import type { EndpointState } from "../webhook/Delivery.ts"

export const OLDEST_NODE = 24

/** A folder that is there, or the nearest one above it that is. */
export interface FolderFacts {
  readonly state: "there" | "absent" | "not_a_folder"
  readonly writable: boolean
  /** Whether others can write to it. */
  readonly shared: boolean
  readonly freeBytes: number
  /** The file that metadata is appended to. */
  readonly metadata: "absent" | "writable" | "unwritable"
}

export interface KeyFacts {
  readonly environment: "absent" | "sound" | "malformed"
  /**
   * `unreadable`: it is there and may not be read, or its folder may not be searched. Of a signing key alone, where one has
   * signed before: `lost`, there is none now; `replaced`, it was another; `unnamed`, which one it was may not be read.
   */
  readonly file: "absent" | "sound" | "unreadable" | "shared" | "malformed" | "lost" | "replaced" | "unnamed"
}

/** A journal as it was found, without touching it. */
export type JournalFacts =
  | {
      readonly state:
        | "absent"
        | "unreadable"
        | "foreign"
        | "newer"
        | "older"
        | "cut"
        | "damaged"
        | "log_foreign"
    }
  | SoundJournal

export interface SoundJournal {
  readonly state: "sound"
  /** Whether every page was looked at, or only the first, quick check came to its end. */
  readonly checked: "whole" | "quickly"
  /** Whether others can read it. */
  readonly shared: boolean
  /** Time of the newest row, milliseconds since the Unix epoch; null without one. */
  readonly newest: number | null
  /** Open runs of dead processes, those that are held not among them. */
  readonly abandoned: number
  /** Turns that wait for a steward. */
  readonly held: number
  /** Runbooks that wait for nobody, and that nobody works on: at most twenty, the newest first. */
  readonly runbooks: ReadonlyArray<RunId>
  /** Erasures whose bytes may still stand in the log. */
  readonly erasing: number
  /** What is known of endpoints; left out where the file is of a version that has none. */
  readonly endpoints?: ReadonlyArray<EndpointState>
}

const MIB = 1024 * 1024
/** A run writes some hundred kilobytes at most. */
export const LEAST_BYTES = 16 * MIB
export const LITTLE_BYTES = 256 * MIB

export const ofNode = (major: number): ReadonlyArray<Finding> =>
  major < OLDEST_NODE
    ? [finding("node", "NODE_TOO_OLD", { limit: { actual: major, allowed: OLDEST_NODE } })]
    : []

export const ofFolder = (facts: FolderFacts): ReadonlyArray<Finding> => {
  const place = "data"
  if (facts.state === "not_a_folder") return [finding("data", "DATA_NOT_FOLDER", { place })]
  const space = { limit: { actual: Math.floor(facts.freeBytes / MIB), allowed: LITTLE_BYTES / MIB } }
  return [
    ...(facts.writable ? [] : [finding("data", "DATA_UNWRITABLE", { place })]),
    ...(facts.state === "absent" ? [finding("data", "DATA_MISSING", { place })] : []),
    ...(facts.shared ? [finding("data", "DATA_OPEN", { place })] : []),
    ...(facts.freeBytes < LEAST_BYTES
      ? [finding("data", "DISK_FULL", space)]
      : facts.freeBytes < LITTLE_BYTES
        ? [finding("data", "DISK_LOW", space)]
        : []),
    ...(facts.metadata === "unwritable"
      ? [finding("data", "METADATA_UNWRITABLE", { place: "metadata" })]
      : [])
  ]
}

const master: Partial<Record<KeyFacts["file"], FaultName>> = {
  unreadable: "MASTER_KEY_UNREADABLE",
  shared: "MASTER_KEY_OPEN",
  malformed: "MASTER_KEY_MALFORMED"
}
const signing: Partial<Record<KeyFacts["file"], FaultName>> = {
  unreadable: "SIGNING_KEY_UNREADABLE",
  unnamed: "SIGNING_KEY_UNREADABLE",
  shared: "SIGNING_KEY_OPEN",
  malformed: "SIGNING_KEY_MALFORMED",
  lost: "SIGNING_KEY_MISSING",
  replaced: "SIGNING_KEY_FOREIGN"
}

/** `opens` says whether the key in force opens the journal's newest key; null when there is none to open, or no key. */
export const ofMasterKey = (
  facts: KeyFacts,
  needed: boolean,
  opens: boolean | null
): ReadonlyArray<Finding> => {
  if (facts.environment === "malformed") return [finding("keys", "ENVIRONMENT_KEY_MALFORMED")]
  const place = facts.environment === "absent" ? ("master_key" as const) : null
  const wrong = place && master[facts.file]
  if (wrong) return [finding("keys", wrong, { place })]
  if (place && facts.file === "absent")
    return needed ? [finding("keys", "MASTER_KEY_MISSING", { place })] : []
  return needed && opens === false ? [finding("keys", "MASTER_KEY_FOREIGN", { place })] : []
}

export const ofSigningKey = (facts: KeyFacts): ReadonlyArray<Finding> => {
  if (facts.environment === "malformed") return [finding("keys", "ENVIRONMENT_SIGNING_KEY_MALFORMED")]
  const wrong = facts.environment === "absent" ? signing[facts.file] : undefined
  const place = facts.file === "unnamed" ? "signing_pub" : "signing_key"
  return wrong ? [finding("keys", wrong, { place })] : []
}

const broken = {
  unreadable: "JOURNAL_UNREADABLE",
  foreign: "JOURNAL_FOREIGN",
  newer: "JOURNAL_NEWER",
  older: "JOURNAL_OLDER",
  cut: "JOURNAL_CUT",
  damaged: "JOURNAL_DAMAGED",
  log_foreign: "JOURNAL_LOG_FOREIGN"
} as const

/** Whether there is what a first run makes beside the journal. */
export const hasTraces = ({ file }: KeyFacts, { metadata }: FolderFacts): boolean =>
  file !== "absent" || metadata !== "absent"

/** `traces`: without a journal, whether there was one. */
export const ofJournal = (facts: JournalFacts, traces = false): ReadonlyArray<Finding> => {
  if (facts.state === "absent")
    return traces ? [finding("journal", "JOURNAL_MISSING", { place: "journal" })] : []
  const place = facts.state === "log_foreign" ? "journal_log" : "journal"
  if (facts.state !== "sound") return [finding("journal", broken[facts.state], { place })]
  const { shared, checked, erasing, abandoned, held, runbooks } = facts
  return [
    ...(shared ? [finding("journal", "JOURNAL_OPEN", { place })] : []),
    ...(erasing > 0 ? [finding("journal", "ERASURE_PENDING", count(erasing))] : []),
    ...(abandoned > 0 ? [finding("journal", "RUNS_ABANDONED", count(abandoned))] : []),
    ...runbooks.map((run) => finding("journal", "RUNBOOK_ABANDONED", { name: nameOf(run) })),
    ...(held > 0 ? [finding("journal", "TURNS_HELD", count(held))] : []),
    ...(checked === "quickly" ? [finding("journal", "JOURNAL_UNCHECKED", { place })] : [])
  ]
}

const count = (actual: number) => ({ limit: { actual, allowed: 0 } })

/** Clocks of machines that share a journal differ by seconds. */
const SKEW_MILLIS = 60_000
const YEAR_MILLIS = 366 * 86_400_000

export const ofClock = (now: number, newest: number | null): ReadonlyArray<Finding> => {
  if (newest === null) return []
  if (now < newest - SKEW_MILLIS) return [finding("clock", "CLOCK_BEHIND")]
  return now > newest + YEAR_MILLIS ? [finding("clock", "CLOCK_AHEAD")] : []
}
