/** Owns what every journal must do, whatever keeps its rows. */
import { assert, describe, it, layer } from "@effect/vitest"
import { Effect, Exit, Fiber, type Layer, Option, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import type { Event } from "../../../src/domain/Event.ts"
import type { RuntimeFailure } from "../../../src/domain/Failure.ts"
import { ContentId, StreamId } from "../../../src/domain/Ids.ts"
import { decode } from "../../../src/domain/ledger/Ledger.ts"
import { Journal, type StreamFilter } from "../../../src/ports/Journal.ts"
import {
  append,
  cancelled,
  certified,
  codeOf,
  commitOf,
  run,
  sealedOf,
  verified
} from "../../support/ledger.ts"

/** Short programs of racing writers: how many, on how many streams, how many commits each. */
const Race = Schema.Struct({
  writers: Schema.Literals([1, 2, 5, 16]),
  streams: Schema.Literals([1, 2, 4]),
  commits: Schema.Literals([1, 3]),
  events: Schema.Literals([1, 2])
})

const everything: StreamFilter = { prefix: "run/", openOnly: false, before: null, limit: 100 }

/** Runs the suite; `fresh` is an empty journal, each time it is built. */
export const contract = (name: string, fresh: Layer.Layer<Journal>): void => {
  const test = (title: string, body: (journal: Journal["Service"]) => Effect.Effect<void, RuntimeFailure>) =>
    it.effect(title, () => Journal.use(body).pipe(Effect.provide(fresh)))

  describe(`journal: ${name}`, () => {
    test("is empty at first", (journal) =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* journal.read(run("a")), [])
        assert.deepStrictEqual(yield* journal.streams(everything), [])
        assert.strictEqual(yield* journal.head, 0)
        assert.isTrue(Option.isNone(yield* journal.info(run("a"))))
        assert.isTrue(Option.isNone(yield* journal.key(run("a"))))
        assert.isTrue(Option.isNone(yield* journal.sealed(run("a"), ContentId.make("prompt"))))
      }))

    test("numbers rows in their stream and in the whole, and chains them", (journal) =>
      Effect.gen(function* () {
        const events = [certified(1), certified(2)]
        const first = yield* journal.commit(commitOf(append(run("a"), 0, { events })))
        assert.deepInclude(first, { position: 2, sequences: [2] })
        const second = yield* journal.commit(
          commitOf(append(run("b"), 0, { events }), append(run("a"), 2, { events: [cancelled] }))
        )
        assert.deepInclude(second, { position: 5, sequences: [2, 3] })
        assert.strictEqual(yield* journal.head, 5)
        const rows = yield* journal.read(run("a"))
        assert.deepStrictEqual(
          rows.map(({ seq, position }) => [seq, position]),
          [
            [1, 1],
            [2, 2],
            [3, 5]
          ]
        )
        assert.deepStrictEqual(
          rows.map(({ payload }) => Option.getOrThrow(decode(payload))),
          [...events, cancelled]
        )
        assert.strictEqual(verified(run("a"), rows).seq, 3)
        assert.deepStrictEqual(
          (yield* journal.read(run("a"), 2)).map(({ seq }) => seq),
          [3]
        )
      }))

    test("writes nothing of a commit that conflicts in any stream", (journal) =>
      Effect.gen(function* () {
        yield* journal.commit(commitOf(append(run("a"), 0)))
        for (const stale of [append(run("a"), 0), append(run("a"), 2), append(run("new"), 1)]) {
          assert.strictEqual(
            yield* codeOf(
              journal.commit(commitOf(append(run("b"), 0, { sealed: [sealedOf("prompt", [1])] }), stale))
            ),
            "JOURNAL_CONFLICT"
          )
        }
        assert.deepStrictEqual(yield* journal.read(run("b")), [])
        assert.isTrue(Option.isNone(yield* journal.sealed(run("b"), ContentId.make("prompt"))))
        assert.strictEqual((yield* journal.commit(commitOf(append(run("b"), 0)))).position, 2)
      }))

    test("lets a conflict fail alone among commits that arrive together", (journal) =>
      Effect.gen(function* () {
        yield* journal.commit(commitOf(append(run(0), 0)))
        const exits = yield* Effect.forEach(
          [append(run(1), 0), append(run(0), 0), append(run(2), 0), append(run(2), 0), append(run(2), 1)],
          (one) => Effect.exit(journal.commit(commitOf(one))),
          { concurrency: "unbounded" }
        )
        assert.deepStrictEqual(exits.map(Exit.isSuccess), [true, false, true, false, true])
        assert.strictEqual((yield* journal.read(run(2))).length, 2)
      }))

    test("seals a text once, and a second sealing fails alone", (journal) =>
      Effect.gen(function* () {
        const sealed = [sealedOf("prompt", [1, 2, 3]), sealedOf("draft.1")]
        yield* journal.commit(commitOf(append(run("a"), 0, { sealed, key: Uint8Array.of(7, 7) })))
        const [again, other, twice] = yield* Effect.forEach(
          [
            append(run("a"), 1, { sealed: [sealedOf("draft.2", [4]), sealedOf("prompt", [9])] }),
            append(run("b"), 0),
            append(run("c"), 0, { sealed: [sealedOf("prompt", [1]), sealedOf("prompt", [2])] })
          ],
          (one) => Effect.exit(journal.commit(commitOf(one))),
          { concurrency: "unbounded" }
        )
        assert.deepStrictEqual(
          [again, other, twice].map((exit) => Exit.isSuccess(exit!)),
          [false, true, false]
        )
        const bytes = (id: string, stream = run("a")) =>
          Effect.map(journal.sealed(stream, ContentId.make(id)), (found) =>
            Option.match(found, {
              onNone: (): ReadonlyArray<string | number> | null => null,
              onSome: (text): ReadonlyArray<string | number> => [text.id, ...text.bytes]
            })
          )
        assert.deepStrictEqual(yield* bytes("prompt"), ["prompt", 1, 2, 3])
        assert.deepStrictEqual(yield* bytes("draft.1"), ["draft.1"])
        assert.isNull(yield* bytes("draft.2"))
        assert.isNull(yield* bytes("prompt", run("c")))
        assert.isNull(yield* bytes("prompt", run("b")))
        assert.deepStrictEqual([...Option.getOrThrow(yield* journal.key(run("a")))], [7, 7])
        assert.isTrue(Option.isNone(yield* journal.key(run("b"))))
      }))

    test("says how a stream begins and where it stands in one look", (journal) =>
      Effect.gen(function* () {
        assert.isTrue(Option.isNone(yield* journal.ends(run("a"))))
        for (const [expected, events] of [
          [certified(1)],
          [certified(2)],
          [certified(3), cancelled]
        ].entries()) {
          yield* journal.commit(commitOf(append(run("a"), expected, { events })))
          yield* journal.commit(commitOf(append(run("b"), expected, { events })))
          const ends = Option.getOrThrow(yield* journal.ends(run("a")))
          const rows = yield* journal.read(run("a"))
          assert.deepStrictEqual(Option.some(ends.info), yield* journal.info(run("a")))
          assert.deepStrictEqual(ends.rows, rows.length === 1 ? rows : [rows[0], rows.at(-1)])
        }
      }))

    // One journal for all of these: each race has streams of its own.
    layer(fresh)((shared) => {
      let races = 0
      let last = 0
      shared.effect.prop(
        "has one winner for each sequence, and no gaps",
        [Race],
        ([race]) =>
          Journal.use((journal) =>
            Effect.gen(function* () {
              const name = ++races
              const streams = Array.from({ length: race.streams }, (_, index) => run(`${name}.${index}`))
              const events = Array.from({ length: race.events }, () => certified(1))
              const writer = Effect.gen(function* () {
                for (let won = 0; won < race.commits;) {
                  const appends = yield* Effect.forEach(streams, (stream) =>
                    Effect.map(journal.read(stream), ({ length }) => append(stream, length, { events }))
                  )
                  const exit = yield* Effect.exit(journal.commit(commitOf(...appends)))
                  if (Exit.isFailure(exit)) continue
                  won++
                  assert.deepStrictEqual(
                    exit.value.sequences,
                    appends.map(({ expected }) => expected + race.events)
                  )
                }
              })
              const writers = Array.from({ length: race.writers }, () => writer)
              yield* Effect.all(writers, { concurrency: "unbounded" })
              const length = race.writers * race.commits * race.events
              const rows = yield* Effect.forEach(streams, (stream) => journal.read(stream))
              rows.forEach((found, index) => assert.strictEqual(verified(streams[index]!, found).seq, length))
              const positions = rows.flat().map(({ position }) => position)
              assert.deepStrictEqual(
                positions.toSorted((one, other) => one - other),
                Array.from({ length: length * race.streams }, () => ++last)
              )
            })
          ),
        { arbitrary: { runs: 10 } }
      )
    })

    test("keeps the time of a stream from running backwards", (journal) =>
      Effect.gen(function* () {
        for (const [expected, time] of [5_000, 9_000, 2_000, 10_000].entries()) {
          yield* TestClock.setTime(time)
          yield* journal.commit(commitOf(append(run("a"), expected)))
        }
        const rows = yield* journal.read(run("a"))
        assert.deepStrictEqual(
          rows.map(({ at }): number => at),
          [5_000, 9_000, 9_000, 10_000]
        )
        verified(run("a"), rows)
      }))

    test("writes no field an event's schema does not name", (journal) =>
      Effect.gen(function* () {
        const event: Event = Object.assign({ note: "unnamed-field-canary" }, cancelled)
        yield* journal.commit(commitOf(append(run("a"), 0, { events: [event] })))
        const [row] = yield* journal.read(run("a"))
        assert.notInclude(row!.payload, "canary")
        assert.deepStrictEqual(Option.getOrThrow(decode(row!.payload)), cancelled)
      }))

    test("takes an append without events for a bug", (journal) =>
      Effect.gen(function* () {
        const exit = yield* Effect.exit(journal.commit(commitOf(append(run("a"), 0, { events: [] }))))
        assert.isTrue(Exit.hasDies(exit))
        assert.strictEqual((yield* journal.commit(commitOf(append(run("a"), 0)))).position, 1)
      }))

    test("lists streams newest first, by page, prefix and whether something is left to do", (journal) =>
      Effect.gen(function* () {
        for (let index = 1; index <= 5; index++) {
          const events = index % 2 === 0 ? [certified(1), cancelled] : [certified(1)]
          yield* journal.commit(commitOf(append(run(index), 0, { events })))
        }
        yield* journal.commit(commitOf(append(StreamId.make("session/run"), 0)))
        yield* journal.commit(commitOf(append(run(1), 1)))
        const names = (filter: Partial<StreamFilter>) =>
          Effect.map(journal.streams({ ...everything, ...filter }), (found) =>
            found.map(({ stream }): string => stream)
          )
        assert.deepStrictEqual(yield* names({}), ["run/5", "run/4", "run/3", "run/2", "run/1"])
        assert.deepStrictEqual(yield* names({ openOnly: true }), ["run/5", "run/3", "run/1"])
        assert.deepStrictEqual(yield* names({ prefix: "session/" }), ["session/run"])
        assert.deepStrictEqual(yield* names({ prefix: "", limit: 2 }), ["session/run", "run/5"])
        const page = yield* journal.streams({ ...everything, limit: 2 })
        assert.deepStrictEqual(yield* names({ limit: 2, before: page[1]!.first }), ["run/3", "run/2"])
        assert.deepStrictEqual(yield* names({ before: 1 }), [])
        const info = Option.getOrThrow(yield* journal.info(run(1)))
        assert.deepStrictEqual(page.length, 2)
        assert.deepStrictEqual((yield* journal.streams(everything)).at(-1), info)
        const rows = yield* journal.read(run(1))
        assert.deepStrictEqual(info, {
          stream: run(1),
          seq: 2,
          head: rows[1]!.hash,
          at: rows[1]!.at,
          first: 1,
          owner: journal.owner,
          open: true,
          alive: true
        })
      }))

    test("gives nobody a stream whose owner lives, or that does not exist", (journal) =>
      Effect.gen(function* () {
        yield* journal.commit(commitOf(append(run("a"), 0)))
        assert.strictEqual(yield* codeOf(journal.adopt(run("a"))), "JOURNAL_CONFLICT")
        assert.strictEqual(yield* codeOf(journal.adopt(run("b"))), "JOURNAL_CONFLICT")
      }))

    test("follows a stream: the rows there are, then each new one, once", (journal) =>
      Effect.gen(function* () {
        yield* journal.commit(commitOf(append(run("a"), 0, { events: [certified(1), certified(2)] })))
        const all = yield* Effect.forkChild(
          journal.follow(run("a"), 0).pipe(Stream.take(12), Stream.runCollect)
        )
        const later = yield* Effect.forkChild(
          journal.follow(run("a"), 7).pipe(Stream.take(5), Stream.runCollect)
        )
        for (let seq = 2; seq < 12; seq++) {
          yield* journal.commit(commitOf(append(run("a"), seq)))
          yield* journal.commit(commitOf(append(run("other"), seq - 2)))
        }
        const rows = yield* Fiber.join(all)
        assert.deepStrictEqual(rows, [...(yield* journal.read(run("a")))])
        assert.deepStrictEqual(
          (yield* Fiber.join(later)).map(({ seq }) => seq),
          [8, 9, 10, 11, 12]
        )
      }))

    test("follows all streams: the rows there are, then each new one, once and in their places", (journal) =>
      Effect.gen(function* () {
        yield* journal.commit(commitOf(append(run("a"), 0, { events: [certified(1), certified(2)] })))
        const first = yield* journal.head
        const all = yield* Effect.forkChild(
          journal.followAll(first - 1).pipe(Stream.take(21), Stream.runCollect)
        )
        for (let seq = 2; seq < 12; seq++) {
          yield* journal.commit(commitOf(append(run("a"), seq)))
          yield* journal.commit(commitOf(append(run("other"), seq - 2)))
        }
        assert.deepStrictEqual(yield* Fiber.join(all), [...(yield* journal.scan(first - 1, 21))])
        const many = Array.from({ length: 1100 }, () => certified(1))
        yield* journal.commit(commitOf(append(run("b"), 0, { events: many })))
        const late = yield* journal.followAll(first + 20).pipe(Stream.take(1100), Stream.runCollect)
        assert.deepStrictEqual(new Set(late.map(({ stream }) => stream)), new Set([run("b")]))
        assert.strictEqual(late.at(-1)?.position, first + 1120)
      }))
  })
}
