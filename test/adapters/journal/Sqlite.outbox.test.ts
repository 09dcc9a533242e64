/** What is owed, in a file that several processes share, that broke off, and that an older version has made. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { join } from "node:path"
import { inThread } from "../../../src/adapters/journal/Connection.ts"
import { migrations } from "../../../src/adapters/journal/Database.ts"
import { Followers } from "../../../src/adapters/journal/Followers.ts"
import { type Owner, thisProcess } from "../../../src/adapters/journal/Owner.ts"
import { SqliteStore } from "../../../src/adapters/journal/SqliteStore.ts"
import { make, makeOutbox } from "../../../src/adapters/journal/StoreJournal.ts"
import { type Pass, pass } from "../../../src/adapters/WritePoint.ts"
import { Timestamp } from "../../../src/domain/Ids.ts"
import { append, codeOf, folder, run, verified } from "../../support/ledger.ts"
import { edit, using, withSteps, write } from "../../support/journalFile.ts"
import { closed, held, streamOf } from "../../support/webhooks.ts"

const gates = { steward_gate_triggered: "webhook_url", session_complete: "webhook_url" } as const
const done = {
  endpoint: "webhook_url",
  state: "delivered",
  status: 200,
  failure: null,
  next: Timestamp.make(1),
  disables: false
} as const

/** A journal and what it owes, as a process has them. */
const open = (directory: string, owner: Partial<Owner> = {}, at: Pass = pass) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const whole = { ...thisProcess(0), ...owner }
      const store = new SqliteStore(directory, whole, migrations, at)
      const ask = inThread(store)
      return { store, journal: make(ask, whole.id, new Followers()), outbox: makeOutbox(ask) }
    }),
    ({ store }) => Effect.sync(() => store.close())
  )

describe("SQLite: an endpoint", () => {
  it.effect("is one process's at a time, and free once that yields it, ends or is dead", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const one = yield* open(directory)
      yield* Effect.scoped(
        Effect.gen(function* () {
          const other = yield* open(directory)
          assert.isFalse(
            yield* other.outbox.lease("webhook_url"),
            "where nothing was written, nothing is owed"
          )
          const events = [held(1), closed]
          yield* one.journal.commit({ appends: [append(streamOf(1), 0, { events })], outbox: gates })
          assert.isTrue(yield* one.outbox.lease("webhook_url"))
          assert.isFalse(yield* other.outbox.lease("webhook_url"))
          assert.isTrue(yield* other.outbox.lease("session_complete"))
          yield* other.outbox.yieldLease("webhook_url")
          assert.isFalse(yield* other.outbox.settle(1, done), "only who has it settles")
          yield* one.outbox.yieldLease("webhook_url")
          assert.isTrue(yield* other.outbox.lease("webhook_url"))
          assert.isFalse(yield* one.outbox.settle(1, done))
          assert.isTrue(yield* other.outbox.settle(1, done))
          assert.isFalse(yield* one.outbox.lease("webhook_url"))
        })
      )
      assert.isTrue(yield* one.outbox.lease("webhook_url"))
      // A process that was killed is still in the table, and its process is not there.
      yield* edit(directory, "UPDATE owners SET started = 'another boot/1'")
      const third = yield* open(directory)
      assert.isTrue(yield* third.outbox.lease("webhook_url"))
      assert.isFalse(yield* one.outbox.settle(2, done), "who was taken for dead has lost it")
      assert.deepStrictEqual(
        (yield* third.outbox.deliveries(null, 9)).map(({ state }) => state),
        ["pending", "delivered"]
      )
    })
  )
})

describe("SQLite: what is owed", () => {
  it.effect("is there exactly if its event is, wherever the disk refuses", () =>
    Effect.gen(function* () {
      const doAll = (directory: string, at: Pass) =>
        Effect.scoped(
          Effect.gen(function* () {
            const { journal, outbox } = yield* open(directory, {}, at)
            const codes = [
              yield* codeOf(
                journal.commit({
                  appends: [append(run("beside"), 0), append(streamOf(1), 0, { events: [held(1), closed] })],
                  outbox: gates
                })
              ),
              yield* codeOf(outbox.lease("webhook_url")),
              yield* codeOf(outbox.settle(2, done))
            ]
            return codes.filter((code) => code !== null)
          })
        )
      let moments = 0
      yield* doAll(join(yield* folder, "data"), (_, act) => {
        moments++
        return act()
      })
      assert.isAbove(moments, 8)
      for (let moment = 0; moment < moments; moment++) {
        for (const side of ["before", "after"]) {
          const directory = join(yield* folder, "data")
          let passed = 0
          yield* doAll(directory, (_, act) => {
            const isHere = passed++ === moment
            const refuse = () =>
              Object.assign(new Error("the disk"), { code: "ERR_SQLITE_ERROR", errcode: 10 })
            if (isHere && side === "before") throw refuse()
            const result = act()
            if (isHere) throw refuse()
            return result
          })
          const { journal, outbox } = yield* open(directory)
          const rows = yield* journal.read(streamOf(1))
          const owed = yield* outbox.deliveries(null, 9)
          assert.deepStrictEqual(
            owed.map(({ position }) => position),
            rows.map(({ position }) => position).toReversed(),
            `${side} the moment ${moment}`
          )
        }
      }
    })
  )

  it.effect("is kept from the first commit on in a file that an older version has made", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const [first = ""] = migrations
      yield* withSteps(directory, [first], (journal) =>
        journal.commit({ appends: [append(run("old"), 0), append(streamOf(1), 0, { events: [held(1)] })] })
      )
      const { journal, outbox } = yield* open(directory)
      assert.deepStrictEqual(yield* outbox.deliveries(null, 9), [])
      assert.strictEqual(verified(run("old"), yield* journal.read(run("old"))).seq, 1)
      yield* journal.commit({ appends: [append(streamOf(1), 1, { events: [closed] })], outbox: gates })
      assert.deepStrictEqual(
        (yield* outbox.deliveries(null, 9)).map(({ seq, event }) => [seq, event]),
        [[2, "session_complete"]]
      )
    })
  )

  it.effect("goes along into a copy, where nobody has an endpoint", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const elsewhere = yield* folder
      const { journal, outbox } = yield* open(directory)
      yield* journal.commit({ appends: [append(streamOf(1), 0, { events: [held(1)] })], outbox: gates })
      yield* outbox.lease("webhook_url")
      yield* journal.backup(join(elsewhere, "journal.sqlite"))
      yield* edit(elsewhere, "UPDATE owners SET started = 'another boot/1'")
      const copy = yield* open(elsewhere)
      assert.strictEqual((yield* copy.outbox.due("webhook_url", 9)).length, 1)
      assert.isTrue(yield* copy.outbox.lease("webhook_url"))
    })
  )

  it.effect("is nothing in a journal that has only other things, and is not asked of the file before", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* write(directory, "a")
      const owed = yield* Effect.flatMap(open(directory), ({ outbox }) => outbox.endpoints)
      assert.deepStrictEqual(owed, [])
      assert.strictEqual((yield* using(directory, (journal) => journal.read(run("a")))).length, 3)
    })
  )
})
