/** Holds the check of one session or runbook to looking at all of its runs with it, and that of texts to theirs. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { cpSync } from "node:fs"
import { RunVerification, Verifier } from "../../../src/core/ledger/Verifier.ts"
import { Replays } from "../../../src/core/replay/Replays.ts"
import { RunbookErasure } from "../../../src/core/runbook/RunbookErasure.ts"
import { runbookStream, runStream, sessionStream } from "../../../src/domain/Ids.ts"
import { Journal } from "../../../src/ports/Journal.ts"
import { talks, talking } from "../../support/conversations.ts"
import { edit } from "../../support/journalFile.ts"
import { codeOf, folder } from "../../support/ledger.ts"
import { on, verify } from "../../support/record.ts"
import { by, forget, principal, ran, remember } from "../../support/runbookRecord.ts"
import { TestRuntime } from "../../../src/testing.ts"

const verifyOne = (directory: string, id: string, texts = false) =>
  Verifier.use((verifier) => verifier.run(id, texts)).pipe(Effect.provide(on(directory)))

const none = { checked: 0, erased: 0, erasedSessions: 0, erasedRunbooks: 0, forgotten: 0 }

/** Of the first row of a kind: its stream, as the file has it. */
const row = (kind: string) =>
  `(SELECT stream FROM rows WHERE payload LIKE '{"_tag":"${kind}"%' ORDER BY position LIMIT 1)`

const forgeries: ReadonlyArray<readonly [what: string, sql: string, kind: string]> = [
  ["a step's declared prompt is gone", "DELETE FROM sealed WHERE id = 'prompt.1'", "RunbookStarted"],
  [
    "a step's declared payload is its prompt",
    "UPDATE sealed SET bytes = (SELECT bytes FROM sealed WHERE id = 'prompt.2') WHERE id = 'payload.2'",
    "RunbookStarted"
  ],
  ["a run's payload is gone", "DELETE FROM sealed WHERE id = 'payload'", "RunAccepted"],
  [
    "a capability's output has a bit changed",
    "UPDATE sealed SET bytes = CAST(substr(bytes, 1, 20) || x'00' AS BLOB) WHERE id = 'capability'",
    "CapabilityInvoked"
  ],
  ["a memory value is gone", "DELETE FROM sealed WHERE id = 'value.1'", "MemoryWritten"],
  [
    "a memory record's keys are gone, and nothing was forgotten",
    `DELETE FROM keys WHERE stream = ${row("MemoryWritten")}`,
    "MemoryWritten"
  ]
]

describe("ledger: one runbook, or one session, with all its runs", () => {
  it.effect("has each decision of each stream made again, and each text held against its digest", () =>
    Effect.gen(function* () {
      const { directory, run, result } = yield* ran()
      const found = yield* verifyOne(directory, run, true)
      assert.isNull(found.broken)
      const runs = result.steps.flatMap((one) => (one.run ? [runStream(one.run)] : []))
      assert.deepStrictEqual(found.streams, [runbookStream(run), ...runs])
      assert.deepStrictEqual(
        new Set(found.decisions.map(({ stream }) => stream)),
        new Set(found.streams),
        "each stream has decisions of its own"
      )
      // Three prompts and a payload as declared; two prompts, a payload, an output and two answers of the runs.
      assert.deepStrictEqual(found.texts, { ...none, checked: 10 })
      yield* Schema.encodeEffect(RunVerification)(found)
      // A step by itself has the runbook's rows beside it left alone.
      const alone = yield* verifyOne(directory, result.steps[0]?.run ?? "")
      assert.deepStrictEqual([alone.broken, alone.streams.length], [null, 1])
      assert.strictEqual(yield* codeOf(verifyOne(directory, "0")), "RUN_AMBIGUOUS")
    })
  )

  it.effect("finds that a run says something else than the runbook beside it, and where", () =>
    Effect.gen(function* () {
      const { directory, run } = yield* ran([{ say: "one" }, { fail: "PROVIDER_REJECTED" }])
      const [, , second] = (yield* verifyOne(directory, run)).streams
      yield* edit(
        directory,
        `DELETE FROM rows WHERE stream = (SELECT first FROM streams WHERE name = '${second}');
         DELETE FROM streams WHERE name = '${second}'`
      )
      const { broken } = yield* verifyOne(directory, run)
      assert.deepInclude(broken, { stream: runbookStream(run), fault: "unpaired" })
      // Nobody goes on with it either.
      const resumed = Replays.use((replays) => replays.resume(run, { by, acceptConfig: true }))
      const code = yield* codeOf(resumed.pipe(Effect.provide(on(directory))))
      assert.strictEqual(code, "CHECKPOINT_INTEGRITY_ERROR")
    })
  )

  it.effect("finds a run of it whose kept head is another", () =>
    Effect.gen(function* () {
      const { directory, run, result } = yield* ran()
      const step = runStream(result.steps[2]?.run ?? assert.fail())
      yield* edit(directory, `UPDATE streams SET at = at + 1 WHERE name = '${step}'`)
      const { broken } = yield* verifyOne(directory, run)
      assert.deepInclude(broken, { stream: step, fault: "stream_head" })
    })
  )

  it.effect("is a session with its turns as well", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const talk = talks["held and edited"]
      const settings = {
        ...TestRuntime.settings,
        runtime: { ...TestRuntime.settings.runtime, ...talk.runtime }
      }
      const session = yield* talking(talk).pipe(
        Effect.provide(on(directory, { drafter: talk.drafter, settings }))
      )
      const found = yield* verifyOne(directory, session, true)
      assert.deepStrictEqual([found.broken, found.stream], [null, sessionStream(session)])
      assert.isAbove(found.streams.length, 1)
      assert.isAbove(found.texts?.checked ?? 0, 3)
    })
  )
})

describe("ledger: sealed texts of runbooks, capabilities and memory", () => {
  it.effect("are found where texts are looked at, whatever was done to them", () =>
    Effect.gen(function* () {
      const whole = (yield* ran()).directory
      for (const [what, sql, kind] of forgeries) {
        const directory = yield* folder
        cpSync(whole, directory, { recursive: true })
        yield* edit(directory, sql)
        assert.isNull((yield* verify(directory)).broken, what)
        const { broken } = yield* verify(directory, true)
        const rows = yield* Journal.use((journal) => journal.scan((broken?.position ?? 0) - 1, 1)).pipe(
          Effect.provide(on(directory))
        )
        assert.strictEqual(broken?.fault, "text", what)
        assert.match(rows[0]?.payload ?? "", new RegExp(`^\\{"_tag":"${kind}"`, "u"), what)
      }
    })
  )

  it.effect("of a forgotten record are gone, and after that only what was written again is there", () =>
    Effect.gen(function* () {
      const { directory, script } = yield* ran()
      const here = Effect.provide(on(directory, script))
      yield* remember("It is blue.").pipe(here)
      assert.deepStrictEqual((yield* verify(directory, true)).texts, { ...none, checked: 12 })
      yield* forget.pipe(here)
      assert.deepStrictEqual((yield* verify(directory, true)).texts, { ...none, checked: 10, forgotten: 1 })
      yield* remember("It is red.").pipe(here)
      assert.deepStrictEqual((yield* verify(directory, true)).texts, { ...none, checked: 11 })
      yield* edit(directory, "DELETE FROM sealed WHERE id = 'value.3'")
      assert.strictEqual((yield* verify(directory, true)).broken?.fault, "text")
    })
  )

  it.effect("of an erased runbook are counted as gone, with those of its runs", () =>
    Effect.gen(function* () {
      const { directory, script, run } = yield* ran()
      yield* RunbookErasure.use((erasure) => erasure.erase(run, principal)).pipe(
        Effect.provide(on(directory, script))
      )
      const { broken, texts } = yield* verify(directory, true)
      assert.isNull(broken)
      assert.deepStrictEqual(texts, { ...none, checked: 1, erased: 2, erasedRunbooks: 1 })
    })
  )
})
