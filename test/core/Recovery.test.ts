import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as MemoryJournal from "../../src/adapters/journal/Memory.ts"
import * as SqliteJournal from "../../src/adapters/journal/Sqlite.ts"
import * as RandomIdentity from "../../src/adapters/RandomIdentity.ts"
import * as AesVault from "../../src/adapters/vault/Aes.ts"
import { core } from "../../src/App.ts"
import { Ledgers } from "../../src/core/Ledgers.ts"
import { Recovery } from "../../src/core/Recovery.ts"
import { Runs } from "../../src/core/Runs.ts"
import { isEnding } from "../../src/domain/Event.ts"
import { failure } from "../../src/domain/Failure.ts"
import { Configuration } from "../../src/ports/Configuration.ts"
import { type Commit, Journal } from "../../src/ports/Journal.ts"
import { Providers } from "../../src/ports/Provider.ts"
import { type Reply, ScriptedProvider, TestRuntime } from "../../src/testing.ts"
import { folder } from "../support/ledger.ts"

type Script = Readonly<Partial<Record<"drafter" | "reserve" | "judge", ReadonlyArray<Reply>>>>

const verdict = (decision: string): Reply => ({
  say: JSON.stringify({ decision, issues: [], high_risk_claims: [], suggested_fixes: [] })
})
const unreachable: Reply = { fail: "PROVIDER_UNAVAILABLE", fallback: "connection_refused" }

/** The core over a given journal and scripted models, with its vault in `directory`. */
const scene = (script: Script, journal: Layer.Layer<Journal>, directory: string) => {
  const models = (["drafter", "reserve", "judge"] as const).map((name) =>
    ScriptedProvider.make(name, script[name] ?? [])
  )
  const byName = new Map(models.map(({ provider }) => [provider.name, provider]))
  const ports = Layer.mergeAll(
    journal,
    AesVault.layer({ directory }),
    RandomIdentity.layer,
    Layer.succeed(Configuration, { settings: TestRuntime.settings, placed: [], untrusted: [] }),
    Layer.succeed(Providers, { supported: new Set(byName.keys()), get: (name) => byName.get(name) })
  )
  const asked = Effect.map(Effect.all(models.map((model) => model.asked)), (calls) => calls.flat().length)
  return { layer: Layer.provideMerge(core, ports), asked }
}

/** A journal whose commits to runs go through `seen` first. */
const watched = (
  journal: Layer.Layer<Journal>,
  seen: (commit: Commit) => ReturnType<Journal["Service"]["commit"]> | null
): Layer.Layer<Journal> =>
  Layer.effect(
    Journal,
    Effect.map(Journal, (inner) =>
      Journal.of({
        ...inner,
        commit: (commit) =>
          Effect.suspend(() => {
            const ofRun = commit.appends.every(({ stream }) => stream.startsWith("run/"))
            return (ofRun ? seen(commit) : null) ?? inner.commit(commit)
          })
      })
    )
  ).pipe(Layer.provide(journal))

const request = (audit: boolean) => Runs.request("executor", "question", { audit })

describe("recovery", () => {
  const plain = ["CallIntended", "ending"]
  const judged = ["CallIntended", "CallSettled", "CallIntended"]
  const lives: ReadonlyArray<readonly [string, boolean, Script, ReadonlyArray<string>]> = [
    ["a plain run", false, { drafter: [{ say: "a" }] }, plain],
    // A failed attempt was not paid for: it is written with the next one's intent.
    ["a fallback", false, { drafter: [unreachable], reserve: [{ say: "a" }] }, ["CallIntended", ...plain]],
    ["two failures", false, { drafter: [unreachable], reserve: [unreachable] }, ["CallIntended", ...plain]],
    ["a pass", true, { drafter: [{ say: "a" }], judge: [verdict("pass")] }, [...judged, "ending"]],
    ["a rejection", true, { drafter: [{ say: "a" }], judge: [verdict("reject")] }, [...judged, "ending"]],
    [
      "a revision",
      true,
      { drafter: [{ say: "a" }, { say: "b" }], judge: [verdict("needs_work")] },
      [...judged, "AuditConcluded", ...plain]
    ],
    ["no verdict", true, { drafter: [{ say: "a" }], judge: [{ say: "?" }] }, [...judged, "ending"]]
  ]

  it.effect("whatever is durable of a run ends inside a call, at something paid for, or at its end", () =>
    Effect.forEach(lives, ([life, audit, script, expected]) =>
      Effect.gen(function* () {
        const lasts: Array<string> = []
        const journal = watched(MemoryJournal.layer, ({ appends }) => {
          const last = appends.at(-1)?.events.at(-1)
          lasts.push(last === undefined ? "" : isEnding(last) ? "ending" : last._tag)
          return null
        })
        const { layer } = scene(script, journal, yield* folder)
        yield* Effect.exit(
          Effect.provide(
            Runs.use((runs) => runs.run(request(audit))),
            layer
          )
        )
        assert.deepStrictEqual(lasts, expected, life)
      })
    ).pipe(Effect.scoped)
  )

  it.effect("a lost call is indeterminate, and no model is called again", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const file = SqliteJournal.layer({ directory, mode: "in-thread" })

      // The journal takes nothing after the audit's intent, as if the process had died while that call was out.
      let commits = 0
      const dying = watched(file, () =>
        ++commits > 3 ? Effect.fail(failure("JOURNAL_UNAVAILABLE", "setup")) : null
      )
      const first = scene({ drafter: [{ say: "draft" }], judge: [verdict("pass")] }, dying, directory)
      yield* Effect.exit(
        Effect.provide(
          Runs.use((runs) => runs.run(request(true))),
          first.layer
        )
      )
      assert.strictEqual(yield* first.asked, 2)

      const second = scene({ drafter: [{ say: "again" }] }, file, directory)
      yield* Effect.gen(function* () {
        const ledgers = yield* Ledgers
        const recovery = yield* Recovery
        const standings = Effect.map(ledgers.recent(2), (records) => records.map(({ standing }) => standing))
        assert.deepStrictEqual(yield* standings, ["indeterminate"])
        assert.strictEqual((yield* recovery.settle).length, 1)
        assert.deepStrictEqual(yield* standings, ["refused"])
        assert.strictEqual((yield* recovery.settle).length, 0)

        const [record] = yield* ledgers.recent(1)
        const [settled, concluded, ended] = record?.entries.slice(-3).map(({ event }) => event) ?? []
        assert.strictEqual(settled?._tag === "CallSettled" && settled.outcome, "indeterminate")
        assert.strictEqual(concluded?._tag === "AuditConcluded" && concluded.unavailable, "call_failed")
        assert.strictEqual(ended?._tag === "RunRefused" && ended.code, "AUDIT_UNAVAILABLE")
        assert.deepStrictEqual((yield* ledgers.verify()).broken, [])
      }).pipe(Effect.provide(second.layer))
      assert.strictEqual(yield* second.asked, 0)
    }).pipe(Effect.scoped)
  )
})
