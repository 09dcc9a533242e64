/** Breaks each invariant in the system it is checked in, one at a time, and sees exactly that one fail. */
import { assert, describe, it } from "@effect/vitest"
import { OUTPUT } from "../../../src/domain/run/Run.ts"
import { Effect, Stream } from "effect"
import { Runs } from "../../../src/core/run/Runs.ts"
import { Content } from "../../../src/domain/Content.ts"
import { ContentId, Mode, ProviderName } from "../../../src/domain/Ids.ts"
import type { InvariantId } from "../../../src/domain/integrity/Invariant.ts"
import { type Intent } from "../../../src/ports/Journal.ts"
import { slowly } from "../../support/io3.ts"

import {
  type Broken,
  clear,
  failing,
  forgetting,
  more,
  nothingCame,
  packaged,
  without
} from "../../support/brokenSystem.ts"
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
  [
    "INV-005",
    "a core whose runs forget what somebody has written",
    {
      journal: (journal) => ({
        ...journal,
        commit: (commit) =>
          Effect.tap(journal.commit(commit), () =>
            commit.appends.some(({ events }) => events.some(({ _tag }) => _tag === "Released"))
              ? forgetting(journal)
              : Effect.void
          )
      })
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
    "a vault whose digests are the same for every answer",
    {
      keys: (keys) => ({
        ...keys,
        digest: (id, text) => keys.digest(id, id === OUTPUT ? text : Content.empty)
      })
    }
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
  ],
  [
    "IO3-011",
    "a core that hands out another output than the receipt is over",
    {
      runs: (runs) => ({
        ...runs,
        run: (...asked) => Effect.map(runs.run(...asked), (result) => ({ ...result, released: more(result) }))
      })
    }
  ],
  [
    "IO3-012",
    "a core that asks a model where only a capability was to be invoked",
    {
      runs: (runs) => ({
        ...runs,
        invoke: (capability, by) => runs.run(Runs.request("executor", "and?", { ...by, capability }))
      })
    }
  ],
  [
    "IO3-013",
    "a memory that hands over what the policy keeps back",
    {
      recollections: (recollections) => ({
        ...recollections,
        recall: (policy, reader, packs) =>
          Effect.gen(function* () {
            const honest = yield* recollections.recall(policy, reader, packs)
            const open = { ...policy, restricted: policy.routes }
            const { values } = yield* recollections.recall(open, reader, packs)
            return { ...honest, values }
          })
      })
    }
  ],
  [
    "IO3-014",
    "a runbook that says it takes fewer calls than its steps may",
    {
      runbooks: (runbooks) => ({
        ...runbooks,
        bounds: (runbook, start) =>
          Effect.map(runbooks.bounds(runbook, start), (planned) => ({
            ...planned,
            certificate: { ...planned.certificate, calls: 1 }
          }))
      })
    }
  ],
  [
    "IO3-015",
    "a journal that loses what was revoked",
    {
      journal: (journal) => ({
        ...journal,
        commit: (commit) =>
          commit.appends.some(({ events }) => events.some(({ _tag }) => _tag === "TokenRevoked"))
            ? journal.commit({ appends: [] })
            : journal.commit(commit)
      })
    }
  ],
  [
    "IO3-016",
    "a journal that forgets whom its events are told to",
    { journal: (journal) => ({ ...journal, commit: (commit) => journal.commit({ ...commit, outbox: {} }) }) }
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
