/** Lets many runs want one budget at the same moment, in one process and in several, and recounts what it came to. */
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Layer, Option, Ref, Stream } from "effect"
import { TestClock } from "effect/testing"
import { Budgets } from "../../../src/core/run/Budgets.ts"
import { Ledgers } from "../../../src/core/ledger/Ledgers.ts"
import { Recovery } from "../../../src/core/run/Recovery.ts"
import { Runs } from "../../../src/core/run/Runs.ts"
import { fallsOutAt, SLICE_MILLIS, sliceOf } from "../../../src/domain/run/Budget.ts"
import type { RuntimeFailure } from "../../../src/domain/Failure.ts"
import { Principal } from "../../../src/domain/Ids.ts"
import { Journal } from "../../../src/ports/Journal.ts"
import type { Delta, Provider } from "../../../src/ports/Provider.ts"
import { ScriptedProvider, TestRuntime } from "../../../src/testing.ts"
import { bundled } from "../../support/bundle.ts"
import { start } from "../../support/children.ts"
import { scene } from "../../support/coreScene.ts"
import { slowly } from "../../support/io3.ts"
import { edit } from "../../support/journalFile.ts"
import { folder } from "../../support/ledger.ts"

const local = Principal.make("local")
/** The worst case of a plain run is two calls: ten runs fit. */
const TEN_RUNS = { window_hours: 24, calls: 20 }
const RUNS = 64
const ADMITTED = 10

const run = Effect.flatMap(Runs, (runs) => runs.run(Runs.request("executor", "question")))
const account = (limits: Parameters<Budgets["Service"]["account"]>[1] = TEN_RUNS) =>
  Budgets.use((budgets) => budgets.account(local, limits))
const recount = Budgets.use((budgets) => budgets.recount)

const withBudget = (budgets: typeof TEN_RUNS) => ({
  ...TestRuntime.settings,
  runtime: { ...TestRuntime.settings.runtime, budgets }
})

/** What runs come to that all want the budget while no call of them ends. */
const crowd = (
  layerOf: (hold: Effect.Effect<void>) => Layer.Layer<Runs | Budgets | Ledgers | Journal, RuntimeFailure>
) =>
  Effect.gen(function* () {
    const calls = yield* Ref.make(0)
    const decided = yield* Ref.make(0)
    const gate = yield* Deferred.make<void>()
    const decide = Effect.flatMap(
      Ref.updateAndGet(decided, (n) => n + 1),
      (n) => (n === RUNS ? Deferred.succeed(gate, undefined) : Effect.void)
    )
    const hold = Ref.update(calls, (n) => n + 1).pipe(
      Effect.andThen(decide),
      Effect.andThen(Deferred.await(gate))
    )
    yield* Effect.gen(function* () {
      const one = Effect.exit(run).pipe(Effect.tap((exit) => (Exit.isFailure(exit) ? decide : Effect.void)))
      const fibers = yield* Effect.forEach(Array.from({ length: RUNS }), () => Effect.forkChild(one))
      yield* Deferred.await(gate)
      assert.strictEqual(yield* Ref.get(calls), ADMITTED, "each admitted run calls, and no other")
      assert.deepStrictEqual((yield* account()).reserved.calls, 2 * ADMITTED)
      const exits = yield* Effect.forEach(fibers, Fiber.join)
      assert.strictEqual(exits.filter(Exit.isSuccess).length, ADMITTED)
      const codes = exits.flatMap((exit) => Option.toArray(Exit.findErrorOption(exit)))
      assert.deepStrictEqual([...new Set(codes.map(({ code }) => code))], ["BUDGET_EXCEEDED"])

      // Each used one of its two calls: there is room for more now, and the next ones take one each.
      assert.deepInclude(yield* account(), {
        spent: { calls: ADMITTED, tokens: 2 * ADMITTED },
        reserved: { calls: 0, tokens: 0 },
        left: { calls: 10, tokens: null }
      })
      for (let left = 10; left >= 2; left--) yield* run
      const last = yield* Effect.flip(run)
      assert.deepInclude(last, { code: "BUDGET_EXCEEDED", limit: { actual: 21, allowed: 20, unit: "calls" } })
      assert.deepStrictEqual(yield* recount, [])

      const records = yield* (yield* Ledgers).recent(RUNS + 10)
      const refused = records.filter(({ standing }) => standing === "refused")
      assert.strictEqual(refused.length, RUNS - ADMITTED + 1)
      for (const { entries } of refused) {
        const tags = entries.map(({ event }) => event._tag)
        assert.strictEqual(tags.at(-1), "RunRefused")
        assert.notInclude(tags, "CallIntended")
      }
    }).pipe(Effect.provide(layerOf(hold)))
  })

describe("64 runs that want a budget for ten", slowly, () => {
  const model = (name: string, hold: Effect.Effect<void>): Provider => ({
    ...ScriptedProvider.make(name, []).provider,
    generate: (_, { messages }) =>
      Stream.fromIterable<Delta>([
        ...messages.slice(-1).map(({ content }) => ({ _tag: "Text", content }) as const),
        { _tag: "End", finish: "stop", inputTokens: 1, outputTokens: 1 }
      ]).pipe(Stream.onStart(hold))
  })

  it.effect("are ten in memory", () =>
    crowd((hold) =>
      TestRuntime.layer({
        providers: [model("drafter", hold), model("reserve", hold)],
        settings: withBudget(TEN_RUNS)
      })
    )
  )

  it.live("are ten in one file", () =>
    Effect.flatMap(folder, (directory) => crowd((hold) => scene({ directory, hold, budgets: TEN_RUNS })))
  )

  it.live("are ten when four processes have sixteen of them each", () =>
    Effect.gen(function* () {
      const program = yield* bundled("coreChild.ts")
      const directory = yield* folder
      const children = yield* Effect.forEach([1, 2, 3, 4], () =>
        start(process.execPath, [program, "crowd", directory, String(RUNS / 4)], "open")
      )
      const lines = () => children.flatMap((child) => child.lines)
      yield* Effect.sync(() => lines().length).pipe(
        Effect.delay("20 millis"),
        Effect.repeat({ until: (count) => count === RUNS })
      )
      assert.strictEqual(lines().filter((line) => line.includes("admitted")).length, ADMITTED)
      for (const child of children) child.process.stdin?.end()
      for (const child of children) assert.strictEqual(yield* child.ended, 0)
      for (const line of lines()) {
        if (line.includes("refused")) assert.deepStrictEqual(JSON.parse(line), { refused: "BUDGET_EXCEEDED" })
      }
      yield* Effect.gen(function* () {
        assert.deepInclude(yield* account(), { spent: { calls: ADMITTED, tokens: 2 * ADMITTED } })
        assert.deepStrictEqual(yield* recount, [])
      }).pipe(Effect.provide(scene({ directory })))
    })
  )
})

describe("an account", slowly, () => {
  const runtime = () =>
    TestRuntime.layer({
      providers: [
        ScriptedProvider.make("drafter", [
          { say: "one", inputTokens: 30, outputTokens: 12 },
          { say: "two", inputTokens: 5, outputTokens: 5 }
        ]).provider
      ]
    })

  it.effect("shows what was spent in the window, and when the oldest of it falls out", () =>
    Effect.gen(function* () {
      const begin = 1000 * SLICE_MILLIS
      const limits = { window_hours: 1, tokens: 60 }
      yield* TestClock.setTime(begin)
      assert.deepStrictEqual(yield* account(limits), {
        principal: local,
        window: { hours: 1, from: begin - 3_600_000 },
        limits: { calls: null, tokens: 60 },
        spent: { calls: 0, tokens: 0 },
        reserved: { calls: 0, tokens: 0 },
        left: { calls: null, tokens: 60 },
        next: null
      } as never)
      yield* run
      yield* TestClock.setTime(begin + 3 * SLICE_MILLIS)
      yield* run
      const both = yield* account(limits)
      assert.deepInclude(both, { spent: { calls: 2, tokens: 52 }, left: { calls: null, tokens: 8 } })
      const falls = fallsOutAt(sliceOf(begin), limits)
      assert.deepStrictEqual(both.next, { at: falls, calls: 1, tokens: 42 })
      yield* TestClock.setTime(falls - 1)
      assert.strictEqual((yield* account(limits)).spent.calls, 2)
      yield* TestClock.setTime(falls)
      assert.deepInclude(yield* account(limits), { spent: { calls: 1, tokens: 10 } })
      assert.deepInclude(yield* account(null), { left: { calls: null, tokens: null } })
    }).pipe(Effect.provide(runtime()))
  )

  it.effect("has nothing of another principal's", () =>
    Effect.gen(function* () {
      yield* run
      const other = yield* Budgets.use((budgets) => budgets.account(Principal.make("other"), TEN_RUNS))
      assert.deepInclude(other, { spent: { calls: 0, tokens: 0 }, next: null })
    }).pipe(Effect.provide(runtime()))
  )

  it.live("keeps a run charged whose process died during its call, before and after it is ended", () =>
    Effect.gen(function* () {
      const program = yield* bundled("coreChild.ts")
      const directory = yield* folder
      // Two files, the commit of the configuration, and as the sixteenth moment the commit of the first intent.
      const child = yield* start(process.execPath, [program, "once", directory, "15", "after"])
      yield* child.ended
      assert.include(child.lines.at(-1) ?? "", "ConfigLoaded")
      yield* Effect.gen(function* () {
        const open = yield* account()
        assert.strictEqual(open.reserved.calls, 2)
        assert.strictEqual((yield* (yield* Recovery).settle).length, 1)
        const [record] = yield* (yield* Ledgers).recent(1)
        const intended = record?.entries.find(({ event }) => event._tag === "CallIntended")?.event
        assert.ok(intended?._tag === "CallIntended")
        const { inputTokens, outputTokens } = intended.reserved
        assert.deepInclude(yield* account(), {
          spent: { calls: 1, tokens: inputTokens + outputTokens },
          reserved: { calls: 0, tokens: 0 }
        })
        assert.deepStrictEqual(yield* recount, [])
      }).pipe(Effect.provide(scene({ directory })))
    })
  )
})

describe("a recount", slowly, () => {
  it.live("names the counter that was changed, and by how much", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const here = <A, E>(effect: Effect.Effect<A, E, Runs | Budgets>) =>
        Effect.provide(effect, scene({ directory }))
      yield* here(Effect.andThen(run, run))
      assert.deepStrictEqual(yield* here(recount), [])
      yield* edit(directory, "UPDATE spending SET calls = calls - 1")
      const [miscount, ...others] = yield* here(recount)
      assert.deepStrictEqual(others, [])
      assert.deepInclude(miscount, {
        principal: local,
        counted: { calls: 1, tokens: 4 },
        evidenced: { calls: 2, tokens: 4 }
      })
      yield* edit(directory, "DELETE FROM spending")
      assert.deepInclude((yield* here(recount))[0], { counted: { calls: 0, tokens: 0 } })
    })
  )

  it.live("takes nothing for a difference that is written while it counts", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* Effect.gen(function* () {
        const writing = yield* Effect.forkChild(
          Effect.forEach(Array.from({ length: 8 }), () => Effect.repeat(run, { times: 2 }), {
            concurrency: "unbounded"
          })
        )
        let counted = 0
        while (writing.pollUnsafe() === undefined) {
          assert.deepStrictEqual(yield* recount, [])
          counted++
        }
        yield* Fiber.join(writing)
        assert.isAbove(counted, 1)
        assert.strictEqual((yield* account()).spent.calls, 24)
      }).pipe(Effect.provide(scene({ directory })))
    })
  )
})
