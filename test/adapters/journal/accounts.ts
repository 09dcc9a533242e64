/** Owns what every journal must do with what is reserved, settled, scanned and erased, whatever keeps its rows. */
import { assert, describe, it, layer } from "@effect/vitest"
import { Effect, type Layer, Option, Schema } from "effect"
import { TestClock } from "effect/testing"
import {
  type Amount,
  nothing,
  plus,
  SLICE_MILLIS,
  total,
  windowFrom,
  type Spending
} from "../../../src/domain/run/Budget.ts"
import type { RuntimeFailure } from "../../../src/domain/Failure.ts"
import { ContentId, Principal, Timestamp } from "../../../src/domain/Ids.ts"
import type { Budgets } from "../../../src/domain/config/Settings.ts"
import { type Commit, Journal } from "../../../src/ports/Journal.ts"
import { append, cancelled, codeOf, commitOf, run, sealedOf, verified } from "../../support/ledger.ts"

const local = Principal.make("local")
const HOUR = 3_600_000
const DAY = { window_hours: 24 }
const amount = (calls: number, tokens = calls * 10): Amount => ({ calls, tokens })

const reserving = (name: string | number, wanted: Amount, budget: Budgets | null, who = local): Commit => ({
  ...commitOf(append(run(name), 0)),
  reserve: { principal: who, amount: wanted, budget }
})
const settling = (name: string | number, reservedAt: number, unused: Amount, who = local): Commit => ({
  ...commitOf(append(run(name), 1, { events: [cancelled] })),
  settle: { principal: who, reservedAt: Timestamp.make(reservedAt), unused }
})
const sum = (spending: ReadonlyArray<Spending>): Amount => spending.reduce<Amount>(plus, nothing)

/** Reservations and settlements of one principal, as a clock goes that may be set back. */
const Move = Schema.Struct({
  minutes: Schema.Int.check(Schema.isBetween({ minimum: -90, maximum: 120 })),
  calls: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 4 })),
  settles: Schema.Boolean
})

/** Runs the suite; `fresh` is an empty journal, each time it is built. */
export const accounts = (name: string, fresh: Layer.Layer<Journal>): void => {
  const test = (title: string, body: (journal: Journal["Service"]) => Effect.Effect<void, RuntimeFailure>) =>
    it.effect(title, () => Journal.use(body).pipe(Effect.provide(fresh)))

  describe(`accounts: ${name}`, () => {
    test("adds up what is reserved, by principal and slice, and gives back what is settled", (journal) =>
      Effect.gen(function* () {
        const other = Principal.make("other")
        yield* TestClock.setTime(10 * SLICE_MILLIS)
        const { at } = yield* journal.commit(reserving(1, amount(3), null))
        yield* journal.commit(reserving(2, amount(2), null))
        yield* journal.commit(reserving(3, amount(1), null, other))
        yield* TestClock.setTime(12 * SLICE_MILLIS)
        yield* journal.commit(settling(1, at, amount(2)))
        yield* journal.commit(reserving(4, amount(5), null))
        assert.deepStrictEqual(yield* journal.spending(0), [
          { principal: local, slice: 10, ...amount(3) },
          { principal: local, slice: 12, ...amount(5) },
          { principal: other, slice: 10, ...amount(1) }
        ])
        assert.deepStrictEqual(yield* journal.spending(11), [{ principal: local, slice: 12, ...amount(5) }])
        yield* journal.commit(settling(2, at, amount(2)))
        yield* journal.commit(settling(4, 12 * SLICE_MILLIS, amount(5)))
        assert.deepStrictEqual(
          (yield* journal.spending(0)).map(({ slice, calls }) => [slice, calls]),
          [
            [10, 1],
            [10, 1]
          ],
          "a slice that is empty again is not listed"
        )
      }))

    test("refuses what does not fit, writes nothing of it, and lets the others of its batch be", (journal) =>
      Effect.gen(function* () {
        const budget = { ...DAY, calls: 4, tokens: 100 }
        const codes = yield* Effect.forEach(
          [
            reserving(1, amount(3), budget),
            reserving(2, amount(2), budget),
            reserving(3, amount(1, 71), budget),
            reserving(4, amount(1, 70), budget),
            reserving(5, amount(0, 1), budget),
            reserving(6, amount(0, 0), budget),
            commitOf(append(run(7), 0))
          ],
          (commit) => codeOf(journal.commit(commit)),
          { concurrency: "unbounded" }
        )
        const refused = "BUDGET_EXCEEDED"
        assert.deepStrictEqual(codes, [null, refused, refused, null, refused, null, null])
        assert.deepStrictEqual(sum(yield* journal.spending(0)), amount(4, 100))
        for (const name of [2, 3, 5]) assert.isTrue(Option.isNone(yield* journal.info(run(name))))
        assert.strictEqual(yield* journal.head, 4)
      }))

    test("charges nothing for a commit that conflicts, and nothing twice in its batch", (journal) =>
      Effect.gen(function* () {
        const budget = { ...DAY, calls: 4 }
        const sealed = [sealedOf("prompt", [1])]
        yield* journal.commit(commitOf(append(run(0), 0, { sealed })))
        const twice = {
          ...commitOf(append(run(0), 1, { sealed })),
          reserve: { principal: local, amount: amount(1), budget }
        }
        const stale = { ...twice, appends: [append(run(0), 7)] }
        const codes = yield* Effect.forEach(
          [
            reserving(1, amount(2), budget),
            twice,
            stale,
            reserving(2, amount(2), budget),
            reserving(3, amount(1), budget)
          ],
          (commit) => codeOf(journal.commit(commit)),
          { concurrency: "unbounded" }
        )
        const conflict = "JOURNAL_CONFLICT"
        assert.deepStrictEqual(codes, [null, conflict, conflict, null, "BUDGET_EXCEEDED"])
        assert.deepStrictEqual(sum(yield* journal.spending(0)), amount(4))
      }))

    // One journal for all of these: each life has a principal and streams of its own.
    layer(fresh)((shared) => {
      let lives = 0
      shared.effect.prop(
        "whatever the clock does, a window holds at least what was spent inside of it",
        [Schema.Array(Move).check(Schema.isMaxLength(12))],
        ([moves]) =>
          Journal.use((journal) =>
            Effect.gen(function* () {
              const name = ++lives
              const principal = Principal.make(`principal-${name}`)
              const budget = { window_hours: 1, calls: 6 }
              const listed = (from: number) =>
                Effect.map(journal.spending(from), (spending) => total(spending, principal).calls)
              let now = 100 * HOUR
              const kept: Array<{ readonly at: number; readonly calls: number }> = []
              for (const [index, { minutes, calls, settles }] of moves.entries()) {
                yield* TestClock.setTime((now += minutes * 60_000))
                const used = kept
                  .filter(({ at }) => at > now - HOUR)
                  .reduce((spent, one) => spent + one.calls, 0)
                const before = yield* listed(windowFrom(now, budget))
                assert.isAtLeast(before, used)
                const stream = `${name}.${index}`
                const code = yield* codeOf(
                  journal.commit(reserving(stream, amount(calls), budget, principal))
                )
                assert.strictEqual(code, before + calls > 6 ? "BUDGET_EXCEEDED" : null)
                if (code !== null) continue
                const unused = settles ? Math.floor(calls / 2) : 0
                if (settles) yield* journal.commit(settling(stream, now, amount(unused), principal))
                kept.push({ at: now, calls: calls - unused })
              }
              assert.strictEqual(
                yield* listed(0),
                kept.reduce((spent, { calls }) => spent + calls, 0)
              )
            })
          ),
        { arbitrary: { runs: 20 } }
      )
    })

    test("scans all streams in the order of their positions, page by page", (journal) =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* journal.scan(0, 10), [])
        for (let seq = 0; seq < 4; seq++) {
          yield* journal.commit(commitOf(append(run("a"), seq), append(run("b"), seq)))
        }
        const all = yield* journal.scan(0, 100)
        assert.deepStrictEqual(
          all.map(({ position, stream, seq }) => [position, stream, seq]),
          Array.from({ length: 8 }, (_, index) => [
            index + 1,
            run(index % 2 === 0 ? "a" : "b"),
            Math.floor(index / 2) + 1
          ])
        )
        assert.deepStrictEqual(yield* journal.scan(3, 2), all.slice(3, 5))
        assert.deepStrictEqual(yield* journal.scan(8, 2), [])
        verified(
          run("a"),
          all.filter(({ stream }) => stream === run("a"))
        )
      }))

    test("erases a stream's key and texts, those of the same append included, and no row", (journal) =>
      Effect.gen(function* () {
        const key = Uint8Array.of(7, 7)
        for (const name of ["a", "b"]) {
          const sealed = [sealedOf("prompt", [1, 2]), sealedOf("draft.1", [3])]
          yield* journal.commit(commitOf(append(run(name), 0, { sealed, key })))
        }
        const last = { sealed: [sealedOf("draft.2", [4])], events: [cancelled], erase: true } as const
        const stale = yield* codeOf(journal.commit(commitOf(append(run("a"), 0, last))))
        assert.strictEqual(stale, "JOURNAL_CONFLICT")
        assert.isTrue(Option.isSome(yield* journal.key(run("a"))), "a conflict erases nothing")
        yield* journal.commit(commitOf(append(run("a"), 1, last)))
        assert.isTrue(yield* journal.scrub)
        const found = (name: string) =>
          Effect.forEach(["prompt", "draft.1", "draft.2"], (id) =>
            Effect.map(journal.sealed(run(name), ContentId.make(id)), Option.isSome)
          )
        assert.deepStrictEqual(yield* found("a"), [false, false, false])
        assert.isTrue(Option.isNone(yield* journal.key(run("a"))))
        assert.deepStrictEqual(yield* found("b"), [true, true, false])
        assert.deepStrictEqual([...Option.getOrThrow(yield* journal.key(run("b")))], [7, 7])
        assert.strictEqual(verified(run("a"), yield* journal.read(run("a"))).seq, 2)
      }))

    test("has nothing to scrub where nothing was erased", (journal) =>
      Effect.gen(function* () {
        assert.isTrue(yield* journal.scrub)
        yield* journal.commit(commitOf(append(run("a"), 0)))
        assert.isTrue(yield* journal.scrub)
      }))
  })
}
