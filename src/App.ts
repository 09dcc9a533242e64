/** Owns the whole system on one page: which adapter fills which port, and which services stand on them. */
import { ConfigProvider, Context, Effect, Layer } from "effect"
import { join } from "node:path"
import csvProfile from "./adapters/capability/builtin/CsvProfile.ts"
import echoJson from "./adapters/capability/builtin/EchoJson.ts"
import jsonPretty from "./adapters/capability/builtin/JsonPretty.ts"
import textDiff from "./adapters/capability/builtin/TextDiff.ts"
import validateJsonSchema from "./adapters/capability/builtin/ValidateJsonSchema.ts"
import type { Definition } from "./adapters/capability/Definition.ts"
import * as CapabilityRegistry from "./adapters/capability/Registry.ts"
import * as ProjectFolder from "./adapters/config/ProjectFolder.ts"
import * as YamlConfiguration from "./adapters/config/YamlConfiguration.ts"
import * as ReadOnlyJournal from "./adapters/journal/ReadOnly.ts"
import * as SqliteJournal from "./adapters/journal/Sqlite.ts"
import * as JournalThreads from "./adapters/journal/Threads.ts"
import * as MetadataFile from "./adapters/metadata/FileLog.ts"
import * as OllamaFacts from "./adapters/provider/OllamaFacts.ts"
import * as Registry from "./adapters/provider/Registry.ts"
import * as LocalMachine from "./adapters/machine/LocalMachine.ts"
import * as FileRunbooks from "./adapters/runbook/FileRunbooks.ts"
import * as RandomIdentity from "./adapters/RandomIdentity.ts"
import * as Scratch from "./adapters/Scratch.ts"
import * as Observation from "./adapters/telemetry/Observation.ts"
import * as EditFolder from "./adapters/terminal/EditFolder.ts"
import * as EditorFile from "./adapters/terminal/EditorFile.ts"
import * as ReadLine from "./adapters/terminal/ReadLine.ts"
import type { Options } from "./adapters/Start.ts"
import * as CheckReceiver from "./adapters/webhook/CheckReceiver.ts"
import * as HttpNotifier from "./adapters/webhook/HttpNotifier.ts"
import * as AesVault from "./adapters/vault/Aes.ts"
import * as SigningKey from "./adapters/vault/SigningKey.ts"
import { Entrance } from "./core/access/Entrance.ts"
import { Tokens } from "./core/access/Tokens.ts"
import { Budgets } from "./core/run/Budgets.ts"
import { Calibrations } from "./core/run/Calibrations.ts"
import { Canary } from "./core/integrity/Canary.ts"
import { watched } from "./core/ledger/EndedRuns.ts"
import { counted } from "./core/observability/Counted.ts"
import { Doctor } from "./core/integrity/Doctor.ts"
import { Erasure } from "./core/ledger/Erasure.ts"
import { History } from "./core/ledger/History.ts"
import { Invariants } from "./core/integrity/Invariants.ts"
import { Scenery } from "./core/integrity/Scenery.ts"
import { Portability } from "./core/integrity/Portability.ts"
import { Projections } from "./core/ledger/Projections.ts"
import { Router } from "./core/run/Router.ts"
import { Memories } from "./core/memory/Memories.ts"
import { PolicyInForce } from "./core/run/PolicyInForce.ts"
import { GivenRunbook } from "./core/runbook/GivenRunbook.ts"
import { RunbookCheck } from "./core/runbook/RunbookCheck.ts"
import { RunbookErasure } from "./core/runbook/RunbookErasure.ts"
import { RunbookHistory } from "./core/runbook/RunbookHistory.ts"
import { News } from "./core/session/News.ts"
import { Webhooks } from "./core/webhook/Webhooks.ts"
import type { RuntimeFailure } from "./domain/Failure.ts"
import { Capabilities } from "./ports/Capability.ts"
import { Configuration } from "./ports/Configuration.ts"
import { Installation } from "./ports/Installation.ts"
import { Notifier } from "./ports/Notifier.ts"
import { Providers } from "./ports/Provider.ts"
import { Sandbox } from "./ports/Sandbox.ts"

import { core, keeping, proofs } from "./core/Core.ts"

export { here, type Options, type Wishes } from "./adapters/Start.ts"

export { core, keeping, proofs } from "./core/Core.ts"

export const configuration = ({ locations, environment, offline }: Options) =>
  YamlConfiguration.layer({ locations, environment, flags: { offline } })

/** The record, the keys to it, and the log that is made from it. */
export const storage = ({ locations, journal }: Options) =>
  Layer.mergeAll(
    SqliteJournal.layer({ directory: locations.data, mode: journal }),
    JournalThreads.layer({ directory: locations.data }),
    AesVault.layer({ directory: locations.data }),
    SigningKey.layer({ directory: locations.data }),
    MetadataFile.layer({ folder: join(locations.data, "logs") }),
    RandomIdentity.layer
  )

/** The models: as configured, or whoever else fills the port. */
type Models = Layer.Layer<Providers, never, Configuration>
const configured: Models = Registry.layer

/** What comes with the program, a line each, and what its programmer adds. */
export const capabilities = (added: ReadonlyArray<Definition> = []) =>
  CapabilityRegistry.layer([echoJson, jsonPretty, validateJsonSchema, textDiff, csvProfile, ...added])

const machine = (options: Options) => LocalMachine.layer({ ...options, node: process.versions.node })

export const project = ({ locations }: Options) => ProjectFolder.layer(locations)

/** Everything a run needs. */
export const runtime = (
  options: Options,
  { models = configured, settings = configuration(options), added, counts = false }: Swaps = {}
) =>
  keeping.pipe(
    Layer.provideMerge(Layer.mergeAll(core, proofs)),
    Layer.provideMerge(Layer.merge(models, capabilities(added))),
    Layer.provideMerge(watched),
    Layer.provideMerge(counted),
    Layer.provideMerge(Layer.mergeAll(settings, storage(options))),
    Layer.merge(Layer.effectDiscard(EditFolder.wipeLeft(options.locations.data))),
    Layer.provideMerge(Observation.layer(options.environment, counts))
  )

/** The same, and the editor that a steward may put another text in place of a held one with. */
export const stewardship = (options: Options) =>
  Layer.mergeAll(
    runtime(options),
    EditorFile.layer({ directory: options.locations.data, environment: options.environment })
  )

/** A run after the other, with somebody at the keyboard. */
export const dialogue = (options: Options) =>
  Layer.merge(News.layer, ReadLine.layer).pipe(Layer.provideMerge(runtime(options)))

/** The ports a program may fill in its own way. */
export interface Swaps {
  readonly models?: Models | undefined
  readonly settings?: Layer.Layer<Configuration, RuntimeFailure> | undefined
  /** Capabilities beside those that come with the program. */
  readonly added?: ReadonlyArray<Definition> | undefined
  /** Whether somebody asks for counts of what happens. */
  readonly counts?: boolean | undefined
}

const webhooks = (options: Options) => Webhooks.layer.pipe(Layer.provide(HttpNotifier.layer(options)))

/** What looks after what is owed to endpoints outside. */
export const telling = (options: Options) =>
  webhooks(options).pipe(Layer.provideMerge(Layer.merge(storage(options), configuration(options))))

/** The same core behind the HTTP contract, on what listens there. Nothing else loads what speaks HTTP. */
export const serving = (host: string, port: number) => (options: Options) =>
  Layer.unwrap(
    Effect.promise(() =>
      Promise.all([
        import("./http/Server.ts"),
        import("./adapters/server/Listener.ts"),
        import("./adapters/server/PageFolder.ts")
      ])
    ).pipe(
      Effect.map(([Server, Listener, PageFolder]) =>
        Server.layer(host).pipe(
          Layer.provide(
            Layer.unwrap(Entrance.use(({ address }) => Effect.map(address(host, port), Listener.layer)))
          ),
          Layer.provide(Layer.mergeAll(RunbookHistory.layer, doctor(options), PageFolder.layer)),
          Layer.merge(Webhooks.courier.pipe(Layer.provide(webhooks(options)))),
          Layer.merge(HttpNotifier.layer(options)),
          Layer.provideMerge(Entrance.layer),
          Layer.provideMerge(
            Layer.mergeAll(runtime({ ...options, journal: "worker" }, { counts: true }), FileRunbooks.layer)
          ),
          Layer.provide(Listener.platform)
        )
      )
    )
  )

/** What reads the record needs neither configuration nor models. */
export const records = (options: Options) =>
  Layer.mergeAll(Erasure.layer, RunbookErasure.layer, RunbookHistory.layer).pipe(
    Layer.provideMerge(History.layer),
    Layer.provideMerge(Layer.mergeAll(proofs, Projections.layer, Calibrations.layer)),
    Layer.provideMerge(Layer.mergeAll(storage(options), machine(options)))
  )

/** What is remembered; of the configuration, which packs there are. */
export const remembering = (options: Options) => Memories.layer.pipe(Layer.provideMerge(storage(options)))

export const packing = (options: Options) => Layer.merge(remembering(options), configuration(options))

/** Who may ask over HTTP. */
export const tokens = (options: Options) => Tokens.layer.pipe(Layer.provide(storage(options)))

/** What was spent, beside what may be. */
export const accounts = (options: Options) =>
  Budgets.layer.pipe(Layer.provideMerge(Layer.mergeAll(configuration(options), storage(options))))

/** What answers questions about the configuration calls nobody and writes nothing. */
export const routing = (options: Options) =>
  Router.layer.pipe(
    Layer.provideMerge(PolicyInForce.layer),
    Layer.provideMerge(Layer.merge(configured, capabilities())),
    Layer.provideMerge(configuration(options))
  )

/** What this installation is, whatever its configuration says: the providers are those that there is an adapter for. */
export const description = (options: Options) =>
  Layer.mergeAll(
    project(options),
    machine(options),
    configured.pipe(Layer.provide(YamlConfiguration.packagedLayer))
  )

/** What prepares a folder. */
export const preparation = (options: Options) =>
  Layer.mergeAll(configured, project(options)).pipe(Layer.provideMerge(configuration(options)))

/** What looks for faults alone: its own journal and keys are nobody else's. */
const doctor = (options: Options) => Layer.effect(Doctor, Doctor).pipe(Layer.provide(examination(options)))

/** The configuration and the providers as a run would have them, for those who look whether they can be had. */
const installation = (options: Options) =>
  Layer.succeed(Installation, {
    read: Layer.build(
      Layer.provideMerge(
        Layer.mergeAll(configured, capabilities(), HttpNotifier.layer(options)),
        Layer.fresh(configuration(options))
      )
    ).pipe(
      Effect.map((built) => ({
        configuration: Context.get(built, Configuration),
        providers: Context.get(built, Providers),
        capabilities: Context.get(built, Capabilities),
        notifier: Context.get(built, Notifier)
      }))
    )
  })

/** What looks for faults, and changes nothing. */
export const examination = (options: Options) =>
  Layer.mergeAll(Doctor.layer, Portability.layer).pipe(
    Layer.provide(Budgets.layer.pipe(Layer.provideMerge(ReadOnlyJournal.layer(options.locations.data)))),
    Layer.provideMerge(
      Layer.mergeAll(
        installation(options),
        machine(options),
        OllamaFacts.layer,
        AesVault.layer({ directory: options.locations.data })
      )
    )
  )

export const repetition = (options: Options) => Layer.merge(runtime(options), runbookChecks(options))

/** What looks through a runbook; the configuration is read when the file has been. */
export const runbookChecks = (options: Options) =>
  RunbookCheck.layer.pipe(Layer.provide(Layer.mergeAll(FileRunbooks.layer, installation(options))))

/** What runs a runbook. The file is read before the configuration is, and before anything is made. */
export const runbooks = (file: string) => (options: Options) =>
  runtime(options).pipe(Layer.provideMerge(GivenRunbook.layer(file).pipe(Layer.provide(FileRunbooks.layer))))

/** A store that is gone after the check, under a key of its own, and what the check starts from. */
export const scratch = (options: Options) =>
  Layer.unwrap(
    Effect.map(Scratch.make, ({ directory, files }) => {
      const locations = { ...options.locations, data: directory }
      const reopened = SqliteJournal.layer({ directory, mode: "in-thread" })
      return Layer.mergeAll(
        storage({ ...options, locations, journal: "in-thread" }),
        Layer.succeed(Sandbox, { packaged: YamlConfiguration.packagedSettings(), files, reopened })
      ).pipe(Layer.provide(ConfigProvider.layer(ConfigProvider.fromUnknown({}))))
    })
  )

/** The runs of the check, made by what governs every run, with models that follow a script. */
export const integrity = (options: Options) =>
  Invariants.layer.pipe(
    Layer.provide(Layer.mergeAll(Erasure.layer, Scenery.layer, Tokens.layer, Entrance.layer)),
    Layer.provide(Layer.mergeAll(core, proofs)),
    Layer.provide(Layer.merge(Canary.providers, capabilities())),
    Layer.provide(Layer.merge(watched, CheckReceiver.layer)),
    Layer.provide(Canary.configuration),
    Layer.provide(Canary.layer),
    Layer.provide(Layer.mergeAll(scratch(options), installation(options)))
  )
