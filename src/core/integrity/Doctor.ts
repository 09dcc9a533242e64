/**
 * Owns the look at an installation: it asks machine, configuration and hosts side by side, each for a bounded time, and
 * has the laws say what is wrong. It changes nothing and calls no model.
 */
import { Clock, Context, Duration, Effect, Layer, Option, Result, Scope } from "effect"
import { anatomy } from "../../domain/Defect.ts"
import {
  CheckName,
  type Diagnosis,
  type Finding,
  finding,
  nameOf,
  worstFirst
} from "../../domain/integrity/Diagnosis.ts"
import type { RuntimeFailure } from "../../domain/Failure.ts"
import { tokensStream } from "../../domain/Ids.ts"
import { ofTokens } from "../../domain/integrity/Access.ts"
import type { FaultName } from "../../domain/integrity/Faults.ts"
import { ofMemory, ofThresholds } from "../../domain/integrity/Inputs.ts"
import {
  hasTraces,
  ofClock,
  ofFolder,
  ofJournal,
  ofMasterKey,
  ofNode,
  ofSigningKey
} from "../../domain/integrity/Machine.ts"
import { modelsAsked, ofConstellation, ofHost } from "../../domain/integrity/Models.ts"
import { ofWebhooks } from "../../domain/integrity/Webhooks.ts"
import type { FileName } from "../../domain/config/Settings.ts"
import { meantBy } from "../../domain/config/Spelling.ts"
import { Installation, type Installed } from "../../ports/Installation.ts"
import { type Inspected, Machine, type Stray } from "../../ports/Machine.ts"
import { ModelHost } from "../../ports/ModelHost.ts"
import { Vault } from "../../ports/Vault.ts"
import { Journal } from "../../ports/Journal.ts"
import { placeOf } from "../access/TokenStream.ts"
import { Budgets } from "../run/Budgets.ts"
import { policyInForce } from "../run/PolicyInForce.ts"
import { listings } from "./Listings.ts"

/** Longer than anything that is asked waits by itself. */
const PATIENCE = Duration.seconds(20)

export class Doctor extends Context.Service<
  Doctor,
  {
    /** Looks at everything. Never fails: what could not be looked at is a finding. */
    readonly examine: Effect.Effect<Diagnosis>
  }
>()("io-iii/core/integrity/Doctor") {
  static readonly layer = Layer.effect(
    Doctor,
    Effect.gen(function* () {
      const machine = yield* Machine
      const installation = yield* Installation
      const hosts = yield* ModelHost
      const vault = yield* Vault
      const budgets = yield* Budgets
      const store = yield* Journal

      const keys = (journal: Effect.Effect<Inspected | null>) =>
        Effect.gen(function* () {
          const [master, signing, inspected] = yield* Effect.all(
            [machine.masterKey, machine.signingKey, journal],
            abreast
          )
          const newest = inspected?.key ?? null
          const opens = newest && (yield* Effect.isSuccess(vault.open(newest.stream, newest.wrapped)))
          return [...ofMasterKey(master, newest !== null, opens), ...ofSigningKey(signing)]
        })

      const record = (journal: Effect.Effect<Inspected | null>) =>
        Effect.gen(function* () {
          const inspected = yield* journal
          if (inspected === null) return [finding("journal", "CHECK_TIMED_OUT")]
          if (inspected.facts.state !== "absent") return ofJournal(inspected.facts)
          const traces = Effect.zipWith(machine.masterKey, machine.folder, hasTraces)
          // A look at these that breaks is a finding of the checks they belong to.
          return ofJournal(inspected.facts, yield* Effect.catchDefect(traces, () => Effect.succeed(false)))
        })

      const clock = (journal: Effect.Effect<Inspected | null>) =>
        Effect.gen(function* () {
          const inspected = yield* journal
          const now = yield* Clock.currentTimeMillis
          return ofClock(now, inspected?.facts.state === "sound" ? inspected.facts.newest : null)
        })

      /** Counters of a journal that is not sound say nothing. */
      const counters = (journal: Effect.Effect<Inspected | null>) =>
        Effect.gen(function* () {
          const inspected = yield* journal
          if (inspected?.facts.state !== "sound") return []
          const miscounted = yield* Effect.orElseSucceed(budgets.recount, () => [])
          return miscounted.length > 0 ? [finding("budgets", "BUDGET_MISCOUNTED")] : []
        })

      const tokens = (journal: Effect.Effect<Inspected | null>) =>
        Effect.gen(function* () {
          const inspected = yield* journal
          if (inspected?.facts.state !== "sound") return []
          const rows = yield* Effect.option(store.read(tokensStream))
          if (Option.isNone(rows)) return []
          const place = Result.getOrNull(placeOf(vault.fingerprint, rows.value))
          return ofTokens(place && place.tokens, yield* Clock.currentTimeMillis)
        })

      const models = ({ configuration: { settings }, providers, capabilities }: Installed) =>
        Effect.gen(function* () {
          const policy = policyInForce(settings, providers, capabilities)
          const asked = hosts.known.flatMap((provider) => {
            const names = modelsAsked(policy, provider)
            return names.length === 0 ? [] : [{ provider, names }]
          })
          const found = yield* Effect.forEach(
            asked,
            ({ provider, names }) => {
              const entry = Object.entries(settings.providers.providers).find(
                ([name]) => name === provider
              )?.[1]
              return Effect.map(hosts.ask(entry?.base_url, names), (facts) => ofHost(policy, provider, facts))
            },
            abreast
          )
          return [...found.flat(), ...(yield* listings(settings, policy, providers))]
        })

      const examine = Effect.gen(function* () {
        const journal = yield* Effect.cached(machine.journal)
        const installed = yield* Effect.cached(
          Effect.result(Scope.provide(installation.read, yield* Effect.scope))
        )
        /** What needs a configuration says nothing without one: that is found once, by itself. */
        const configured = (check: (installed: Installed) => Effect.Effect<Found>) =>
          Effect.flatMap(installed, (read): Effect.Effect<Found> =>
            read._tag === "Success" ? check(read.success) : Effect.succeed([])
          )
        const checks: Readonly<Record<CheckName, Effect.Effect<Found>>> = {
          node: Effect.sync(() => ofNode(machine.node)),
          data: Effect.map(machine.folder, ofFolder),
          keys: keys(journal),
          journal: record(journal),
          clock: clock(journal),
          budgets: counters(journal),
          tokens: tokens(journal),
          configuration: Effect.map(installed, (read) =>
            read._tag === "Success" ? ofTrust(read.success) : ofConfiguration(read.failure)
          ),
          files: Effect.map(machine.strays, (strays) => strays.map(ofStray)),
          constellation: configured(({ configuration, providers, capabilities }) =>
            Effect.sync(() => ofConstellation(policyInForce(configuration.settings, providers, capabilities)))
          ),
          models: configured(models),
          memory: configured(({ configuration, providers, capabilities }) =>
            Effect.sync(() => ofMemory(policyInForce(configuration.settings, providers, capabilities)))
          ),
          capabilities: configured(({ configuration, providers, capabilities }) =>
            Effect.sync(() => ofThresholds(policyInForce(configuration.settings, providers, capabilities)))
          ),
          telemetry: Effect.sync(() =>
            machine.telemetry.faults.map((name) =>
              finding("telemetry", "TELEMETRY_VARIABLE_UNREADABLE", { name: nameOf(name) })
            )
          ),
          webhooks: configured(({ configuration, notifier }) =>
            Effect.map(journal, (inspected) => {
              const facts = inspected?.facts
              const endpoints = facts?.state === "sound" ? facts.endpoints : []
              return ofWebhooks(configuration.settings.runtime, notifier, endpoints ?? [])
            })
          )
        }
        const findings = yield* Effect.forEach(
          CheckName.literals,
          (name) => bounded(name, checks[name]),
          abreast
        )
        return { checks: CheckName.literals, findings: worstFirst(findings.flat()) }
      }).pipe(Effect.scoped, Effect.withSpan("Doctor.examine"))

      return Doctor.of({ examine })
    })
  )
}

type Found = ReadonlyArray<Finding>
const abreast = { concurrency: "unbounded" } as const

/** One check neither holds the others up nor brings them down. */
const bounded = (name: CheckName, check: Effect.Effect<Found>): Effect.Effect<Found> =>
  check.pipe(
    Effect.timeoutOrElse({
      duration: PATIENCE,
      orElse: () => Effect.succeed([finding(name, "CHECK_TIMED_OUT")])
    }),
    Effect.catchDefect((defect) =>
      Effect.as(Effect.logDebug(anatomy(defect)), [finding(name, "CHECK_FAILED")])
    )
  )

const ofTrust = ({ configuration: { untrusted } }: Installed): Found =>
  untrusted.length > 0 ? [finding("configuration", "CONFIG_UNTRUSTED", { place: "project_config" })] : []

const codes: Partial<Record<RuntimeFailure["code"], FaultName>> = {
  CONFIG_UNREADABLE: "CONFIG_UNREADABLE",
  CONFIG_TOO_LARGE: "CONFIG_TOO_LARGE"
}

/** Variables and files are put right in different ways. */
const ofConfiguration = ({ code, places = [] }: RuntimeFailure): Found => {
  const isVariable = (place: (typeof places)[number]) =>
    place.file === "environment" && place.fault === "unknown_key"
  const rest = places.filter((place) => !isVariable(place))
  return [
    ...places
      .filter(isVariable)
      .map(({ key }) => finding("configuration", "ENVIRONMENT_UNKNOWN", { name: nameOf(key ?? "*") })),
    ...(rest.length > 0 || places.length === 0
      ? [finding("configuration", codes[code] ?? "CONFIG_INVALID", { places: rest })]
      : [])
  ]
}

const ofStray = ({ place, name, beside }: Stray): Finding => {
  const meant = meantBy(name)
  return finding("files", strayAs(meant, beside), { place, name: nameOf(name), meant })
}

/** To rename a file is no way out where that would overwrite the one that is read. */
const strayAs = (meant: FileName | null, beside: ReadonlyArray<FileName>): FaultName => {
  if (meant === null) return "CONFIG_FILE_UNREAD"
  return beside.includes(meant) ? "CONFIG_FILE_DOUBLED" : "CONFIG_FILE_MISSPELT"
}
