/** Owns what programs may import: the runtime, its services, its ports and the nouns they speak in. */
import { Layer } from "effect"
import { core, here, proofs, runtime, type Swaps, type Wishes } from "./App.ts"

export interface RuntimeOptions extends Wishes {
  /** The models to use instead of the configured ones. */
  readonly providers?: Swaps["models"]
  /** The configuration to use instead of the one in files, environment and flags. */
  readonly configuration?: Swaps["settings"]
}

/** The whole runtime as one Layer, set up as the command line sets it up. */
const layer = ({ providers, configuration, ...wishes }: RuntimeOptions = {}) =>
  Layer.suspend(() => runtime(here(wishes, "worker"), { models: providers, settings: configuration }))

/** `layer` is everything; `core` is what governs and `proofs` what proves it, over ports of your own. */
export const Runtime = { layer, core, proofs } as const

export type { Accepted, RunRequest, Watcher } from "./core/Engine.ts"
export { Exports } from "./core/Exports.ts"
export { Detail, History, Page } from "./core/History.ts"
export { Entry, Ledgers, RunRecord, StreamHead } from "./core/Ledgers.ts"
export { Receipts } from "./core/Receipts.ts"
export { Projections } from "./core/Projections.ts"
export { Doctor } from "./core/Doctor.ts"
export { Invariants } from "./core/Invariants.ts"
export { Portability } from "./core/Portability.ts"
export type { Outlet, Released, ReleasedChunk } from "./core/Release.ts"
export { Rehearsal, Rehearsed } from "./core/Rehearsal.ts"
export { Recovered, Resumption } from "./core/Resumption.ts"
export { type Checks, Router } from "./core/Router.ts"
export { type RunFrame, type RunResult, Runs } from "./core/Runs.ts"
export { RunVerification, Verification, Verifier } from "./core/Verifier.ts"

export type { CallPermit, Certificate } from "./domain/Bounds.ts"
/** `reveal` is a provider's right: the raw text, for the wire and nowhere else. */
export { Content, reveal } from "./domain/Content.ts"
export { Event, RunEvent } from "./domain/Event.ts"
export { Code, codes, Kind, Phase, RuntimeFailure } from "./domain/Failure.ts"
export * from "./domain/Ids.ts"
export { Row, verify } from "./domain/Ledger.ts"
export { Metadata } from "./domain/Metadata.ts"
export { Projection } from "./domain/Projection.ts"
export { Receipt } from "./domain/Receipt.ts"
export { Route } from "./domain/Route.ts"
export { evolve, next, replay, RunState, type Step } from "./domain/Run.ts"
export { Standing } from "./domain/Standing.ts"
export type { Settings } from "./domain/Settings.ts"
export { Verdict } from "./domain/Verdict.ts"

export { Configuration } from "./ports/Configuration.ts"
export { Identity } from "./ports/Identity.ts"
export { type Intent, Journal } from "./ports/Journal.ts"
export { MetadataLog } from "./ports/MetadataLog.ts"
export { type Call, type Delta, type Provider, ProviderFailure, Providers } from "./ports/Provider.ts"
export { Signer } from "./ports/Signer.ts"
export { type Sealed, type StreamVault, Vault } from "./ports/Vault.ts"
