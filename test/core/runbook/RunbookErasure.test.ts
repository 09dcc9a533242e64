/** Holds the erasure of a runbook to leaving none of its texts, and all of its record. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Erasure } from "../../../src/core/ledger/Erasure.ts"
import { Replays } from "../../../src/core/replay/Replays.ts"
import { RunbookErasure } from "../../../src/core/runbook/RunbookErasure.ts"
import { Runbooks } from "../../../src/core/runbook/Runbooks.ts"
import { ContentId, runbookStream, runStream } from "../../../src/domain/Ids.ts"
import { Journal } from "../../../src/ports/Journal.ts"
import { codeOf } from "../../support/ledger.ts"
import { on, verify } from "../../support/record.ts"
import { by, principal, ran, runbook, step } from "../../support/runbookRecord.ts"

const erase = (id: string) => RunbookErasure.use((erasure) => erasure.erase(id, principal))
const eraseRun = (id: string) =>
  Effect.gen(function* () {
    const erasure = yield* Erasure
    return yield* erasure.erase(id, principal)
  }).pipe(Effect.provide(Erasure.layer))
const resume = (id: string) => Replays.use((replays) => replays.resume(id, { by, acceptConfig: false }))
const replay = (id: string) => Replays.use((replays) => replays.replay(id, { by, acceptConfig: false }))

describe("RunbookErasure", () => {
  it.effect("destroys the keys of its prompts and of its runs' texts, and the record stands", () =>
    Effect.gen(function* () {
      const { directory, script, run, result } = yield* ran()
      const step = result.steps[0]?.run ?? assert.fail("no step was run")
      yield* Effect.gen(function* () {
        const journal = yield* Journal
        const streams = [runbookStream(run), runStream(step)]
        const keys = () => Effect.forEach(streams, (stream) => journal.key(stream))
        assert.deepStrictEqual(
          (yield* keys()).map(({ _tag }) => _tag),
          ["Some", "Some"]
        )
        const { runs, scrubbed } = yield* erase(run.slice(0, 36))
        assert.deepStrictEqual([runs, scrubbed], [2, true])
        assert.deepStrictEqual(
          (yield* keys()).map(({ _tag }) => _tag),
          ["None", "None"]
        )
        const prompt = yield* journal.sealed(runbookStream(run), ContentId.make("prompt.0"))
        assert.strictEqual(prompt._tag, "None")
        const { execution } = yield* Runbooks.use((runbooks) => runbooks.place(run))
        assert.deepInclude(execution.after, { status: "completed", erased: true })
        assert.strictEqual(yield* codeOf(erase(run)), "RUN_ERASED")
        assert.strictEqual(yield* codeOf(replay(run)), "RUN_ERASED")
        assert.strictEqual(yield* codeOf(erase(step)), "CHECKPOINT_NOT_FOUND")
        assert.strictEqual(yield* codeOf(erase("none")), "CHECKPOINT_NOT_FOUND")
      }).pipe(Effect.provide(on(directory, script)))
      assert.isNull((yield* verify(directory, true)).broken)
    })
  )

  it.effect("leaves what a step was erased before, and refuses what has not ended", () =>
    Effect.gen(function* () {
      const { directory, script, run, result } = yield* ran(
        [{ say: "one" }, { say: "two" }],
        runbook(step("a", "first"), step("b", "second")),
        { runtime: { steward_thresholds: { step_count: 2 } }, start: { sessionMode: "steward" } }
      )
      assert.strictEqual(result.execution.after.status, "paused")
      const [first, held] = result.steps
      yield* Effect.gen(function* () {
        assert.strictEqual(yield* codeOf(erase(run)), "RUNBOOK_PAUSED")
        assert.strictEqual(yield* codeOf(eraseRun(held?.run ?? "")), "RUN_OPEN")
        yield* eraseRun(first?.run ?? "")
      }).pipe(Effect.provide(on(directory, script)))
      assert.isNull((yield* verify(directory, true)).broken)
    })
  )

  it.effect("of a terminated one counts the runs that were left, and nobody resumes it", () =>
    Effect.gen(function* () {
      const { directory, script, run, result } = yield* ran(
        [{ say: "one" }, { fail: "PROVIDER_REJECTED" }],
        runbook(step("a", "first"), step("b", "second"))
      )
      assert.strictEqual(result.execution.after.status, "terminated")
      yield* Effect.gen(function* () {
        // A step's run may be erased alone: its runbook keeps the prompt, and goes on without the answer.
        yield* eraseRun(result.steps[0]?.run ?? "")
        const { runs } = yield* erase(run)
        assert.strictEqual(runs, 1)
        assert.strictEqual(yield* codeOf(resume(run)), "RUN_ERASED")
      }).pipe(Effect.provide(on(directory, script)))
      assert.isNull((yield* verify(directory, true)).broken)
    })
  )
})
