/** Holds verification to finding what somebody did to the journal's file, and to nothing where nobody did. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import { RunVerification, Verification, Verifier } from "../../src/core/Verifier.ts"
import { Principal, type StreamId } from "../../src/domain/Ids.ts"
import { Journal } from "../../src/ports/Journal.ts"
import { edit } from "../support/journalFile.ts"
import { codeOf } from "../support/ledger.ts"
import { ask, on, threeRuns, verify } from "../support/record.ts"
import { journalIn, sceneOver } from "../support/runs.ts"

const verifyRun = (directory: string, run: string, texts = false) =>
  Verifier.use((verifier) => verifier.run(run, texts)).pipe(Effect.provide(on(directory)))

/** What is done to the file, and what is found first: position, a run by its number, the place in it, the fault. */
const crimes: ReadonlyArray<readonly [string, string, string | null]> = [
  ["nothing is wrong with three runs", "SELECT 1", null],
  [
    "a head is not that of the last row",
    "UPDATE streams SET head = (SELECT hash FROM rows WHERE position = 12) WHERE first = 9",
    "15: 2 at 7: stream_head"
  ],
  [
    "a head is that of an earlier row",
    "UPDATE streams SET seq = 4, head = (SELECT hash FROM rows WHERE position = 12), open = 1 WHERE first = 9",
    "13: 2 at 5: stream_head"
  ],
  [
    "a head is said to be of the future",
    "UPDATE streams SET at = at + 30000000000 WHERE first = 9",
    "15: 2 at 7: stream_head"
  ],
  ["a head counts too many", "UPDATE streams SET seq = 8 WHERE first = 9", "9: 2 at 8: stream_head"],
  [
    "an ended run is taken for an open one",
    "UPDATE streams SET open = 1 WHERE first = 9",
    "15: 2 at 7: stream_head"
  ],
  ["the last row of a run is gone", "DELETE FROM rows WHERE position = 15", "15: journal: rows_missing"],
  [
    "the last row of a run is gone, and its head set back",
    `DELETE FROM rows WHERE position = 15;
     UPDATE streams SET seq = 6, head = (SELECT hash FROM rows WHERE position = 14), open = 1 WHERE first = 9`,
    "15: journal: rows_missing"
  ],
  ["the last row of all is gone", "DELETE FROM rows WHERE position = 22", "16: 3 at 7: stream_head"],
  ["a row in between is gone", "DELETE FROM rows WHERE position = 11", "11: journal: rows_missing"],
  ["a stream is gone, its rows are not", "DELETE FROM streams WHERE first = 9", "9: journal: broken_link"],
  [
    "a whole run is gone",
    "DELETE FROM streams WHERE first = 9; DELETE FROM rows WHERE stream = 9",
    "9: journal: rows_missing"
  ],
  [
    "the configurations are gone",
    "DELETE FROM streams WHERE first = 1; DELETE FROM rows WHERE stream = 1",
    "1: journal: rows_missing"
  ],
  [
    "a row moved to where there is none",
    "UPDATE rows SET position = 99 WHERE position = 10",
    "10: journal: rows_missing"
  ],
  [
    "a row moved to before all rows",
    "UPDATE rows SET position = -1 WHERE position = 22; UPDATE rows SET position = 0 WHERE position = 21",
    "0: journal: rows_missing"
  ],
  ...["-9223372036854775807 - 1", "-1", "0"].map(
    (position) =>
      [
        `a row was put before all rows, at ${position}`,
        `INSERT INTO rows SELECT ${position}, stream, seq + 1, at, '{"_tag":"RunErased","principal":"local"}', hash, hash
         FROM rows WHERE position = 22`,
        "0: journal: rows_missing"
      ] as const
  ),
  [
    "a run has another's name",
    "UPDATE streams SET name = 'run/zzz' WHERE first = 9",
    "9: zzz at 1: broken_link"
  ],
  [
    "a payload was changed",
    "UPDATE rows SET payload = replace(payload, 'executor', 'explorer') WHERE position = 9",
    "9: 2 at 1: altered"
  ],
  ["a sequence is below all", "UPDATE rows SET seq = -7 WHERE position = 9", "9: 2 at 0: gap"],
  ["a counter was set back", "UPDATE spending SET calls = calls - 1", "22: journal: budget_counter"],
  ["a counter was forgotten", "DELETE FROM spending", "22: journal: budget_counter"]
]

describe("ledger: verification", () => {
  for (const [name, sql, expected] of crimes) {
    it.effect(name, () =>
      Effect.gen(function* () {
        const { directory, runs } = yield* threeRuns
        yield* edit(directory, sql)
        const verification = yield* verify(directory)
        const { broken } = verification
        const place = broken?.stream?.slice("run/".length)
        const number = runs.findIndex((run) => run === place) + 1
        const found =
          broken &&
          `${broken.position}: ${place ? `${number || place} at ${broken.seq}` : "journal"}: ${broken.fault}`
        assert.strictEqual(found, expected)
        yield* Schema.encodeEffect(Verification)(verification)
      })
    )
  }

  it.effect("of one run makes each of its decisions again, and does not look at the others", () =>
    Effect.gen(function* () {
      const { directory, runs } = yield* threeRuns
      yield* edit(directory, "UPDATE streams SET seq = 6 WHERE first = 9")
      const [first, changed] = [yield* verifyRun(directory, runs[0]), yield* verifyRun(directory, runs[1])]
      assert.isNull(first.broken)
      const decided = first.decisions.map(({ decision }) => decision)
      assert.includeMembers(decided, ["accepted", "route", "bounds", "call", "settlement", "receipt"])
      assert.isTrue(first.decisions.every(({ holds }) => holds))
      assert.strictEqual(changed.broken?.fault, "stream_head")
      yield* edit(directory, "UPDATE streams SET seq = 7, at = at + 1 WHERE first = 9")
      assert.strictEqual((yield* verifyRun(directory, runs[1])).broken?.fault, "stream_head")
      assert.strictEqual(yield* codeOf(verifyRun(directory, "zzz")), "RUN_NOT_FOUND")
      yield* Schema.encodeEffect(RunVerification)(first)
    })
  )

  it.effect("of a damaged file says so", () =>
    Effect.gen(function* () {
      for (const sql of [
        "UPDATE streams SET name = 'run/A B' WHERE first = 9",
        "UPDATE rows SET at = 1 << 60"
      ]) {
        const { directory } = yield* threeRuns
        yield* edit(directory, sql)
        assert.strictEqual(yield* codeOf(verify(directory)), "JOURNAL_CORRUPT", sql)
      }
    })
  )

  it.effect("holds while others write", () =>
    Effect.gen(function* () {
      const { directory } = yield* threeRuns
      const found = yield* Effect.all(
        [
          Effect.forEach(Array.from({ length: 8 }), () => ask(directory)),
          Effect.forEach(Array.from({ length: 12 }), () => verify(directory))
        ],
        { concurrency: "unbounded" }
      )
      for (const { broken } of found[1]) assert.isNull(broken)
      assert.isAtLeast((yield* verify(directory)).position, 22 + 8 * 7)
    })
  )
})

/** What is done to the sealed texts of the second run, and where that is found when texts are looked at. */
const forgeries: ReadonlyArray<readonly [string, string, number]> = [
  [
    "an answer has one bit changed",
    "UPDATE sealed SET bytes = CAST(substr(bytes, 1, 40) || x'00' AS BLOB) WHERE stream = 9 AND id = 'draft.1'",
    14
  ],
  ["a prompt is gone", "DELETE FROM sealed WHERE stream = 9 AND id = 'prompt'", 9],
  [
    "an answer is another run's",
    "UPDATE sealed SET bytes = (SELECT bytes FROM sealed WHERE stream = 2 AND id = 'draft.1') WHERE stream = 9 AND id = 'draft.1'",
    14
  ],
  [
    "an answer is the same run's prompt",
    "UPDATE sealed SET bytes = (SELECT bytes FROM sealed WHERE stream = 9 AND id = 'prompt') WHERE stream = 9 AND id = 'draft.1'",
    14
  ],
  ["the keys are gone, and no erasure is on record", "DELETE FROM keys WHERE stream = 9", 9],
  ["the keys are other bytes", "UPDATE keys SET key = zeroblob(68) WHERE stream = 9", 9],
  [
    "the keys are another run's",
    "UPDATE keys SET key = (SELECT key FROM keys WHERE stream = 2) WHERE stream = 9",
    9
  ]
]

describe("ledger: sealed texts", () => {
  for (const [name, sql, position] of forgeries) {
    it.effect(`${name}: found where texts are looked at`, () =>
      Effect.gen(function* () {
        const { directory, runs } = yield* threeRuns
        assert.deepStrictEqual((yield* verify(directory, true)).texts, { checked: 6, erased: 0 })
        yield* edit(directory, sql)
        assert.isNull((yield* verify(directory)).broken)
        const { broken } = yield* verify(directory, true)
        assert.deepStrictEqual(
          [broken?.fault, broken?.position, broken?.stream],
          ["text", position, `run/${runs[1]}`]
        )
        assert.strictEqual((yield* verifyRun(directory, runs[1], true)).broken?.fault, "text")
        assert.isNull((yield* verifyRun(directory, runs[0], true)).broken)
      })
    )
  }

  it.effect("a run that is erased between two looks is erased, and nothing was forged", () =>
    Effect.gen(function* () {
      const { directory, runs } = yield* threeRuns
      const erased: Array<StreamId> = []
      const erasing = Layer.effect(
        Journal,
        Effect.map(Journal, (inner) => {
          const erase = (stream: StreamId) =>
            inner.commit({
              appends: [
                {
                  stream,
                  expected: 7,
                  events: [{ _tag: "RunErased", principal: Principal.make("local") }],
                  sealed: [],
                  key: null,
                  erase: true
                }
              ]
            })
          return Journal.of({
            ...inner,
            key: (stream) =>
              Effect.suspend(() => {
                const isNew = stream === `run/${runs[1]}` && !erased.includes(stream)
                if (isNew) erased.push(stream)
                return Effect.andThen(isNew ? erase(stream) : Effect.void, inner.key(stream))
              })
          })
        })
      ).pipe(Layer.provide(journalIn(directory)))
      const { layer } = sceneOver({}, erasing, directory)
      const { broken, texts } = yield* Verifier.use((verifier) => verifier.journal(true)).pipe(
        Effect.provide(Layer.fresh(layer))
      )
      assert.deepStrictEqual({ broken, texts }, { broken: null, texts: { checked: 4, erased: 1 } })
      assert.lengthOf(erased, 1)
    })
  )
})
