/** Owns runtimes for tests of the core: three models that follow a script, and what they left in the ledger. */
import { assert } from "@effect/vitest"
import { Effect, Exit, Layer, Option } from "effect"
import * as RandomIdentity from "../../src/adapters/RandomIdentity.ts"
import * as SqliteJournal from "../../src/adapters/journal/Sqlite.ts"
import * as AesVault from "../../src/adapters/vault/Aes.ts"
import * as SigningKey from "../../src/adapters/vault/SigningKey.ts"
import { capabilities, core, keeping, proofs } from "../../src/App.ts"
import { Ledgers } from "../../src/core/ledger/Ledgers.ts"
import { Verifier } from "../../src/core/ledger/Verifier.ts"
import { Runs } from "../../src/core/run/Runs.ts"
import { failure, type RuntimeFailure } from "../../src/domain/Failure.ts"
import { Configuration } from "../../src/ports/Configuration.ts"
import { type Commit, Journal } from "../../src/ports/Journal.ts"
import { Providers } from "../../src/ports/Provider.ts"
import { type Reply, ScriptedProvider, TestRuntime } from "../../src/testing.ts"

export const verdict = (decision: string, issues: ReadonlyArray<object> = []): Reply => ({
  say: JSON.stringify({ decision, issues, high_risk_claims: [], suggested_fixes: [] })
})

export interface Script {
  readonly drafter?: ReadonlyArray<Reply>
  readonly reserve?: ReadonlyArray<Reply>
  readonly judge?: ReadonlyArray<Reply>
  readonly settings?: typeof TestRuntime.settings
}

const modelsOf = (script: Script) => ({
  drafter: ScriptedProvider.make("drafter", script.drafter ?? []),
  reserve: ScriptedProvider.make("reserve", script.reserve ?? []),
  judge: ScriptedProvider.make("judge", script.judge ?? [])
})

/** A runtime whose three models follow a script. */
export const scene = (script: Script) => {
  const models = modelsOf(script)
  const providers = Object.values(models).map(({ provider }) => provider)
  const layer = TestRuntime.layer({ providers, ...(script.settings && { settings: script.settings }) })
  return { ...models, layer }
}

/** The same over a given journal, with its vault in `directory`: what one process leaves there, the next one finds. */
export const sceneOver = (script: Script, journal: Layer.Layer<Journal>, directory: string) => {
  const models = modelsOf(script)
  const providers = Object.values(models).map(({ provider }) => provider)
  const ports = Layer.mergeAll(
    journal,
    AesVault.layer({ directory }),
    SigningKey.layer({ directory }),
    RandomIdentity.layer,
    Layer.succeed(Configuration, {
      settings: script.settings ?? TestRuntime.settings,
      placed: [],
      untrusted: []
    }),
    capabilities(),
    Layer.succeed(Providers, Providers.from(...providers))
  )
  const layer = keeping.pipe(Layer.provideMerge(Layer.mergeAll(core, proofs)), Layer.provideMerge(ports))
  return { ...models, layer }
}

export const journalIn = (directory: string): Layer.Layer<Journal> =>
  SqliteJournal.layer({ directory, mode: "in-thread" })

/** A journal whose commits to runs go through `change` first: of which run it is, from 0, and its how manieth, from 1. */
export const changing = (
  journal: Layer.Layer<Journal>,
  change: (commit: Commit, run: number, count: number) => Effect.Effect<Commit, RuntimeFailure>
): Layer.Layer<Journal> =>
  Layer.effect(
    Journal,
    Effect.map(Journal, (inner) => {
      const counts = new Map<string, number>()
      return Journal.of({
        ...inner,
        commit: (commit) =>
          Effect.suspend(() => {
            const stream = commit.appends[0]?.stream ?? ""
            if (!stream.startsWith("run/")) return inner.commit(commit)
            const count = (counts.get(stream) ?? 0) + 1
            counts.set(stream, count)
            const run = [...counts.keys()].indexOf(stream)
            return Effect.flatMap(change(commit, run, count), inner.commit)
          })
      })
    })
  ).pipe(Layer.provide(journal))

/** Takes so many commits to each run and no more, as if the process had died then. */
export const dyingAfter = (
  commits: ReadonlyArray<number>,
  journal: Layer.Layer<Journal>
): Layer.Layer<Journal> =>
  changing(journal, (commit, run, count) =>
    count > (commits[run] ?? 0)
      ? Effect.fail(failure("JOURNAL_UNAVAILABLE", "setup"))
      : Effect.succeed(commit)
  )

export const lastRun = Effect.gen(function* () {
  const [record] = yield* (yield* Ledgers).recent(1)
  return record ?? assert.fail("no run was recorded")
})

/** Where the record does not hold: a chain, a decision of a run or a sealed text; null when all of it does. */
export const faulty = Effect.gen(function* () {
  return (yield* (yield* Verifier).journal(true)).broken
})

export const tags = Effect.map(lastRun, ({ entries }) => entries.map(({ event }) => event._tag))

export const codeOf = <A>(exit: Exit.Exit<A, RuntimeFailure>) =>
  Option.getOrUndefined(Exit.findErrorOption(exit))?.code

export const audited = Runs.request("executor", "question", { audit: true })
