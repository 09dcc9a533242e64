/** Runs and turns that did not end well are gone on with, by processes that come after those that died. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { Erasure } from "../../../src/core/ledger/Erasure.ts"
import { History } from "../../../src/core/ledger/History.ts"
import { Replays } from "../../../src/core/replay/Replays.ts"
import { Runs } from "../../../src/core/run/Runs.ts"
import { Sessions } from "../../../src/core/session/Sessions.ts"
import { Steward } from "../../../src/core/session/Steward.ts"
import type { RuntimeFailure } from "../../../src/domain/Failure.ts"
import { type RunId, sessionStream } from "../../../src/domain/Ids.ts"
import {
  ask,
  asking,
  by,
  options,
  starting,
  streamOfRun,
  swapped,
  tampered,
  verified
} from "../../support/replayScene.ts"
import { principal, settingsWith, Shared, startOf, turnOf, waits } from "../../support/sessionScene.ts"

const resume = (run: string, rest = {}) => Replays.use((all) => all.resume(run, { ...options, ...rest }))
const runOf = ({ run }: RuntimeFailure): RunId => run ?? assert.fail("it was recorded")
const failed = { fail: "PROVIDER_REJECTED" } as const

describe("Replays.resume", () => {
  it.effect("asks once more what has failed, and goes on from the last attempt whichever is named", () =>
    Effect.gen(function* () {
      const shared = yield* Shared.make
      const one = starting(shared, [failed, failed, { say: "at last" }])
      yield* Effect.gen(function* () {
        const first = runOf(yield* Effect.flip(ask("question")))
        const second = runOf(yield* Effect.flip(resume(first)))
        const made = yield* resume(first)
        assert.strictEqual(made._tag === "Run" && made.source, second)
        const { state } = yield* History.use((history) => history.find(made._tag === "Run" ? made.run : ""))
        assert.deepStrictEqual(state?.accepted?.source, { run: second, kind: "resume", attempt: 3 })
        assert.strictEqual(state?.accepted?.promptChars, "question".length)
        for (const run of [first, second, made._tag === "Run" ? made.run : ""]) {
          const { code, run: last } = yield* Effect.flip(resume(run))
          assert.deepStrictEqual(
            [code, last],
            ["RESUME_INVALID_STATE", made._tag === "Run" ? made.run : null]
          )
        }
        assert.strictEqual(yield* one.calls, 3)
        assert.isNull(yield* verified)
      }).pipe(Effect.provide(one.layer))
    })
  )

  it.effect("of two who go on with it at once one does, and the other calls nobody", () =>
    Effect.gen(function* () {
      const shared = yield* Shared.make
      const first = starting(shared, [failed])
      const run = runOf(yield* Effect.flip(Effect.provide(ask("question"), first.layer)))
      const both = [starting(shared, [{ say: "one" }]), starting(shared, [{ say: "two" }])]
      const results = yield* Effect.forEach(
        both,
        ({ layer }) => Effect.result(Effect.provide(resume(run), layer)),
        { concurrency: 2 }
      )
      const codes = results.map((result) => (result._tag === "Success" ? "made" : result.failure.code))
      assert.deepStrictEqual(codes.toSorted(), ["RESUME_INVALID_STATE", "made"])
      const calls = yield* Effect.forEach(both, (process) => process.calls)
      assert.deepStrictEqual(calls.toSorted(), [0, 1])
      assert.isNull(yield* Effect.provide(verified, first.layer))
    })
  )

  it.effect("refuses what is alive, has ended well, was decided, waits or was erased", () =>
    Effect.gen(function* () {
      const shared = yield* Shared.make
      const one = starting(
        shared,
        [{ say: "done" }, { say: "held" }, { say: "held too" }, failed, { hang: true }],
        {
          settings: settingsWith(waits)
        }
      )
      const other = starting(shared, [])
      yield* Effect.gen(function* () {
        const { run: released } = yield* ask("question")
        const { session } = yield* Sessions.use((all) => all.start(startOf("steward")))
        const { run: rejected } = yield* Sessions.use((all) => all.turn(session, turnOf("held")))
        const steward = yield* Steward
        const [held = assert.fail()] = yield* steward.pending
        const { digest, sequence } = held
        const about = { turn: rejected, digest, sequence, principal, by: "person", reason: "other" } as const
        yield* steward.decide({ ...about, action: "reject" })
        const { run: waiting } = yield* Sessions.use((all) => all.turn(session, turnOf("held too")))
        const erased = runOf(yield* Effect.flip(ask("broken")))
        yield* Effect.provide(
          Erasure.use((erasure) => erasure.erase(erased, principal)),
          Erasure.layer
        )
        const hanging = yield* asking("hang")
        const [alive = assert.fail()] = yield* one.journal.streams({
          prefix: "run/",
          openOnly: true,
          before: null,
          limit: 1
        })
        const wanted = [
          [released, "RESUME_INVALID_STATE"],
          [rejected, "RESUME_INVALID_STATE"],
          [waiting, "RESUME_INVALID_STATE"],
          [alive.stream.slice("run/".length), "RESUME_INVALID_STATE"],
          [erased, "RUN_ERASED"],
          ["ffff", "CHECKPOINT_NOT_FOUND"],
          ["../x", "CHECKPOINT_NOT_FOUND"]
        ] as const
        for (const [run, code] of wanted) {
          const failure = yield* Effect.flip(Effect.provide(resume(run, { acceptConfig: true }), other.layer))
          assert.deepStrictEqual([run, failure.code], [run, code])
        }
        yield* Fiber.interrupt(hanging)
        assert.strictEqual(yield* other.calls, 0)
        assert.isNull(yield* verified)
      }).pipe(Effect.provide(one.layer))
    })
  )

  it.effect("a cancelled run is asked once more", () =>
    Effect.gen(function* () {
      const shared = yield* Shared.make
      const one = starting(shared, [{ hang: true }])
      const next = starting(shared, [{ say: "again" }])
      yield* Effect.provide(Effect.flatMap(asking("hang"), Fiber.interrupt), one.layer)
      const [{ stream } = assert.fail()] = yield* next.journal.streams({
        prefix: "run/",
        openOnly: false,
        before: null,
        limit: 1
      })
      const made = yield* Effect.provide(resume(stream.slice("run/".length)), next.layer)
      const rest = made._tag === "Run" && made.rest._tag === "Released" ? made.rest : assert.fail()
      assert.strictEqual(rest.released.text, "again")
    })
  )

  it.effect(
    "whichever commit a process died at, resume ends with the answer and pays for no draft twice",
    () =>
      Effect.gen(function* () {
        for (const side of ["before", "after"] as const) {
          for (let commits = 0; commits < 4; commits++) {
            const shared = yield* Shared.make
            const dying = starting(shared, [{ say: "draft" }])
            dying.dieAfter(commits, side)
            yield* Effect.exit(Effect.provide(ask("question", true), dying.layer))
            dying.die()
            const next = starting(shared, [{ say: "once more" }])
            yield* Effect.gen(function* () {
              const [found] = yield* next.journal.streams({
                prefix: "run/",
                openOnly: false,
                before: null,
                limit: 1
              })
              // It died before there was one.
              if (!found) return
              const run = found.stream.slice("run/".length)
              const state = (yield* History.use((history) => history.find(run))).state
              const made = yield* Effect.result(resume(run))
              if (state?.ending?._tag === "Released") {
                assert.strictEqual(made._tag === "Failure" && made.failure.code, "RESUME_INVALID_STATE")
                return
              }
              const text =
                made._tag === "Success" &&
                made.success._tag === "Run" &&
                made.success.rest._tag === "Released"
                  ? made.success.rest.released.text
                  : `${side} ${commits}: ${made._tag}`
              // A call that is out is not made again, and what it would have judged is not let out without it.
              const isPaid = state?.calls.length === 1 && state.calls[0]?.settled?.outcome === "ok"
              assert.strictEqual(text, isPaid ? "draft" : "once more")
              assert.strictEqual(yield* next.calls, isPaid ? 0 : 1)
              assert.isNull(yield* verified)
            }).pipe(Effect.provide(next.layer))
          }
        }
      })
  )

  it.effect("a turn is asked as the next one of its session, and not where that is closed", () =>
    Effect.gen(function* () {
      const shared = yield* Shared.make
      const one = starting(shared, [{ say: "one" }, failed, { say: "two" }, failed])
      yield* Effect.gen(function* () {
        const sessions = yield* Sessions
        const { session } = yield* sessions.start(startOf("work"))
        yield* sessions.turn(session, turnOf("first"))
        const run = runOf(yield* Effect.flip(sessions.turn(session, turnOf("second"))))
        const made = yield* resume(run)
        assert.strictEqual(made._tag === "Run" && made.session, session)
        assert.strictEqual(made._tag === "Run" && made.state.accepted?.turn?.index, 2)
        assert.strictEqual((yield* one.drafter.asked).at(-1)?.messages.length, 4)
        const third = runOf(yield* Effect.flip(sessions.turn(session, turnOf("third"))))
        yield* sessions.close(session, principal)
        assert.strictEqual((yield* Effect.flip(resume(third))).code, "SESSION_NOT_ACTIVE")
        assert.isNull(yield* verified)
      }).pipe(Effect.provide(one.layer))
    })
  )

  it.effect("does nothing where a row, what a session says or a sealed text is not what it was", () =>
    Effect.gen(function* () {
      const shared = yield* Shared.make
      const one = starting(shared, [failed, failed, failed])
      const { run, other, turn, session } = yield* Effect.gen(function* () {
        const sessions = yield* Sessions
        const { session } = yield* sessions.start(startOf("work"))
        return {
          session,
          run: runOf(yield* Effect.flip(ask("question"))),
          other: runOf(yield* Effect.flip(ask("another"))),
          turn: runOf(yield* Effect.flip(sessions.turn(session, turnOf("turn"))))
        }
      }).pipe(Effect.provide(one.layer))
      const changes = [
        [run, tampered(streamOfRun(run), 1, (row) => row.replace('"promptChars":8', '"promptChars":9'))],
        [turn, tampered(sessionStream(session), 3, (row) => row.replace(/"tokens":\d+/u, '"tokens":1'))],
        [run, swapped(streamOfRun(run), streamOfRun(other))]
      ] as const
      for (const [target, journal] of changes) {
        const next = starting(shared, [{ say: "never" }], { journal })
        const before = yield* next.journal.head
        const { code } = yield* Effect.flip(Effect.provide(resume(target), next.layer))
        assert.strictEqual(code, "CHECKPOINT_INTEGRITY_ERROR")
        assert.deepStrictEqual([yield* next.calls, yield* next.journal.head], [0, before])
      }
    })
  )

  it.effect(
    "names what of the configuration has changed, and goes on under the new one where that is wanted",
    () =>
      Effect.gen(function* () {
        const shared = yield* Shared.make
        const one = starting(shared, [failed])
        const run = runOf(yield* Effect.flip(Effect.provide(ask("question"), one.layer)))
        const settings = settingsWith({ max_output_tokens: 77 })
        const next = starting(shared, [{ say: "under the new one" }], { settings })
        yield* Effect.gen(function* () {
          const { code, changed, run: named } = yield* Effect.flip(resume(run))
          assert.deepStrictEqual([code, named], ["RESUME_CONFIG_CHANGED", run])
          assert.isTrue((changed ?? []).some((key) => key.includes("utput")))
          assert.strictEqual(yield* next.calls, 0)
          const made = yield* resume(run, { acceptConfig: true })
          assert.strictEqual(made._tag, "Run")
          assert.isNull(yield* verified)
        }).pipe(Effect.provide(next.layer))
      })
  )

  it.effect("what would cost more than is left is refused, and may be gone on with later", () =>
    Effect.gen(function* () {
      const shared = yield* Shared.make
      const poor = settingsWith({ budgets: { window_hours: 24, calls: 1 } })
      const one = starting(shared, [failed, { say: "never" }], { settings: poor })
      yield* Effect.gen(function* () {
        const run = runOf(yield* Effect.flip(ask("question")))
        const { code } = yield* Effect.flip(resume(run))
        assert.strictEqual(code, "BUDGET_EXCEEDED")
        assert.strictEqual(yield* one.calls, 1)
      }).pipe(Effect.provide(one.layer))
    })
  )

  it.effect(
    "a replay of a replay is a lineage of its own, and its failure is gone on with as its second attempt",
    () =>
      Effect.gen(function* () {
        const shared = yield* Shared.make
        const one = starting(shared, [{ say: "one" }, { say: "two" }, failed, { say: "four" }])
        yield* Effect.gen(function* () {
          const replays = yield* Replays
          const { run } = yield* ask("question")
          const second = yield* replays.replay(run, options)
          const third = runOf(
            yield* Effect.flip(replays.replay(second._tag === "Run" ? second.run : "", options))
          )
          const made = yield* resume(third)
          const sources = yield* Effect.forEach([third, made._tag === "Run" ? made.run : ""], (one) =>
            Effect.map(
              History.use((history) => history.find(one)),
              ({ state }) => state?.accepted?.source
            )
          )
          assert.deepStrictEqual(sources, [
            { run: second._tag === "Run" ? second.run : run, kind: "replay", attempt: 1 },
            { run: third, kind: "resume", attempt: 2 }
          ])
          assert.isNull(yield* verified)
        }).pipe(Effect.provide(one.layer))
      })
  )

  it.effect("a run of a capability alone is done again without a model", () =>
    Effect.gen(function* () {
      const shared = yield* Shared.make
      const one = starting(shared, [])
      yield* Effect.gen(function* () {
        const capability = { id: "cap.echo_json", payload: null } as never
        const { run } = yield* Runs.use((runs) => runs.invoke(capability, by))
        const made = yield* Replays.use((all) => all.replay(run, options))
        assert.strictEqual(made._tag === "Run" && made.state.accepted?.source?.run, run)
        assert.strictEqual(yield* one.calls, 0)
        assert.isNull(yield* verified)
      }).pipe(Effect.provide(one.layer))
    })
  )
})
