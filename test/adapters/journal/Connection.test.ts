/** Holds both ways to a store to answering every question once, also those nobody can answer any more. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer } from "effect"
import { type Ask, inThread, inWorker } from "../../../src/adapters/journal/Connection.ts"
import { Followers } from "../../../src/adapters/journal/Followers.ts"
import { thisProcess } from "../../../src/adapters/journal/Owner.ts"
import * as Sqlite from "../../../src/adapters/journal/Sqlite.ts"
import { SqliteStore } from "../../../src/adapters/journal/SqliteStore.ts"
import type { Entry } from "../../../src/adapters/journal/Store.ts"
import { calling, make } from "../../../src/adapters/journal/StoreJournal.ts"
import type { RuntimeFailure } from "../../../src/domain/Failure.ts"
import { encode } from "../../../src/domain/ledger/Ledger.ts"
import { Journal } from "../../../src/ports/Journal.ts"
import { append, certified, codeOf, commitOf, folder, run } from "../../support/ledger.ts"

const owner = thisProcess(0)
const entry: Entry = {
  at: 1,
  appends: [
    {
      stream: run("a"),
      expected: 0,
      sealed: [],
      key: null,
      payloads: [encode(certified(1))],
      open: true,
      notices: []
    }
  ]
}
const ways: ReadonlyArray<readonly [string, (directory: string) => Ask]> = [
  ["in this thread", (directory) => inThread(new SqliteStore(directory, owner))],
  ["in a worker", (directory) => inWorker({ directory, owner })]
]

for (const [name, connect] of ways) {
  describe(`a store ${name}`, () => {
    it.live("answers what was asked before it was closed, and is unavailable after", () =>
      Effect.gen(function* () {
        const ask = connect(yield* folder)
        const journal = make(ask, owner.id, new Followers())
        yield* journal.commit(commitOf(append(run("a"), 0)))
        const [before, , ...after] = yield* Effect.all(
          [
            codeOf(journal.read(run("a"))),
            codeOf(calling(ask)("close")),
            codeOf(journal.read(run("a"))),
            codeOf(journal.commit(commitOf(append(run("a"), 1))))
          ],
          { concurrency: "unbounded" }
        )
        assert.isNull(before)
        assert.deepStrictEqual(after, ["JOURNAL_UNAVAILABLE", "JOURNAL_UNAVAILABLE"])
        assert.strictEqual(yield* codeOf(journal.read(run("a"))), "JOURNAL_UNAVAILABLE")
      })
    )

    it.live("answers what was asked together in the order in which it was asked", () =>
      Effect.gen(function* () {
        const ask = connect(yield* folder)
        const journal = make(ask, owner.id, new Followers())
        const heard: Array<string> = []
        const told = <A>(name: string, answered: Effect.Effect<A, RuntimeFailure>) =>
          Effect.tap(answered, () => Effect.sync(() => heard.push(name)))
        const [before, , after] = yield* Effect.all(
          [
            told("before", calling(ask)("head")),
            told("commit", calling(ask)("commit", [entry])),
            told("after", calling(ask)("head")),
            ...Array.from({ length: 40 }, (_, at) => told(`${at}`, journal.read(run("a"))))
          ] as const,
          { concurrency: "unbounded" }
        )
        assert.deepStrictEqual([before, after], [0, 1])
        assert.deepStrictEqual(heard, [
          "before",
          "commit",
          "after",
          ...Array.from({ length: 40 }, (_, at) => `${at}`)
        ])
        yield* calling(ask)("close")
      })
    )
  })
}

describe("a commit that is interrupted", () => {
  it.live("was written, and whoever waits for the interruption knows that it was", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* Journal.use(
        Effect.fnUntraced(function* (journal) {
          const commit = journal.commit(commitOf(append(run("a"), 0)))
          const fiber = yield* Effect.forkChild(commit, { startImmediately: true })
          yield* Fiber.interrupt(fiber)
          assert.isTrue(Exit.isFailure(yield* Fiber.await(fiber)))
          assert.strictEqual((yield* journal.read(run("a"))).length, 1)
        })
      ).pipe(Effect.provide(Layer.fresh(Sqlite.layer({ directory, mode: "worker" }))))
    })
  )
})
