/** Owns the system that invariants are checked in, with one part of it replaced by one that does not keep to its law. */
import { Entrance } from "../../src/core/access/Entrance.ts"
import { Tokens } from "../../src/core/access/Tokens.ts"
import { Recollections } from "../../src/core/memory/Recollections.ts"
import { Inputs } from "../../src/core/run/Inputs.ts"
import { PolicyInForce } from "../../src/core/run/PolicyInForce.ts"
import { Plan } from "../../src/core/runbook/Plan.ts"
import { Runbooks } from "../../src/core/runbook/Runbooks.ts"
import { Steps } from "../../src/core/runbook/Steps.ts"
import { Memories } from "../../src/core/memory/Memories.ts"
import { Budgets } from "../../src/core/run/Budgets.ts"
import { Calibrations } from "../../src/core/run/Calibrations.ts"
import { Rehearsal } from "../../src/core/run/Rehearsal.ts"
import { Scenery } from "../../src/core/integrity/Scenery.ts"
import { CapabilityVersion } from "../../src/domain/capability/Capability.ts"
import { decode } from "../../src/domain/ledger/Ledger.ts"
import { Capabilities, type Capability } from "../../src/ports/Capability.ts"

import { Effect, Layer, Option } from "effect"
import { packagedSettings } from "../../src/adapters/config/YamlConfiguration.ts"
import * as Null from "../../src/adapters/provider/Null.ts"
import * as CheckReceiver from "../../src/adapters/webhook/CheckReceiver.ts"
import { proofs, scratch } from "../../src/App.ts"
import { Assembly } from "../../src/core/run/Assembly.ts"
import { Calls } from "../../src/core/run/Calls.ts"
import { Canary } from "../../src/core/integrity/Canary.ts"
import { Challenger } from "../../src/core/run/Challenger.ts"
import { ConfigRecord } from "../../src/core/run/ConfigRecord.ts"
import { watched } from "../../src/core/ledger/EndedRuns.ts"
import { Engine } from "../../src/core/run/Engine.ts"
import { Erasure } from "../../src/core/ledger/Erasure.ts"
import { Invariants } from "../../src/core/integrity/Invariants.ts"
import { Ledgers } from "../../src/core/ledger/Ledgers.ts"
import { Projections } from "../../src/core/ledger/Projections.ts"
import { Recovery } from "../../src/core/run/Recovery.ts"
import { Router } from "../../src/core/run/Router.ts"
import { Resumption } from "../../src/core/run/Resumption.ts"
import { type RunResult, Runs } from "../../src/core/run/Runs.ts"
import { Conversations } from "../../src/core/session/Conversations.ts"
import { Sessions } from "../../src/core/session/Sessions.ts"
import { Steward } from "../../src/core/session/Steward.ts"
import { Turns } from "../../src/core/session/Turns.ts"
import * as Owing from "../../src/core/webhook/Owing.ts"
import { Content, reveal } from "../../src/domain/Content.ts"
import { CapabilityId, ContentId, RunId, SessionId } from "../../src/domain/Ids.ts"
import type { Settings } from "../../src/domain/config/Settings.ts"
import type { Words } from "../../src/domain/integrity/Canary.ts"
import { Installation } from "../../src/ports/Installation.ts"
import { Journal } from "../../src/ports/Journal.ts"
import { Notifier } from "../../src/ports/Notifier.ts"
import { Outbox } from "../../src/ports/Outbox.ts"
import { Providers } from "../../src/ports/Provider.ts"
import { Sandbox } from "../../src/ports/Sandbox.ts"
import { type StreamVault, Vault } from "../../src/ports/Vault.ts"
import { optionsOf, standing } from "./installation.ts"

/** The capability of the check, without a thread of its own: it gives back what it is given. */
const reflecting: Capability = {
  facts: {
    id: CapabilityId.make("cap.json_pretty"),
    version: CapabilityVersion.make("1.0"),
    category: "transformation",
    bounds: {
      maxCalls: 1,
      timeoutMillis: 50,
      maxInputChars: 4096,
      maxOutputChars: 8192,
      sideEffectsAllowed: false
    }
  },
  description: "",
  input: {},
  output: {}
}
const pretty = Capabilities.of({
  list: [reflecting],
  get: () => reflecting,
  invoke: (_, payload) => {
    const output = payload ?? Content.of("{}")
    const [inputChars, outputChars] = [output.length, output.length]
    return Effect.succeed({ ok: true, errorCode: null, output, durationMillis: 1, inputChars, outputChars })
  }
})

/** Nobody is told anything. */
const mute = Notifier.of({ readiness: "secret_missing", variable: "NONE", send: () => Effect.never })

export const packaged = packagedSettings()
type Calling = Calls["Service"]["make"]

/** One law or part of the system, replaced by one that does not keep to it. */
export interface Broken {
  readonly packaged?: Settings
  readonly inForce?: Settings
  readonly journal?: (journal: Journal["Service"]) => Journal["Service"]
  readonly keys?: (keys: StreamVault) => StreamVault
  readonly calls?: (make: Calling, providers: Providers["Service"]) => Calling
  readonly providers?: (providers: Providers["Service"]) => Providers["Service"]
  readonly challenger?: (challenger: Challenger["Service"]) => Challenger["Service"]
  readonly steward?: (steward: Steward["Service"]) => Steward["Service"]
  readonly runs?: (runs: Runs["Service"]) => Runs["Service"]
  readonly runbooks?: (runbooks: Runbooks["Service"]) => Runbooks["Service"]
  readonly recollections?: (recollections: Recollections["Service"]) => Recollections["Service"]
  readonly outbox?: (outbox: Outbox["Service"]) => Outbox["Service"]
  /** What is between those who tell and the receiver. */
  readonly telling?: (made: CheckReceiver.Made, words: Words) => CheckReceiver.Made
}

const same = <A>(value: A): A => value

/** The invariants that fail in a system with this in the place of what should be there. */
export const failing = Effect.fnUntraced(function* (broken: Broken) {
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
  const runs = Layer.effect(Runs, Effect.map(Runs, broken.runs ?? same)).pipe(Layer.provide(Runs.layer))
  const runbooks = Layer.effect(Runbooks, Effect.map(Runbooks, broken.runbooks ?? same)).pipe(
    Layer.provide(Runbooks.layer)
  )
  const recollections = Layer.effect(
    Recollections,
    Effect.map(Recollections, broken.recollections ?? same)
  ).pipe(Layer.provide(Recollections.layer))
  const governing = Layer.mergeAll(Sessions.layer, runbooks).pipe(
    Layer.provideMerge(Layer.mergeAll(steward, Plan.layer)),
    Layer.provideMerge(Layer.mergeAll(Turns.layer, Steps.layer)),
    Layer.provideMerge(Layer.mergeAll(runs, Resumption.layer, Rehearsal.layer)),
    Layer.provideMerge(Engine.layer),
    Layer.provideMerge(Conversations.layer),
    Layer.provideMerge(Layer.mergeAll(Assembly.layer, calls, challenger, ConfigRecord.layer)),
    Layer.provideMerge(Layer.mergeAll(Budgets.layer, Calibrations.layer, Projections.layer, Recovery.layer)),
    Layer.provideMerge(Layer.mergeAll(Router.layer, Ledgers.layer, Inputs.layer, Memories.layer)),
    Layer.provideMerge(Layer.mergeAll(recollections, PolicyInForce.layer)),
    Layer.provideMerge(Owing.layer)
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
      Effect.map(Sandbox, (sandbox) => ({
        ...sandbox,
        packaged: broken.packaged ?? packaged,
        reopened: Layer.effect(Outbox, Effect.map(Outbox, broken.outbox ?? same)).pipe(
          Layer.provideMerge(sandbox.reopened)
        )
      }))
    ),
    Layer.succeed(Installation, {
      read: Effect.succeed({
        configuration: { settings: broken.inForce ?? packaged, placed: [], untrusted: [] },
        providers: Providers.from(Null.make),
        capabilities: pretty,
        notifier: mute
      })
    })
  ).pipe(Layer.provideMerge(scratch(options)))
  const receiver = Layer.unwrap(
    Effect.gen(function* () {
      const made = yield* CheckReceiver.make
      const { words } = yield* Canary
      return CheckReceiver.wired(broken.telling ? broken.telling(made, words) : made)
    })
  )
  const system = Invariants.layer.pipe(
    Layer.provide(Layer.mergeAll(Erasure.layer, Scenery.layer, Tokens.layer, Entrance.layer)),
    Layer.provide(Layer.mergeAll(governing, proofs)),
    Layer.provide(Layer.effect(Providers, Effect.map(Providers, broken.providers ?? same))),
    Layer.provide(Layer.merge(Canary.providers, Layer.succeed(Capabilities, pretty))),
    Layer.provide(Layer.merge(watched, receiver)),
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
export const nothingCame = {
  run: RunId.make("01900000-0000-7000-8000-000000000000"),
  session: SessionId.make("01900000-0000-7000-8000-000000000000"),
  runbook: null,
  action: "approve" as const,
  released: null,
  issues: 0,
  next: null
}

/** With an output that is not what was made. */
export const more = ({ released: { text, receipt, output } }: RunResult) =>
  ({ text, receipt, output: output && `${output} ` }) as RunResult["released"]

export const without = (mode: string): Settings => {
  const modes = Object.entries(packaged.routing.modes).filter(([name]) => name !== mode)
  return { ...packaged, routing: { ...packaged.routing, modes: Object.fromEntries(modes) } }
}

export const clear = (keys: StreamVault, ...ids: ReadonlyArray<ContentId>): StreamVault => ({
  ...keys,
  seal: (id, content) =>
    ids.includes(id) ? { id, bytes: new TextEncoder().encode(reveal(content)) } : keys.seal(id, content),
  unseal: (sealed) =>
    ids.includes(sealed.id)
      ? Effect.succeed(Content.of(new TextDecoder().decode(sealed.bytes)))
      : keys.unseal(sealed)
})

/** Forgets the record that was written last, if it is there. */
export const forgetting = (journal: Journal["Service"]) =>
  Effect.gen(function* () {
    const [last] = yield* journal.streams({ prefix: "memory/", openOnly: false, before: null, limit: 1 })
    const [row] = last ? yield* journal.read(last.stream, last.seq - 1) : []
    const written = row && Option.getOrNull(decode(row.payload))
    if (!row || written?._tag !== "MemoryWritten") return
    const { scope, key, version, principal } = written
    const forgotten = { _tag: "MemoryForgotten" as const, scope, key, version, principal }
    const append = { stream: row.stream, expected: row.seq, events: [forgotten], sealed: [], key: null }
    yield* journal.commit({ appends: [{ ...append, erase: true }] })
  })
