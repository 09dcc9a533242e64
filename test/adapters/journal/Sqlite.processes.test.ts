/** Lets several processes write one journal, and kills them while they do. */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Option, Stream } from "effect"
import * as Sqlite from "../../../src/adapters/journal/Sqlite.ts"
import { ContentId, StreamId } from "../../../src/domain/Ids.ts"
import { Journal } from "../../../src/ports/Journal.ts"
import { startProgram } from "../../support/children.ts"
import { append, cancelled, codeOf, commitOf, folder, run, verified } from "../../support/ledger.ts"

/** A journal of this process on a folder; each call is a handle, and an owner, of its own. */
const openOn = (directory: string) =>
  Effect.map(Layer.build(Layer.fresh(Sqlite.layer({ directory, mode: "in-thread" }))), (context) =>
    Context.get(context, Journal)
  )

const ROUNDS = 4
const CHILDREN = 5

interface Acknowledged {
  readonly stream: StreamId
  readonly seq: number
  readonly ended: StreamId
}

describe("SQLite: several processes", () => {
  it.live("race for one stream: one winner for each sequence, followed from here", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const wins = 15
      const journal = yield* openOn(directory)
      const children = yield* Effect.forEach(["in-thread", "worker", "in-thread"], (mode) =>
        startProgram("journalChild.ts", "race", directory, mode, String(wins))
      )
      const total = wins * children.length
      const followed = yield* journal.follow(run("shared"), 0).pipe(Stream.take(total), Stream.runCollect)
      assert.deepStrictEqual(yield* Effect.forEach(children, ({ ended }) => ended), [0, 0, 0])

      const rows = yield* journal.read(run("shared"))
      assert.strictEqual(verified(run("shared"), rows).seq, total)
      assert.deepStrictEqual(followed, [...rows])
      const won = children.flatMap(({ lines }) => lines.map((line): number => JSON.parse(line).position))
      assert.deepStrictEqual(
        won.toSorted((one, other) => one - other),
        rows.map(({ position }) => position)
      )
    })
  )

  it.live(
    `${ROUNDS * CHILDREN} processes are killed: nothing acknowledged is lost, and each run is adopted once`,
    () =>
      Effect.gen(function* () {
        const directory = yield* folder
        const acknowledged: Array<Acknowledged> = []
        const journal = yield* openOn(directory)
        const other = yield* openOn(directory)
        for (let round = 0; round < ROUNDS; round++) {
          const children = yield* Effect.forEach(Array.from({ length: CHILDREN }), (_, index) =>
            startProgram("journalChild.ts", "pour", directory, index % 2 === 0 ? "in-thread" : "worker")
          )
          yield* Effect.forEach(
            children,
            Effect.fnUntraced(function* (child) {
              yield* child.said(1)
              const mine = run(`${child.process.pid}.0`)
              assert.isTrue(Option.getOrThrow(yield* journal.info(mine)).alive)
              assert.strictEqual(yield* codeOf(journal.adopt(mine)), "JOURNAL_CONFLICT")
              yield* Effect.sleep(Math.random() * 60)
              child.process.kill("SIGKILL")
              yield* child.ended
              acknowledged.push(...child.lines.map((line): Acknowledged => JSON.parse(line)))
            }),
            { concurrency: "unbounded" }
          )
        }
        assert.isAtLeast(acknowledged.length, ROUNDS * CHILDREN)

        const left = yield* journal.streams({ prefix: "run/", openOnly: true, before: null, limit: 1_000 })
        assert.isAtLeast(left.length, ROUNDS * CHILDREN)
        const rows = new Map(
          yield* Effect.forEach(left, (info) =>
            Effect.map(journal.read(info.stream), (read) => [info.stream, read] as const)
          )
        )
        for (const info of left) {
          assert.isFalse(info.alive)
          const head = verified(info.stream, rows.get(info.stream) ?? [])
          assert.deepStrictEqual(head, { seq: info.seq, hash: info.head })
        }
        for (const { stream, seq, ended } of acknowledged) {
          assert.isAtLeast(rows.get(stream)?.length ?? 0, seq)
          const sealed = Option.getOrThrow(yield* journal.sealed(stream, ContentId.make(`draft.${seq - 1}`)))
          assert.strictEqual(sealed.bytes.length, 2_000)
          assert.isFalse(Option.getOrThrow(yield* journal.info(ended)).open)
        }
        for (const { stream, seq } of left) {
          const codes = yield* Effect.all([codeOf(journal.adopt(stream)), codeOf(other.adopt(stream))], {
            concurrency: "unbounded"
          })
          assert.deepStrictEqual(codes.toSorted(), ["JOURNAL_CONFLICT", null])
          yield* journal.commit(commitOf(append(stream, seq, { events: [cancelled] })))
          assert.isTrue(Option.getOrThrow(yield* journal.info(stream)).alive)
        }
        assert.deepStrictEqual(
          yield* journal.streams({ prefix: "run/", openOnly: true, before: null, limit: 1 }),
          []
        )
      }),
    60_000
  )

  it.live("a handle that was closed leaves its open runs to the next one", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* Effect.scoped(
        Effect.flatMap(openOn(directory), (journal) => journal.commit(commitOf(append(run("a"), 0))))
      )
      const journal = yield* openOn(directory)
      assert.isFalse(Option.getOrThrow(yield* journal.info(run("a"))).alive)
      yield* journal.adopt(run("a"))
      const { owner, alive } = Option.getOrThrow(yield* journal.info(run("a")))
      assert.deepStrictEqual({ owner, alive }, { owner: journal.owner, alive: true })
    })
  )
})
