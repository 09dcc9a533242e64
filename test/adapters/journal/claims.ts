/** Owns what every journal must do with the keys that requests come with, whatever keeps its rows. */
import { assert, describe, it, layer } from "@effect/vitest"
import { Effect, type Layer, Option, Schema } from "effect"
import { TestClock } from "effect/testing"
import type { RuntimeFailure } from "../../../src/domain/Failure.ts"
import { Digest, Principal } from "../../../src/domain/Ids.ts"
import { KEPT_MILLIS } from "../../../src/domain/server/Idempotency.ts"
import { type Claim, type Commit, Journal } from "../../../src/ports/Journal.ts"
import { append, codeOf, commitOf, run } from "../../support/ledger.ts"

const local = Principal.make("local")
const digest = (of: number) => Digest.make(String(of).padStart(64, "0"))
const DAYS = 10

const claim = (key: number, attempt: string, stream: string | number, principal = local): Claim => ({
  principal,
  key: digest(key),
  request: digest(7),
  attempt,
  subject: run(stream)
})
/** Begins a run for whoever has this key. */
const beginning = (of: Claim): Commit => ({
  ...commitOf({ ...append(run("x"), 0), stream: of.subject }),
  idempotency: of
})
const answering = ({ principal, key }: Claim, attempt: string, ...bytes: ReadonlyArray<number>): Commit => ({
  appends: [],
  answer: { principal, key, attempt, sealed: Uint8Array.from(bytes) }
})

const few = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2 }))
/** Whoever asks with a key, after so many half days. */
const Ask = Schema.Struct({ key: few, attempt: few, after: few })

/** Runs the suite; `fresh` is an empty journal, each time it is built. */
export const claims = (name: string, fresh: Layer.Layer<Journal>): void => {
  const test = (title: string, body: (journal: Journal["Service"]) => Effect.Effect<void, RuntimeFailure>) =>
    it.effect(title, () => Journal.use(body).pipe(Effect.provide(fresh)))
  const found = (journal: Journal["Service"], of: Claim) => Effect.map(journal.claimed(of), Option.getOrNull)

  describe(`claims: ${name}`, () => {
    test("are written with what they are for, or not at all, and one attempt has a key", (journal) =>
      Effect.gen(function* () {
        yield* TestClock.setTime(DAYS * KEPT_MILLIS)
        const one = claim(1, "a", "one")
        assert.isNull(yield* found(journal, one))
        yield* journal.commit(beginning(one))
        assert.deepStrictEqual(yield* found(journal, one), {
          ...one,
          at: (yield* journal.read(run("one")))[0]!.at,
          answer: null
        })
        const others = yield* Effect.forEach(
          [claim(1, "b", "two"), claim(1, "c", "three"), claim(2, "b", "four")],
          (other) => codeOf(journal.commit(beginning(other))),
          { concurrency: "unbounded" }
        )
        assert.deepStrictEqual(others, ["IDEMPOTENCY_IN_PROGRESS", "IDEMPOTENCY_IN_PROGRESS", null])
        for (const name of ["two", "three"]) assert.isTrue(Option.isNone(yield* journal.info(run(name))))
        // The same attempt says it again; somebody else's key of that name is another one.
        yield* journal.commit({ ...commitOf(append(run("one"), 1)), idempotency: one })
        yield* journal.commit(beginning(claim(1, "d", "five", Principal.make("other"))))
        assert.strictEqual((yield* found(journal, one))?.subject, run("one"))
        // What conflicts uses no key up.
        const stale = { ...commitOf(append(run("one"), 1)), idempotency: claim(3, "e", "one") }
        assert.strictEqual(yield* codeOf(journal.commit(stale)), "JOURNAL_CONFLICT")
        assert.isNull(yield* found(journal, claim(3, "e", "one")))
        assert.strictEqual(yield* journal.head, 4)
      }))

    test("keep the first answer of the attempt that has them, beside no row", (journal) =>
      Effect.gen(function* () {
        const one = claim(1, "a", "one")
        yield* journal.commit(answering(one, "a", 9))
        assert.isNull(yield* found(journal, one))
        yield* journal.commit(beginning(one))
        yield* journal.commit(answering(one, "b", 8))
        assert.isNull((yield* found(journal, one))?.answer)
        const { position, sequences } = yield* journal.commit(answering(one, "a", 1, 2))
        assert.deepStrictEqual([position, sequences], [1, []])
        yield* journal.commit(answering(one, "a", 3))
        assert.deepStrictEqual([...((yield* found(journal, one))?.answer ?? [])], [1, 2])
      }))

    test("are kept for a day and free after that, and make room for one another", (journal) =>
      Effect.gen(function* () {
        yield* TestClock.setTime(DAYS * KEPT_MILLIS)
        const many = Array.from({ length: 40 }, (_, index) => claim(index, "a", index))
        for (const one of many) yield* journal.commit(beginning(one))
        yield* journal.commit(answering(many[0]!, "a", 1))
        yield* TestClock.adjust(KEPT_MILLIS)
        assert.isNotNull(yield* found(journal, many[0]!))
        assert.strictEqual(
          yield* codeOf(journal.commit(beginning(claim(0, "b", "late")))),
          "IDEMPOTENCY_IN_PROGRESS"
        )
        yield* TestClock.adjust(1)
        assert.isNull(yield* found(journal, many[0]!))
        const again = claim(0, "b", "again")
        yield* journal.commit(beginning(again))
        assert.deepInclude(yield* found(journal, again), { attempt: "b", answer: null })
        // A few with each new one: a clock that is set back finds that they are gone.
        yield* journal.commit(beginning(claim(100, "b", "more")))
        yield* journal.commit(beginning(claim(101, "b", "still")))
        yield* TestClock.setTime(DAYS * KEPT_MILLIS)
        const left = yield* Effect.filter(many, (one) => Effect.map(found(journal, one), (is) => is !== null))
        assert.deepStrictEqual(
          left.map(({ key }) => key),
          [digest(0)]
        )
      }))

    // One journal for all of these: each life has a principal and streams of its own.
    layer(fresh)((shared) => {
      let lives = 0
      shared.effect.prop(
        "hold, whoever asks for what",
        [Schema.Array(Ask).check(Schema.isMaxLength(12))],
        ([asks]) =>
          Journal.use((journal) =>
            Effect.gen(function* () {
              const life = ++lives
              const principal = Principal.make(`principal-${life}`)
              const holders = new Map<number, { readonly attempt: number; readonly at: number }>()
              let now = DAYS * KEPT_MILLIS
              for (const [index, { key, attempt, after }] of asks.entries()) {
                yield* TestClock.setTime((now += (after * KEPT_MILLIS) / 2 + 1))
                const holder = holders.get(key)
                const isFree = holder === undefined || now - holder.at > KEPT_MILLIS
                const stream = `${life}.${index}`
                const wanted = claim(key, String(attempt), stream, principal)
                const isIn = isFree || holder?.attempt === attempt
                assert.strictEqual(
                  yield* codeOf(journal.commit(beginning(wanted))),
                  isIn ? null : "IDEMPOTENCY_IN_PROGRESS"
                )
                assert.strictEqual(Option.isSome(yield* journal.info(run(stream))), isIn)
                if (isFree) holders.set(key, { attempt, at: now })
                const known = yield* found(journal, wanted)
                assert.strictEqual(known?.attempt, String(holders.get(key)?.attempt))
              }
            })
          ),
        { arbitrary: { runs: 20 } }
      )
    })
  })
}
