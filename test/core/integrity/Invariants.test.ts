/** Breaks each invariant in the system it is checked in, one at a time, and sees exactly that one fail. */
import { Recollections } from "../../../src/core/memory/Recollections.ts"
import { Inputs } from "../../../src/core/run/Inputs.ts"
import { PolicyInForce } from "../../../src/core/run/PolicyInForce.ts"
import { Steps } from "../../../src/core/runbook/Steps.ts"
import { Capabilities } from "../../../src/ports/Capability.ts"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"
import { packagedSettings } from "../../../src/adapters/config/YamlConfiguration.ts"
import * as Null from "../../../src/adapters/provider/Null.ts"
import { proofs, scratch } from "../../../src/App.ts"
import { Assembly } from "../../../src/core/run/Assembly.ts"
import { Calls } from "../../../src/core/run/Calls.ts"
import { Canary } from "../../../src/core/integrity/Canary.ts"
import { Challenger } from "../../../src/core/run/Challenger.ts"
import { ConfigRecord } from "../../../src/core/run/ConfigRecord.ts"
import { watched } from "../../../src/core/ledger/EndedRuns.ts"
import { Engine } from "../../../src/core/run/Engine.ts"
import { Erasure } from "../../../src/core/ledger/Erasure.ts"
import { Invariants } from "../../../src/core/integrity/Invariants.ts"
import { Ledgers } from "../../../src/core/ledger/Ledgers.ts"
import { Projections } from "../../../src/core/ledger/Projections.ts"
import { Recovery } from "../../../src/core/run/Recovery.ts"
import { Router } from "../../../src/core/run/Router.ts"
import { Resumption } from "../../../src/core/run/Resumption.ts"
import { Runs } from "../../../src/core/run/Runs.ts"
import { Conversations } from "../../../src/core/session/Conversations.ts"
import { Sessions } from "../../../src/core/session/Sessions.ts"
import { Steward } from "../../../src/core/session/Steward.ts"
import { Turns } from "../../../src/core/session/Turns.ts"
import { Content, reveal } from "../../../src/domain/Content.ts"
import { ContentId, Mode, ProviderName, RunId, SessionId } from "../../../src/domain/Ids.ts"
import type { InvariantId } from "../../../src/domain/integrity/Invariant.ts"
import type { Settings } from "../../../src/domain/config/Settings.ts"
import { Installation } from "../../../src/ports/Installation.ts"
import { type Intent, Journal } from "../../../src/ports/Journal.ts"
import { Providers } from "../../../src/ports/Provider.ts"
import { Sandbox } from "../../../src/ports/Sandbox.ts"
import { type StreamVault, Vault } from "../../../src/ports/Vault.ts"
import { slowly } from "../../support/io3.ts"
import { optionsOf, standing } from "../../support/installation.ts"

/** An installation without any capability. */
const none = Capabilities.of({
  list: [],
  get: () => undefined,
  invoke: () => Effect.die(new Error("there is none"))
})

const packaged = packagedSettings()
type Calling = Calls["Service"]["make"]

/** One law or part of the system, replaced by one that does not keep to it. */
interface Broken {
  readonly packaged?: Settings
  readonly inForce?: Settings
  readonly journal?: (journal: Journal["Service"]) => Journal["Service"]
  readonly keys?: (keys: StreamVault) => StreamVault
  readonly calls?: (make: Calling, providers: Providers["Service"]) => Calling
  readonly providers?: (providers: Providers["Service"]) => Providers["Service"]
  readonly challenger?: (challenger: Challenger["Service"]) => Challenger["Service"]
  readonly steward?: (steward: Steward["Service"]) => Steward["Service"]
}

const same = <A>(value: A): A => value

/** The invariants that fail in a system with this in the place of what should be there. */
const failing = Effect.fnUntraced(function* (broken: Broken) {
  const options = optionsOf(yield* standing)
  const calls = Layer.effect(
    Calls,
    Effect.gen(function* () {
      const { make } = yield* Calls
      return { make: broken.calls ? broken.calls(make, yield* Providers) : make }
    })
  ).pipe(Layer.provide(Calls.layer))
  const challenger = Layer.effect(Challenger, Effect.map(Challenger, broken.challenger ?? same)).pipe(
    Layer.provide(Challenger.layer)
  )
  const steward = Layer.effect(Steward, Effect.map(Steward, broken.steward ?? same)).pipe(
    Layer.provide(Steward.layer)
  )
  const governing = Sessions.layer.pipe(
    Layer.provideMerge(steward),
    Layer.provideMerge(Layer.mergeAll(Turns.layer, Steps.layer)),
    Layer.provideMerge(Layer.mergeAll(Runs.layer, Resumption.layer)),
    Layer.provideMerge(Engine.layer),
    Layer.provideMerge(Conversations.layer),
    Layer.provideMerge(Layer.mergeAll(Assembly.layer, calls, challenger, ConfigRecord.layer)),
    Layer.provideMerge(Layer.mergeAll(Projections.layer, Recovery.layer)),
    Layer.provideMerge(Layer.mergeAll(Router.layer, Ledgers.layer, Inputs.layer)),
    Layer.provideMerge(Layer.mergeAll(Recollections.layer, PolicyInForce.layer))
  )
  const keys = broken.keys ?? same
  const ports = Layer.mergeAll(
    Layer.effect(Journal, Effect.map(Journal, broken.journal ?? same)),
    Layer.effect(
      Vault,
      Effect.map(Vault, (vault) => ({
        ...vault,
        create: (stream) => Effect.map(vault.create(stream), keys),
        open: (stream, wrapped) => Effect.map(vault.open(stream, wrapped), keys)
      }))
    ),
    Layer.effect(
      Sandbox,
      Effect.map(Sandbox, (sandbox) => ({ ...sandbox, packaged: broken.packaged ?? packaged }))
    ),
    Layer.succeed(Installation, {
      read: Effect.succeed({
        configuration: { settings: broken.inForce ?? packaged, placed: [], untrusted: [] },
        providers: Providers.from(Null.make),
        capabilities: none
      })
    })
  ).pipe(Layer.provideMerge(scratch(options)))
  const system = Invariants.layer.pipe(
    Layer.provide(Erasure.layer),
    Layer.provide(Layer.mergeAll(governing, proofs)),
    Layer.provide(Layer.effect(Providers, Effect.map(Providers, broken.providers ?? same))),
    Layer.provide(Layer.merge(Canary.providers, Layer.succeed(Capabilities, none))),
    Layer.provide(watched),
    Layer.provide(Canary.configuration),
    Layer.provide(Canary.layer),
    Layer.provide(ports)
  )
  const results = yield* Invariants.use((invariants) => invariants.check).pipe(
    Effect.provide(Layer.fresh(system)),
    Effect.orDie
  )
  return results.filter(({ passed }) => !passed).map(({ id }) => id)
})

/** Nothing has come of a decision. */
const nothingCame = {
  run: RunId.make("01900000-0000-7000-8000-000000000000"),
  session: SessionId.make("01900000-0000-7000-8000-000000000000"),
  runbook: null,
  action: "approve" as const,
  released: null,
  next: null
}

const without = (mode: string): Settings => {
  const modes = Object.entries(packaged.routing.modes).filter(([name]) => name !== mode)
  return { ...packaged, routing: { ...packaged.routing, modes: Object.fromEntries(modes) } }
}

const clear = (keys: StreamVault, ...ids: ReadonlyArray<ContentId>): StreamVault => ({
  ...keys,
  seal: (id, content) =>
    ids.includes(id) ? { id, bytes: new TextEncoder().encode(reveal(content)) } : keys.seal(id, content),
  unseal: (sealed) =>
    ids.includes(sealed.id)
      ? Effect.succeed(Content.of(new TextDecoder().decode(sealed.bytes)))
      : keys.unseal(sealed)
})

const broken: ReadonlyArray<readonly [id: InvariantId, what: string, system: Broken]> = [
  ["INV-001", "a configuration without one of the modes", { inForce: without("explorer") }],
  [
    "INV-002",
    "defaults that turn a cloud provider on",
    {
      packaged: {
        ...packaged,
        providers: {
          ...packaged.providers,
          providers: { ...packaged.providers.providers, [ProviderName.make("google")]: { enabled: true } }
        }
      }
    }
  ],
  [
    "INV-002",
    "defaults that let text follow a failed local model into a cloud",
    {
      packaged: {
        ...packaged,
        providers: {
          ...packaged.providers,
          policies: { ...packaged.providers.policies, allow_implicit_cloud_fallback: true }
        }
      }
    }
  ],
  [
    "INV-003",
    "defaults that keep no metadata",
    {
      packaged: {
        ...packaged,
        logging: {
          ...packaged.logging,
          logging: { ...packaged.logging.logging, metadata: { enabled: false } }
        }
      }
    }
  ],
  [
    "INV-004",
    "a journal that lets anybody write to a stream, wherever it stands",
    {
      journal: (journal) => ({
        ...journal,
        commit: (commit) =>
          Effect.gen(function* () {
            const appends = yield* Effect.forEach(commit.appends, (append) =>
              Effect.map(journal.read(append.stream), ({ length }) => ({ ...append, expected: length }))
            )
            return yield* journal.commit({ ...commit, appends })
          })
      })
    }
  ],
  [
    "INV-005",
    "defaults that show restricted memories to a mode",
    {
      packaged: {
        ...packaged,
        memoryPolicy: {
          ...packaged.memoryPolicy,
          sensitivity_allowlist: { restricted: [Mode.make("executor")] }
        }
      }
    }
  ],
  ["INV-006", "a vault that leaves files in clear", { keys: (keys) => clear(keys, ContentId.make("file")) }],
  [
    "IO3-001",
    "a core that calls without the journal's intent",
    {
      providers: (providers) => ({
        ...providers,
        get: (name) => {
          const provider = providers.get(name)
          // What looks like an intent, and is none.
          return (
            provider && {
              ...provider,
              generate: ({ permit }, call) => provider.generate({ permit } as Intent, call)
            }
          )
        }
      })
    }
  ],
  [
    "IO3-002",
    "a core that calls a model twice",
    {
      calls: (make, providers) => (intent, request, onText) => {
        const provider = providers.get(request.provider)
        const again = provider
          ? provider.generate(intent, {
              ...request,
              window: provider.window,
              firstByteMillis: 1000,
              idleMillis: 1000
            })
          : Stream.empty
        return Effect.andThen(Effect.ignore(Stream.runDrain(again)), make(intent, request, onText))
      }
    }
  ],
  [
    "IO3-003",
    "a reader of verdicts to whom an abstention is a pass",
    {
      challenger: (challenger) => ({
        ...challenger,
        conclude: (judge, drafter, audit) => {
          const concluded = challenger.conclude(judge, drafter, audit)
          return concluded.verdict?.decision === "abstain"
            ? { ...concluded, verdict: { ...concluded.verdict, decision: "pass" } }
            : concluded
        }
      })
    }
  ],
  [
    "IO3-004",
    "a vault whose digests are the same for every text",
    { keys: (keys) => ({ ...keys, digest: (id) => keys.digest(id, Content.empty) }) }
  ],
  [
    "IO3-005",
    "a vault that leaves prompts in clear",
    { keys: (keys) => clear(keys, ContentId.make("prompt")) }
  ],
  [
    "IO3-006",
    "a journal that loses a row",
    {
      journal: (journal) => ({
        ...journal,
        scan: (after, limit) =>
          Effect.map(journal.scan(after, limit), (rows) => rows.filter(({ position }) => position !== 4))
      })
    }
  ],
  [
    "IO3-007",
    "a journal that forgets to erase",
    {
      journal: (journal) => ({
        ...journal,
        commit: (commit) =>
          journal.commit({
            ...commit,
            appends: commit.appends.map(({ stream, expected, events, sealed, key }) => ({
              stream,
              expected,
              events,
              sealed,
              key
            }))
          })
      })
    }
  ],
  [
    "IO3-008",
    "a core that sends more than was certified",
    {
      calls: (make) => (intent, request, onText) =>
        make(
          intent,
          {
            ...request,
            messages: [...request.messages, { role: "user", content: Content.of("more ".repeat(5000)) }]
          },
          onText
        )
    }
  ],
  [
    "IO3-009",
    "a core that answers something else than the model did",
    {
      calls: (make) => (intent, request, onText) =>
        Effect.map(make(intent, request, onText), (settlement) => ({
          ...settlement,
          text:
            intent.permit.purpose === "audit"
              ? settlement.text
              : settlement.text.use((text) => Content.of([...text].toReversed().join("")))
        }))
    }
  ],
  [
    "IO3-010",
    "a steward who tells the second one that all went well",
    {
      steward: (steward) => ({
        ...steward,
        decide: (wish) =>
          Effect.catchIf(
            steward.decide(wish),
            ({ code }) => code === "STEWARD_DECIDED",
            () => Effect.succeed(nothingCame)
          )
      })
    }
  ]
]

describe("the invariants", slowly, () => {
  it.live("all hold in the system as it is", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* failing({}), [])
    })
  )

  for (const [id, what, system] of broken) {
    it.live(`${id} fails, and no other, in a system with ${what}`, () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* failing(system), [id])
      })
    )
  }
})
