/** Holds a journal's file to who its owners are: a process that was taken for dead and lives is one of them again. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { thisProcess } from "../../../src/adapters/journal/Owner.ts"
import { SqliteStore } from "../../../src/adapters/journal/SqliteStore.ts"
import { encode } from "../../../src/domain/ledger/Ledger.ts"
import { edit } from "../../support/journalFile.ts"
import { certified, folder, run } from "../../support/ledger.ts"

/** After its first beat, at 0, a process of another host is silent for so long that it counts as dead. */
const LATER = 100_000

const start = (store: SqliteStore, at: number, name: string) =>
  store.commit([
    {
      at,
      appends: [
        {
          stream: run(name),
          expected: 0,
          payloads: [encode(certified(1))],
          open: true,
          sealed: [],
          key: null,
          notices: []
        }
      ]
    }
  ])

/** A process of another host, silent since it started a run, and one that looks at it. */
const stores = Effect.gen(function* () {
  const directory = yield* folder
  const open = (host: string) => new SqliteStore(directory, { ...thisProcess(0), host })
  const [silent, other] = [open("elsewhere"), open("here")]
  yield* Effect.addFinalizer(() => Effect.sync(() => [silent, other].forEach((store) => store.close())))
  start(silent, 0, "first")
  const isAlive = (name: string) => other.info(run(name), LATER)?.alive
  return { directory, silent, other, isAlive }
})

describe("SQLite: an owner that was silent for too long", () => {
  it.effect("owns what it starts then, though others took all it had and struck it out", () =>
    Effect.gen(function* () {
      const { silent, other, isAlive } = yield* stores
      assert.isTrue(other.adopt(run("first"), LATER))
      start(silent, LATER, "second")
      assert.isTrue(isAlive("second"))
      assert.isFalse(other.adopt(run("second"), LATER))
    })
  )

  it.effect("owns what it starts then, though it has not beaten since", () =>
    Effect.gen(function* () {
      const { silent, isAlive } = yield* stores
      assert.isFalse(isAlive("first"))
      start(silent, LATER, "second")
      assert.deepStrictEqual([isAlive("first"), isAlive("second")], [true, true])
    })
  )

  it.effect("is entered again with its next beat, should its entry be lost", () =>
    Effect.gen(function* () {
      const { directory, silent, isAlive } = yield* stores
      yield* edit(directory, "DELETE FROM owners")
      silent.beat(LATER)
      assert.isTrue(isAlive("first"))
    })
  )
})
