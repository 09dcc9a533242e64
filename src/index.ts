/** Owns what programs may import: the runtime, its services, its ports and the nouns they speak in. */
import { Layer } from "effect"
import { core, here, keeping, proofs, runtime, type Swaps, type Wishes } from "./App.ts"

export interface RuntimeOptions extends Wishes {
  /** The models to use instead of the configured ones. */
  readonly providers?: Swaps["models"]
  /** The configuration to use instead of the one in files, environment and flags. */
  readonly configuration?: Swaps["settings"]
  /** Capabilities beside those that come with the runtime: the default exports of modules of your own. */
  readonly capabilities?: Swaps["added"]
}

/** The whole runtime as one Layer, set up as the command line sets it up. */
const layer = ({ providers, configuration, capabilities, ...wishes }: RuntimeOptions = {}) =>
  Layer.suspend(() =>
    runtime(here(wishes, "worker"), { models: providers, settings: configuration, added: capabilities })
  )

/** `layer` is everything; `core` is what governs, `proofs` what proves it and `keeping` what keeps sessions, over ports of your own. */
export const Runtime = { layer, core, proofs, keeping } as const

export { Capability, type Definition as CapabilityDefinition } from "./adapters/capability/Definition.ts"
export * as CapabilityRegistry from "./adapters/capability/Registry.ts"

/** Runbooks as files, for the port `RunbookReader`. */
export * as RunbookFiles from "./adapters/runbook/FileRunbooks.ts"

export type { Accepted, Invocation, Rest, RunRequest, Watcher } from "./core/run/Request.ts"
export type { Again, Options as AgainOptions } from "./core/replay/Again.ts"
export { Replays } from "./core/replay/Replays.ts"
export { Planned, PlannedStep } from "./core/runbook/Plan.ts"
export {
  type RunbookResult,
  Runbooks,
  type RunbookWatcher,
  type Start as RunbookStart,
  type StepOutcome
} from "./core/runbook/Runbooks.ts"
export type { Place as RunbookPlace } from "./core/runbook/RunbookStream.ts"
export { Exports } from "./core/ledger/Exports.ts"
export { History } from "./core/ledger/History.ts"
export { Ledgers } from "./core/ledger/Ledgers.ts"
export { Detail, Entry, Page, RunRecord, StreamHead } from "./domain/ledger/Records.ts"
export { Receipts } from "./core/ledger/Receipts.ts"
export { Projections } from "./core/ledger/Projections.ts"
export { Forgotten, Memories, type RecordPage, type Writing } from "./core/memory/Memories.ts"
export { MemoryRecord } from "./core/memory/MemoryStream.ts"
export { Doctor } from "./core/integrity/Doctor.ts"
export { Invariants } from "./core/integrity/Invariants.ts"
export { Portability } from "./core/integrity/Portability.ts"
export type { Outlet, Released, ReleasedChunk } from "./core/run/Release.ts"
export { Rehearsal, Rehearsed } from "./core/run/Rehearsal.ts"
export { Recovered, Resumption } from "./core/run/Resumption.ts"
export { type Checks, Router } from "./core/run/Router.ts"
export { type RunFrame, type RunResult, Runs } from "./core/run/Runs.ts"
export { RunVerification, Verification, Verifier } from "./core/ledger/Verifier.ts"

export { type Frame } from "./core/run/Frames.ts"
export { type TurnRest } from "./core/run/Runs.ts"
export { Pending } from "./core/session/Held.ts"
export { SessionPage } from "./core/session/SessionList.ts"
export { type Start } from "./core/session/Beginning.ts"
export { Sessions, type TurnRequest, type TurnResult } from "./core/session/Sessions.ts"
export { ErasedSession, SessionErasure } from "./core/session/SessionErasure.ts"
export { Imported, Snapshots } from "./core/session/Snapshots.ts"
export { Status } from "./core/session/Status.ts"
export {
  type Decided,
  type Identity as DecidedBy,
  Steward,
  type View,
  type Wish
} from "./core/session/Steward.ts"
export {
  type Past,
  type Said,
  type Titles,
  type Transcript,
  Transcripts
} from "./core/session/Transcripts.ts"
export { type Range as TurnRange, TurnRecord } from "./core/session/TurnRecords.ts"
export { Glance } from "./domain/run/Glance.ts"

export {
  CapabilityBounds,
  CapabilityErrorCode,
  CapabilityFacts,
  CapabilityVersion,
  Category
} from "./domain/capability/Capability.ts"
export { Provenance, Sensitivity } from "./domain/memory/MemoryEvent.ts"
export { Outcome, Recalled } from "./domain/memory/Recall.ts"
export type { CallPermit, Certificate } from "./domain/run/Bounds.ts"
/** `reveal` is a provider's right: the raw text, for the wire and nowhere else. */
export { Content, reveal } from "./domain/Content.ts"
export { Event, RunEvent } from "./domain/Event.ts"
export { Code, codes, Kind, Phase, RuntimeFailure } from "./domain/Failure.ts"
export * from "./domain/Ids.ts"
export { type Snapshot, read as readSnapshot, write as writeSnapshot } from "./domain/session/Snapshot.ts"
export { Row, verify } from "./domain/ledger/Ledger.ts"
export { Metadata } from "./domain/projection/Metadata.ts"
export { Projection } from "./domain/projection/Projection.ts"
export { Receipt } from "./domain/run/Receipt.ts"
export { Route } from "./domain/run/Route.ts"
export { next, RunState, type Step } from "./domain/run/Run.ts"
export { evolve, replay } from "./domain/run/Evolution.ts"
export { Source } from "./domain/run/Seat.ts"
export { Condition, type RunbookContext } from "./domain/runbook/Condition.ts"
export type { Execution } from "./domain/runbook/Execution.ts"
export type { Runbook, Step as TaskSpec } from "./domain/runbook/Runbook.ts"
export { DeclaredStep, RunbookAfter, RunbookStatus } from "./domain/runbook/RunbookEvent.ts"
export {
  Action,
  Reason,
  SessionMode,
  SessionStatus,
  Threshold,
  Thresholds,
  Turn
} from "./domain/session/Turn.ts"
export { gate } from "./domain/session/Steward.ts"
export { Standing } from "./domain/run/Standing.ts"
export type { Settings } from "./domain/config/Settings.ts"
export { Verdict } from "./domain/run/Verdict.ts"

export { Capabilities, type Invoked } from "./ports/Capability.ts"
export { Configuration } from "./ports/Configuration.ts"
export { Identity } from "./ports/Identity.ts"
export { type Intent, Journal } from "./ports/Journal.ts"
export { MetadataLog } from "./ports/MetadataLog.ts"
export { type Call, type Delta, type Provider, ProviderFailure, Providers } from "./ports/Provider.ts"
export { type ReadRunbook, RunbookReader } from "./ports/RunbookReader.ts"
export { Signer } from "./ports/Signer.ts"
export { type Sealed, type StreamVault, Vault } from "./ports/Vault.ts"
