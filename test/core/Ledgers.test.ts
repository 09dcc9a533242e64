/** Holds the ledger to finding what somebody did to the journal's file, and to showing it without falling over it. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import * as SqliteJournal from "../../src/adapters/journal/Sqlite.ts"
import * as RandomIdentity from "../../src/adapters/RandomIdentity.ts"
import * as AesVault from "../../src/adapters/vault/Aes.ts"
import { core } from "../../src/App.ts"
import { eventLine, runLine } from "../../src/cli/Events.ts"
import { Ledgers, RunRecord, Verification } from "../../src/core/Ledgers.ts"
import { Runs } from "../../src/core/Runs.ts"
import { Configuration } from "../../src/ports/Configuration.ts"
import { Providers } from "../../src/ports/Provider.ts"
import { ScriptedProvider, TestRuntime } from "../../src/testing.ts"
import { edit } from "../support/journalFile.ts"
import { codeOf, folder } from "../support/ledger.ts"

/** The core on a folder, with a model that has one thing to say. */
const on = (directory: string, settings = TestRuntime.settings) =>
  Layer.provideMerge(
    core,
    Layer.mergeAll(
      SqliteJournal.layer({ directory, mode: "in-thread" }),
      AesVault.layer({ directory }),
      RandomIdentity.layer,
      Layer.succeed(Configuration, { settings, placed: [], untrusted: [] }),
      Layer.succeed(Providers, Providers.from(ScriptedProvider.make("drafter", [{ say: "answer" }]).provider))
    )
  ).pipe(Layer.fresh)

const ask = (directory: string, settings = TestRuntime.settings) =>
  Runs.use((runs) => runs.run(Runs.request("executor", "question"))).pipe(
    Effect.map(({ run }) => run),
    Effect.provide(on(directory, settings))
  )

/** A folder with three runs. The configuration has position 1, and the runs' seven rows each have 2, 9 and 16 on. */
const scene = Effect.gen(function* () {
  const directory = yield* folder
  const runs = [yield* ask(directory), yield* ask(directory), yield* ask(directory)]
  return { directory, runs }
})

const verify = (directory: string) =>
  Ledgers.use((ledgers) => ledgers.verify()).pipe(Effect.provide(on(directory)))
const recent = (directory: string) =>
  Ledgers.use((ledgers) => ledgers.recent(10)).pipe(Effect.provide(on(directory)))

/** What is done to the file, and what is found: a run by its number, the place in it, the fault. */
const crimes: ReadonlyArray<readonly [string, string, ReadonlyArray<string>]> = [
  ["nothing is wrong with three runs", "SELECT 1", []],
  [
    "a head is not that of the last row",
    "UPDATE streams SET head = (SELECT hash FROM rows WHERE position = 12) WHERE first = 9",
    ["2 at 7: head_mismatch"]
  ],
  [
    "a head is that of an earlier row",
    "UPDATE streams SET seq = 4, head = (SELECT hash FROM rows WHERE position = 12) WHERE first = 9",
    ["2 at 7: head_mismatch"]
  ],
  ["a head counts too few", "UPDATE streams SET seq = 6 WHERE first = 9", ["2 at 7: head_mismatch"]],
  [
    "the last row of a run is gone",
    "DELETE FROM rows WHERE position = 15",
    ["2 at 6: tail_missing", "journal at 15: rows_missing"]
  ],
  [
    "the last row of a run is gone, and its head set back",
    `DELETE FROM rows WHERE position = 15;
     UPDATE streams SET seq = 6, head = (SELECT hash FROM rows WHERE position = 14) WHERE first = 9`,
    ["journal at 15: rows_missing"]
  ],
  [
    "a row in between is gone",
    "DELETE FROM rows WHERE position = 11",
    ["2 at 3: gap", "journal at 11: rows_missing"]
  ],
  [
    "a stream is gone, its rows are not",
    "DELETE FROM streams WHERE first = 9",
    ["journal at 9: rows_missing"]
  ],
  [
    "the newest stream is gone, its rows are not",
    "DELETE FROM streams WHERE first = 16",
    ["journal at 16: rows_missing"]
  ],
  [
    "a whole run is gone",
    "DELETE FROM streams WHERE first = 9; DELETE FROM rows WHERE stream = 9",
    ["journal at 9: rows_missing"]
  ],
  [
    "the configurations are gone",
    "DELETE FROM streams WHERE first = 1; DELETE FROM rows WHERE stream = 1",
    [
      "3 at 1: config_unknown",
      "2 at 1: config_unknown",
      "1 at 1: config_unknown",
      "journal at 1: rows_missing"
    ]
  ],
  [
    "a row moved to where there is none",
    "UPDATE rows SET position = 99 WHERE position = 10",
    ["journal at 10: rows_missing"]
  ],
  [
    "a run has another's name",
    "UPDATE streams SET name = 'run/zzz' WHERE first = 9",
    ["zzz at 1: broken_link"]
  ]
]

describe("ledger: verification", () => {
  for (const [name, sql, found] of crimes) {
    it.effect(name, () =>
      Effect.gen(function* () {
        const { directory, runs } = yield* scene
        yield* edit(directory, sql)
        const verification = yield* verify(directory)
        const named = verification.broken.map(({ stream, seq, fault }) => {
          const place = stream?.slice("run/".length) ?? "journal"
          const number = runs.findIndex((run) => run === place) + 1
          return `${number || place} at ${seq}: ${fault}`
        })
        assert.deepStrictEqual(named, found)
        yield* Schema.encodeEffect(Verification)(verification)
      })
    )
  }

  it.effect("of one run does not look at the others", () =>
    Effect.gen(function* () {
      const { directory, runs } = yield* scene
      yield* edit(directory, "UPDATE streams SET seq = 6 WHERE first = 9")
      const [first, changed] = yield* Effect.forEach(runs, (run) =>
        Ledgers.use((ledgers) => ledgers.verify(run)).pipe(Effect.provide(on(directory)))
      )
      assert.deepStrictEqual(first, { streams: 1, events: 7, broken: [] })
      assert.deepStrictEqual(
        changed?.broken.map(({ fault }) => fault),
        ["head_mismatch"]
      )
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
        const { directory } = yield* scene
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
      const { directory } = yield* scene
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
        const { directory } = yield* scene
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
      for (const one of [settings, other, settings, other]) yield* ask(directory, one)
      assert.deepStrictEqual(yield* verify(directory), { streams: 5, events: 4 * 7 + 2, broken: [] })
    })
  )
})
