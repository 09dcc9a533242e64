/** Holds the ledger to showing what is on record, broken or not, without falling over it. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { eventLine, runLine } from "../../../src/cli/Events.ts"
import { Ledgers } from "../../../src/core/ledger/Ledgers.ts"
import { RunRecord, StreamHead } from "../../../src/domain/ledger/Records.ts"
import { TestRuntime } from "../../../src/testing.ts"
import { edit } from "../../support/journalFile.ts"
import { codeOf, folder } from "../../support/ledger.ts"
import { ask, on, threeRuns, verify } from "../../support/record.ts"

const reading = <A, E>(directory: string, read: (ledgers: Ledgers["Service"]) => Effect.Effect<A, E>) =>
  Ledgers.use(read).pipe(Effect.provide(on(directory)))
const recent = (directory: string) => reading(directory, (ledgers) => ledgers.recent(10))

describe("ledger: heads", () => {
  it.effect("are the last rows of the newest streams, as many as are asked for", () =>
    Effect.gen(function* () {
      const { directory, runs } = yield* threeRuns
      const heads = yield* reading(directory, (ledgers) => ledgers.heads(3))
      assert.deepStrictEqual(
        heads.map(({ stream, rows, position }) => ({ stream: String(stream), rows, position })),
        [
          { stream: `run/${runs[2]}`, rows: 7, position: 22 },
          { stream: `run/${runs[1]}`, rows: 7, position: 15 },
          { stream: `run/${runs[0]}`, rows: 7, position: 8 }
        ]
      )
      yield* edit(directory, "UPDATE rows SET at = -1 WHERE position = 15")
      const left = yield* reading(directory, (ledgers) => ledgers.heads(3))
      assert.deepStrictEqual(left, heads.toSpliced(1, 1))
      yield* Schema.encodeEffect(Schema.Array(StreamHead))(heads)
    })
  )
})

describe("ledger: a broken run", () => {
  const wrecks: ReadonlyArray<readonly [string, string, number]> = [
    ["a row that is no event", "UPDATE rows SET payload = '{}' WHERE position = 10", 6],
    ["a first row that is no event", "UPDATE rows SET payload = 'x' WHERE position = 9", 6],
    [
      "events that are not a run's",
      "UPDATE rows SET payload = (SELECT payload FROM rows WHERE seq = 2) WHERE position = 11",
      7
    ],
    [
      "a configuration among them",
      "UPDATE rows SET payload = (SELECT payload FROM rows WHERE position = 1) WHERE position = 15",
      7
    ],
    ["no rows", "DELETE FROM rows WHERE stream = 9", 0],
    ["no last row", "DELETE FROM rows WHERE position = 15", 6],
    ["a time before all times", "UPDATE rows SET at = -1 WHERE position = 9", 6],
    ["another name", "UPDATE streams SET name = 'run/zzz' WHERE first = 9", 7]
  ]
  for (const [name, sql, entries] of wrecks) {
    it.effect(`${name}: shown as broken, beside the others`, () =>
      Effect.gen(function* () {
        const { directory } = yield* threeRuns
        yield* edit(directory, sql)
        const records = yield* recent(directory)
        assert.deepStrictEqual(
          records.map(({ standing }) => standing),
          ["released", "broken", "released"]
        )
        assert.strictEqual(records[1]?.entries.length, entries)
        assert.include(records.map(runLine)[1], "  broken")
        yield* Schema.encodeEffect(Schema.Array(RunRecord))(records)
      })
    )
  }

  it.effect("a time that no calendar has is shown as its number", () =>
    Effect.gen(function* () {
      const { directory } = yield* threeRuns
      yield* edit(directory, `UPDATE rows SET at = ${Number.MAX_SAFE_INTEGER} WHERE stream = 9`)
      const record = (yield* recent(directory))[1] ?? assert.fail("a run is missing")
      assert.include(runLine(record), ` ${Number.MAX_SAFE_INTEGER} `)
      assert.isTrue(record.entries.map(eventLine(record)).every((line) => line.includes("9007199254740991")))
    })
  )

  it.effect("a name or a number that the journal never writes is damage", () =>
    Effect.gen(function* () {
      for (const sql of [
        "UPDATE streams SET name = 'run/A B' WHERE first = 9",
        "UPDATE rows SET at = 1 << 60"
      ]) {
        const { directory } = yield* threeRuns
        yield* edit(directory, sql)
        assert.strictEqual(yield* codeOf(recent(directory)), "JOURNAL_CORRUPT", sql)
        assert.strictEqual(yield* codeOf(verify(directory)), "JOURNAL_CORRUPT", sql)
      }
    })
  )
})

describe("ledger: configurations", () => {
  it.effect("each is recorded once, however often they take turns", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const { settings } = TestRuntime
      const other = { ...settings, runtime: { ...settings.runtime, max_output_tokens: 77 } }
      for (const one of [settings, other, settings, other]) yield* ask(directory, { settings: one })
      const { broken, position, streams } = yield* verify(directory)
      assert.deepStrictEqual({ broken, position, streams }, { broken: null, position: 4 * 7 + 2, streams: 5 })
      const recorded = yield* reading(directory, (ledgers) => ledgers.stream("config"))
      assert.deepStrictEqual(
        recorded.entries.map(({ seq, event }) => `${seq} ${event._tag}`),
        ["1 ConfigLoaded", "2 ConfigLoaded"]
      )
    })
  )
})
