import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import * as MemoryJournal from "../../../src/adapters/journal/Memory.ts"
import { Ledgers } from "../../../src/core/ledger/Ledgers.ts"
import { Recovery } from "../../../src/core/run/Recovery.ts"
import { Runs } from "../../../src/core/run/Runs.ts"
import { isEnding } from "../../../src/domain/Event.ts"
import { failure } from "../../../src/domain/Failure.ts"
import type { Reply } from "../../../src/testing.ts"
import { folder } from "../../support/ledger.ts"
import {
  changing,
  codeOf,
  dyingAfter,
  faulty,
  journalIn,
  lastRun,
  sceneOver,
  type Script,
  verdict
} from "../../support/runs.ts"

const unreachable: Reply = { fail: "PROVIDER_UNAVAILABLE", fallback: "connection_refused" }

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
        const journal = changing(MemoryJournal.layer, (commit) => {
          const last = commit.appends.at(-1)?.events.at(-1)
          lasts.push(last === undefined ? "" : isEnding(last) ? "ending" : last._tag)
          return Effect.succeed(commit)
        })
        const { layer } = sceneOver(script, journal, yield* folder)
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

      // The journal takes nothing after the audit's intent, as if the process had died while that call was out.
      const first = sceneOver(
        { drafter: [{ say: "draft" }], judge: [verdict("pass")] },
        dyingAfter([3], journalIn(directory)),
        directory
      )
      yield* Effect.exit(
        Effect.provide(
          Runs.use((runs) => runs.run(request(true))),
          first.layer
        )
      )
      assert.strictEqual((yield* first.drafter.asked).length + (yield* first.judge.asked).length, 2)

      const second = sceneOver({ drafter: [{ say: "again" }] }, journalIn(directory), directory)
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
        assert.isNull(yield* faulty)
      }).pipe(Effect.provide(second.layer))
      assert.strictEqual((yield* second.drafter.asked).length + (yield* second.judge.asked).length, 0)
    }).pipe(Effect.scoped)
  )

  it.live("a run that could not be written after it was taken over is found again", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const dying = sceneOver(
        { drafter: [{ say: "draft" }] },
        dyingAfter([1], journalIn(directory)),
        directory
      )
      const asking = Runs.use((runs) => runs.run(request(false)))
      assert.isTrue(Exit.isFailure(yield* Effect.exit(Effect.provide(asking, dying.layer))))

      const failingOnce = changing(journalIn(directory), (commit, _, count) =>
        count === 1 ? Effect.fail(failure("JOURNAL_FULL", "setup")) : Effect.succeed(commit)
      )
      yield* Effect.gen(function* () {
        const recovery = yield* Recovery
        assert.strictEqual(codeOf(yield* Effect.exit(recovery.settle)), "JOURNAL_FULL")
        assert.strictEqual((yield* lastRun).standing, "running")
        assert.lengthOf(yield* recovery.settle, 1)
        assert.strictEqual((yield* lastRun).standing, "failed")
        assert.lengthOf(yield* recovery.settle, 0)
        assert.isNull(yield* faulty)
      }).pipe(Effect.provide(sceneOver({}, failingOnce, directory).layer))
    }).pipe(Effect.scoped)
  )
})
