/** Holds both ways to a store to answering every question once, also those nobody can answer any more. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer } from "effect"
import { type Ask, inThread, inWorker } from "../../../src/adapters/journal/Connection.ts"
import { Followers } from "../../../src/adapters/journal/Followers.ts"
import { thisProcess } from "../../../src/adapters/journal/Owner.ts"
import * as Sqlite from "../../../src/adapters/journal/Sqlite.ts"
import { SqliteStore } from "../../../src/adapters/journal/SqliteStore.ts"
import { calling, make } from "../../../src/adapters/journal/StoreJournal.ts"
import { Journal } from "../../../src/ports/Journal.ts"
import { append, codeOf, commitOf, folder, run } from "../../support/ledger.ts"

const owner = thisProcess(0)
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
