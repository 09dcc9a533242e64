import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Layer, Ref, Result, Stream } from "effect"
import * as MemoryJournal from "../../../src/adapters/journal/Memory.ts"
import { Runs } from "../../../src/core/run/Runs.ts"
import { Ledgers } from "../../../src/core/ledger/Ledgers.ts"
import { failure } from "../../../src/domain/Failure.ts"
import { Journal } from "../../../src/ports/Journal.ts"
import { TestRuntime } from "../../../src/testing.ts"
import { audited, codeOf, lastRun, scene, verdict } from "../../support/runs.ts"

describe("a failure after the first piece", () => {
  it.effect("ends the run with a receipt over the part that left", () => {
    const { layer } = scene({ drafter: [{ fail: "PROVIDER_OUTCOME_UNKNOWN", after: ["half"] }] })
    return Effect.gen(function* () {
      const result = yield* Effect.result(
        Stream.runDrain((yield* Runs).stream(Runs.request("executor", "question")))
      )
      assert.isTrue(Result.isFailure(result))
      const { standing, entries } = yield* lastRun
      assert.strictEqual(standing, "failed")
      const ending = entries.at(-1)?.event
      assert.strictEqual(ending?._tag === "RunFailed" && ending.receipt?.chars, 4)
    }).pipe(Effect.provide(layer))
  })
})

describe("what a follower did not take has not left", () => {
  it.effect("a follower that stops after one piece gets a receipt over that piece", () => {
    const { layer } = scene({ drafter: [{ say: ["one ", "two ", "three"] }] })
    return Effect.gen(function* () {
      const frames = (yield* Runs).stream(Runs.request("executor", "question"))
      assert.strictEqual((yield* Stream.runCollect(Stream.take(frames, 2))).length, 2)
      const { standing, entries } = yield* lastRun
      assert.strictEqual(standing, "cancelled")
      const ending = entries.at(-1)?.event
      assert.strictEqual(ending?._tag === "RunCancelled" && ending.receipt?.chars, "one".length)
    }).pipe(Effect.provide(layer))
  })

  it.effect("a follower that leaves before it has heard of the run cancels it", () => {
    const { drafter, layer } = scene({ drafter: [{ say: "one" }] })
    return Effect.gen(function* () {
      const gone = { accepted: () => Effect.never, outlet: null }
      const runs = yield* Runs
      const fiber = yield* Effect.forkChild(runs.run(Runs.request("executor", "question"), gone))
      const ledgers = yield* Ledgers
      const begun = Effect.map(ledgers.recent(1), (records) => records.length > 0)
      yield* Effect.repeat(begun, { until: (there) => there })
      yield* Fiber.interrupt(fiber)
      assert.strictEqual((yield* lastRun).standing, "cancelled")
      assert.strictEqual((yield* drafter.asked).length, 0)
    }).pipe(Effect.provide(layer))
  })
})

describe("a provider that breaks its word", () => {
  it.effect("about counts is not believed", () => {
    const { layer } = scene({
      drafter: [{ say: "draft", inputTokens: Number.MAX_SAFE_INTEGER, outputTokens: Number.NaN }]
    })
    return Effect.gen(function* () {
      const { released } = yield* (yield* Runs).run(Runs.request("executor", "question"))
      assert.strictEqual(released.receipt.usage.inputTokens, null)
      assert.strictEqual(released.receipt.usage.outputTokens, null)
    }).pipe(Effect.provide(layer))
  })

  it.effect("by throwing has failed its call, and its words go no further", () => {
    const { drafter } = scene({})
    const words = "CANARY-9c1e"
    const thrower = {
      ...drafter.provider,
      generate: () => {
        throw new Error(words)
      }
    }
    return Effect.gen(function* () {
      const exit = yield* Effect.exit((yield* Runs).run(Runs.request("executor", "question")))
      assert.strictEqual(codeOf(exit), "INTERNAL_ERROR")
      assert.notInclude(Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "", words)
      assert.strictEqual((yield* lastRun).standing, "failed")
    }).pipe(Effect.provide(TestRuntime.layer({ providers: [thrower] })))
  })

  it.effect("and a watcher that dies, end the run as well", () => {
    const { layer } = scene({ drafter: [{ say: "draft" }] })
    const words = "CANARY-9c1f"
    return Effect.gen(function* () {
      const outlet = () => Effect.die(new Error(words))
      const run = (yield* Runs).run(Runs.request("executor", "question"), {
        accepted: () => Effect.void,
        outlet
      })
      const exit = yield* Effect.exit(run)
      assert.notInclude(Exit.isFailure(exit) ? Cause.pretty(exit.cause) : words, words)
      assert.strictEqual((yield* lastRun).standing, "failed")
    }).pipe(Effect.provide(layer))
  })
})

describe("a journal that another process holds", () => {
  it.live("is waited for when an answer has been paid for, and not before", () => {
    const { drafter, judge } = scene({
      drafter: [{ say: "paid" }, { say: "paid, and judged" }],
      judge: [verdict("pass")]
    })
    const layerBusy = (busy: (commit: number) => boolean) =>
      Layer.effect(
        Journal,
        Effect.gen(function* () {
          const journal = yield* Journal
          const commits = yield* Ref.make(0)
          return Journal.of({
            ...journal,
            commit: (commit) =>
              Effect.flatMap(
                Ref.updateAndGet(commits, (n) => n + 1),
                (n) => (busy(n) ? Effect.fail(failure("JOURNAL_BUSY", "setup")) : journal.commit(commit))
              )
          })
        })
      ).pipe(Layer.provide(MemoryJournal.layer))
    const runtime = (busy: (commit: number) => boolean) =>
      TestRuntime.layer({ providers: [drafter.provider, judge.provider], journal: layerBusy(busy) })
    const run = Effect.flatMap(Runs, (runs) => runs.run(Runs.request("executor", "question")))

    return Effect.gen(function* () {
      // Commits: the configuration, the intent, then the settlement, which fails three times.
      const { released } = yield* run.pipe(Effect.provide(runtime((n) => n >= 3 && n <= 5)))
      assert.strictEqual(released.text, "paid")
      const exit = yield* Effect.exit(run.pipe(Effect.provide(runtime((n) => n === 2))))
      assert.strictEqual(codeOf(exit), "JOURNAL_BUSY")
      assert.strictEqual((yield* drafter.asked).length, 1)
      // A settled draft is to be committed with the audit's intent, and waits as well.
      const judged = Effect.flatMap(Runs, (runs) => runs.run(audited))
      const { receipt } = (yield* judged.pipe(Effect.provide(runtime((n) => n === 3)))).released
      assert.strictEqual(receipt.audit, "pass")
    })
  })
})

describe("a run that was never written", () => {
  it.effect("fails without a name that nobody could look up", () => {
    const full = Layer.effect(
      Journal,
      Effect.map(Journal, (inner) =>
        Journal.of({
          ...inner,
          commit: (commit) =>
            commit.appends.some(({ stream }) => stream.startsWith("run/"))
              ? Effect.fail(failure("JOURNAL_FULL", "setup"))
              : inner.commit(commit)
        })
      )
    ).pipe(Layer.provide(MemoryJournal.layer))
    return Effect.gen(function* () {
      const reason = yield* Effect.flip((yield* Runs).run(Runs.request("executor", "question")))
      assert.deepStrictEqual([reason.code, reason.run], ["JOURNAL_FULL", undefined])
    }).pipe(Effect.provide(TestRuntime.layer({ providers: [], journal: full })))
  })
})
