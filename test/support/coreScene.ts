/** Owns the whole core over a real journal, vault and keys in a folder, with models that answer at once and tell of it. */
import { Effect, Layer, Stream } from "effect"
import { inThread } from "../../src/adapters/journal/Connection.ts"
import { Followers } from "../../src/adapters/journal/Followers.ts"
import { thisProcess } from "../../src/adapters/journal/Owner.ts"
import { migrations } from "../../src/adapters/journal/Database.ts"
import { SqliteStore } from "../../src/adapters/journal/SqliteStore.ts"
import { calling, make } from "../../src/adapters/journal/StoreJournal.ts"
import * as RandomIdentity from "../../src/adapters/RandomIdentity.ts"
import * as AesVault from "../../src/adapters/vault/Aes.ts"
import { type Pass, pass } from "../../src/adapters/WritePoint.ts"
import * as SigningKey from "../../src/adapters/vault/SigningKey.ts"
import { capabilities, core, proofs } from "../../src/App.ts"
import { Claims } from "../../src/core/run/Claims.ts"
import { Erasure } from "../../src/core/ledger/Erasure.ts"
import type { Purpose } from "../../src/domain/run/Bounds.ts"
import { Content } from "../../src/domain/Content.ts"
import { ModelName, ProviderName } from "../../src/domain/Ids.ts"
import { encode } from "../../src/domain/ledger/Ledger.ts"
import type { Budgets, Settings } from "../../src/domain/config/Settings.ts"
import { Configuration } from "../../src/ports/Configuration.ts"
import type { Capabilities } from "../../src/ports/Capability.ts"
import { type Commit, Journal } from "../../src/ports/Journal.ts"
import { type Delta, type Provider, Providers } from "../../src/ports/Provider.ts"
import { TestRuntime } from "../../src/testing.ts"

/** What a process tells of itself, in the order in which it happened. */
export type Told =
  /** A commit was acknowledged: these rows are the stream's, up to this sequence. */
  | {
      readonly _tag: "committed"
      readonly stream: string
      readonly seq: number
      readonly payloads: ReadonlyArray<string>
    }
  /** A model was called. */
  | { readonly _tag: "called"; readonly purpose: Purpose; readonly attempt: number }
  /** A caller has its answer. */
  | { readonly _tag: "answered"; readonly run: string; readonly text: string }
  /** An erasure was asked for, or is done. */
  | { readonly _tag: "erasing" | "erased"; readonly run: string }

export interface Options {
  readonly directory: string
  readonly tell?: (told: Told) => void
  readonly at?: Pass
  readonly budgets?: Budgets
  /** What of the settings is other than packaged. */
  readonly runtime?: Partial<Settings["runtime"]>
  /** What a call waits for before it answers. */
  readonly hold?: Effect.Effect<void>
  /** Told of a commit before it is made. */
  readonly committing?: (commit: Commit) => void
  readonly capable?: Layer.Layer<Capabilities>
}

const PASSES = JSON.stringify({ decision: "pass", issues: [], high_risk_claims: [], suggested_fixes: [] })

export const scene = ({
  directory,
  tell = () => {},
  at = pass,
  budgets,
  runtime = {},
  hold = Effect.void,
  committing = () => {},
  capable = capabilities()
}: Options) => {
  const model = (name: string): Provider => ({
    name: ProviderName.make(name),
    local: true,
    canAudit: true,
    window: 8192,
    generate: (intent, { messages }) => {
      const { purpose, attempt } = intent.permit
      tell({ _tag: "called", purpose, attempt })
      const text = Content.of(PASSES)
      const chars = messages.reduce((sum, { content }) => sum + content.length, 0)
      const content = purpose === "audit" ? text : (messages.at(-1)?.content ?? text)
      return Stream.fromIterable<Delta>([
        { _tag: "Text", content },
        // One token for a long text would be less than was sent.
        { _tag: "End", finish: "stop", inputTokens: chars > 2000 ? null : 1, outputTokens: 1 }
      ]).pipe(Stream.onStart(hold))
    },
    health: Effect.void,
    models: Effect.succeed([ModelName.make("scripted")])
  })

  const journal = Layer.effect(
    Journal,
    Effect.gen(function* () {
      const owner = thisProcess(Date.now())
      const ask = inThread(new SqliteStore(directory, owner, migrations, at))
      yield* Effect.addFinalizer(() => Effect.ignore(calling(ask)("close")))
      const inner = make(ask, owner.id, new Followers())
      return Journal.of({
        ...inner,
        commit: (commit) =>
          Effect.sync(() => committing(commit)).pipe(
            Effect.andThen(inner.commit(commit)),
            Effect.tap(({ sequences }) =>
              Effect.sync(() =>
                commit.appends.forEach(({ stream, events }, index) =>
                  tell({
                    _tag: "committed",
                    stream,
                    seq: sequences[index] ?? 0,
                    payloads: events.map(encode)
                  })
                )
              )
            )
          )
      })
    })
  )

  const { settings } = TestRuntime
  const ports = Layer.mergeAll(
    Layer.succeed(Configuration, {
      settings: { ...settings, runtime: { ...settings.runtime, ...runtime, ...(budgets && { budgets }) } },
      placed: [],
      untrusted: []
    }),
    capable,
    Layer.succeed(Providers, Providers.from(...["drafter", "reserve", "judge"].map(model))),
    journal,
    AesVault.layer({ directory, at }),
    SigningKey.layer({ directory }),
    RandomIdentity.layer
  )
  return Layer.merge(Erasure.layer, Claims.layer).pipe(
    Layer.provideMerge(Layer.mergeAll(core, proofs)),
    Layer.provideMerge(ports),
    Layer.fresh
  )
}
