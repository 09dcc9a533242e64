/** Holds verification to finding what somebody did to the journal's file, and to nothing where nobody did. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import { RunVerification, Verification, Verifier } from "../../../src/core/ledger/Verifier.ts"
import { Principal, type StreamId } from "../../../src/domain/Ids.ts"
import { Journal } from "../../../src/ports/Journal.ts"
import { crimes } from "../../support/crimes.ts"
import { edit } from "../../support/journalFile.ts"
import { codeOf } from "../../support/ledger.ts"
import { ask, on, threeRuns, verify } from "../../support/record.ts"
import { journalIn, sceneOver } from "../../support/runs.ts"

const verifyRun = (directory: string, run: string, texts = false) =>
  Verifier.use((verifier) => verifier.run(run, texts)).pipe(Effect.provide(on(directory)))

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
        assert.deepStrictEqual((yield* verify(directory, true)).texts, {
          checked: 6,
          erased: 0,
          erasedSessions: 0,
          erasedRunbooks: 0,
          forgotten: 0
        })
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
      assert.deepStrictEqual(
        { broken, texts },
        { broken: null, texts: { checked: 4, erased: 1, erasedSessions: 0, erasedRunbooks: 0, forgotten: 0 } }
      )
      assert.lengthOf(erased, 1)
    })
  )
})
