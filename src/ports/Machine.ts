/** Owns what can be seen of the machine and of the files an installation consists of; looking changes nothing. */
import { Context, type Effect } from "effect"
import type { Place } from "../domain/integrity/Diagnosis.ts"
import type { FileName } from "../domain/config/Settings.ts"
import type { StreamId } from "../domain/Ids.ts"
import type { FolderFacts, JournalFacts, KeyFacts } from "../domain/integrity/Machine.ts"
import type { TelemetryVariable } from "../domain/observability/Variables.ts"
import type { WrappedKey } from "./Vault.ts"

/** A journal that was looked into, and the newest key in it, to try the master key on. */
export interface Inspected {
  readonly facts: JournalFacts
  readonly key: { readonly stream: StreamId; readonly wrapped: WrappedKey } | null
}

/** A file in a folder of configuration that is none of the set. */
export interface Stray {
  readonly place: Extract<Place, "user_config" | "project_config">
  /** As it is called, whatever that is. */
  readonly name: string
  /** The files of the set that are there beside it. */
  readonly beside: ReadonlyArray<FileName>
}

/** How much is on record. */
export interface Tally {
  readonly runs: number
  readonly sessions: number
}

/** What the program runs on, e.g. Node `24.1.0` on `linux` `x64`. */
export interface System {
  readonly node: string
  readonly platform: string
  readonly architecture: string
}

/** Where this process' telemetry goes: the host alone, or null for nowhere. */
export interface TelemetryFacts {
  readonly traces: string | null
  readonly metrics: string | null
  /** The variables that cannot be read, and are not heeded. */
  readonly faults: ReadonlyArray<TelemetryVariable>
}

export class Machine extends Context.Service<
  Machine,
  {
    /** For the person who asks: where each place is. */
    readonly paths: Readonly<Record<Place, string>>
    /** The major version of Node. */
    readonly node: number
    readonly system: System
    readonly telemetry: TelemetryFacts
    readonly folder: Effect.Effect<FolderFacts>
    readonly masterKey: Effect.Effect<KeyFacts>
    readonly signingKey: Effect.Effect<KeyFacts>
    /** Whether a journal, or something in its place, is there; nobody looks into it. False only where that is certain. */
    readonly hasJournal: Effect.Effect<boolean>
    /** Null when it was not looked through in time. */
    readonly journal: Effect.Effect<Inspected | null>
    /** Null where that cannot be known without touching something. */
    readonly tally: Effect.Effect<Tally | null>
    readonly strays: Effect.Effect<ReadonlyArray<Stray>>
  }
>()("io-iii/ports/Machine") {}
