/** Runbooks are gone on with by processes that come after those that died, were held, or failed. */
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Option } from "effect"
import { Replays } from "../../../src/core/replay/Replays.ts"
import { Runbooks, unwatched } from "../../../src/core/runbook/Runbooks.ts"
import { Steward } from "../../../src/core/session/Steward.ts"
import { Content, reveal } from "../../../src/domain/Content.ts"
import { type RunId, runbookStream, StreamId } from "../../../src/domain/Ids.ts"
import type { RunbookAfter } from "../../../src/domain/runbook/RunbookEvent.ts"
import type { Journal } from "../../../src/ports/Journal.ts"
import {
  by,
  newest,
  options,
  refusalOf,
  resume,
  says,
  start,
  starting,
  swapped,
  tampered,
  three,
  verified
} from "../../support/replayScene.ts"
import { persona, principal, settingsWith, Shared } from "../../support/sessionScene.ts"

const failed = { fail: "PROVIDER_REJECTED" } as const

/** Where a runbook stands, but for how often it was tried and what that has cost. */
const plain = ({ status, next, completed, skipped, open, failed, tries, redirected }: RunbookAfter) => ({
  status,
  next,
  completed,
  skipped,
  open,
  failed,
  tries,
  redirected
})

describe("Replays.resume of a runbook", () => {
  it.effect("whichever commit a process died at, each step has its answer once and the end is the same", () =>
    Effect.gen(function* () {
      const undisturbed = starting(yield* Shared.make, says("1", "2", "3"))
      const { execution } = yield* Effect.provide(
        Runbooks.use((all) => all.run(three, start)),
        undisturbed.layer
      )
      for (const side of ["before", "after"] as const) {
        for (let commits = 1; commits < 9; commits++) {
          const shared = yield* Shared.make
          const dying = starting(shared, says("1", "2", "3"))
          dying.dieAfter(commits, side)
          yield* Effect.exit(
            Effect.provide(
              Runbooks.use((all) => all.run(three, start)),
              dying.layer
            )
          )
          dying.die()
          const next = starting(shared, says("4", "5", "6"))
          yield* Effect.gen(function* () {
            const run = yield* newest(next.journal)
            if (!run) return
            const place = yield* Runbooks.use((all) => all.place(run as RunId))
            const { completed, status } = place.execution.after
            if (status === "completed")
              return assert.strictEqual(yield* refusalOf(run), "RESUME_INVALID_STATE")
            const { execution: ended } = yield* resume(run)
            assert.deepStrictEqual(plain(ended.after), plain(execution.after))
            assert.strictEqual(ended.after.attempt, 2)
            assert.strictEqual(yield* next.calls, 3 - completed)
            assert.isNull(yield* verified)
          }).pipe(Effect.provide(next.layer))
        }
      }
    })
  )

  it.effect("refuses what a living process works on, in a step and between two", () =>
    Effect.gen(function* () {
      const shared = yield* Shared.make
      const one = starting(shared, [{ say: "1" }, { hang: true }])
      const other = starting(shared, says("2", "3"))
      const gate = yield* Deferred.make<void>()
      const between = yield* Deferred.make<void>()
      const inside = yield* Deferred.make<void>()
      const watcher = {
        ...unwatched,
        step: (index: number) =>
          index === 1
            ? Effect.andThen(Deferred.succeed(between, undefined), Deferred.await(gate))
            : Effect.void,
        run: {
          outlet: null,
          accepted: () =>
            Effect.flatMap(one.calls, (calls) =>
              calls === 1 ? Effect.asVoid(Deferred.succeed(inside, undefined)) : Effect.void
            )
        }
      }
      const running = yield* Effect.forkChild(
        Effect.provide(
          Runbooks.use((all) => all.run(three, start, watcher)),
          one.layer
        )
      )
      yield* Deferred.await(between)
      const run = (yield* newest(one.journal)) ?? assert.fail("it has begun")
      yield* Effect.gen(function* () {
        assert.strictEqual(yield* refusalOf(run), "RESUME_INVALID_STATE")
        yield* Deferred.succeed(gate, undefined)
        yield* Deferred.await(inside)
        assert.strictEqual(yield* refusalOf(run), "RESUME_INVALID_STATE")
        one.die()
        const { execution } = yield* resume(run)
        assert.strictEqual(execution.after.status, "completed")
        assert.strictEqual(yield* other.calls, 2)
        yield* Fiber.interrupt(running)
        assert.isNull(yield* verified)
      }).pipe(Effect.provide(other.layer))
    })
  )

  it.effect("of two who go on with it at once one does, and no step is done twice", () =>
    Effect.gen(function* () {
      const shared = yield* Shared.make
      const one = starting(shared, [{ say: "1" }, failed])
      const { execution } = yield* Effect.provide(
        Runbooks.use((all) => all.run(three, start)),
        one.layer
      )
      const both = [starting(shared, says("2", "3")), starting(shared, says("2", "3"))]
      const results = yield* Effect.forEach(
        both,
        ({ layer }) => Effect.result(Effect.provide(resume(execution.run), layer)),
        { concurrency: 2 }
      )
      const codes = results.flatMap((result) => (result._tag === "Failure" ? [result.failure.code] : []))
      assert.strictEqual(codes.length, 1)
      assert.include(["RUNBOOK_CONFLICT", "RESUME_INVALID_STATE"], codes[0])
      const calls = yield* Effect.forEach(both, (process) => process.calls)
      assert.strictEqual(
        calls.reduce((sum, each) => sum + each, 0),
        2
      )
      assert.isNull(yield* Effect.provide(verified, one.layer))
    })
  )

  it.effect(
    "waits for a decision, goes on after it though the first process lives, and not once it was closed",
    () =>
      Effect.gen(function* () {
        const shared = yield* Shared.make
        const settings = settingsWith({ steward_thresholds: { step_count: 1 } })
        const one = starting(shared, says("1"), { settings })
        const { execution } = yield* Effect.provide(
          Runbooks.use((all) => all.run(three, { ...start, sessionMode: "steward" })),
          one.layer
        )
        const { run } = execution
        const other = starting(shared, says("2"), { settings })
        yield* Effect.gen(function* () {
          const steward = yield* Steward
          const decide = Effect.fnUntraced(function* (action: "approve" | "close") {
            const [{ run: turn, digest, sequence } = assert.fail("nothing is held")] = yield* steward.pending
            yield* steward.decide({
              turn,
              digest,
              sequence,
              principal,
              by: "person",
              reason: "other",
              action
            })
          })
          assert.strictEqual(yield* refusalOf(run), "RUNBOOK_PAUSED")
          yield* decide("approve")
          assert.strictEqual((yield* resume(run)).execution.after.status, "paused")
          yield* decide("close")
          assert.strictEqual(yield* refusalOf(run), "RESUME_INVALID_STATE")
          assert.isNull(yield* verified)
        }).pipe(Effect.provide(other.layer))
      })
  )

  it.effect(
    "asks a redirected step again with what the steward has put in its place, and the text beside it",
    () =>
      Effect.gen(function* () {
        const shared = yield* Shared.make
        const settings = settingsWith({ steward_thresholds: { step_count: 1 } })
        const one = starting(shared, [{ say: "1" }, failed, { say: "2" }], { settings })
        yield* Effect.gen(function* () {
          const { execution } = yield* Runbooks.use((all) =>
            all.run(three, { ...start, sessionMode: "steward" })
          )
          const steward = yield* Steward
          const [{ run: turn, digest, sequence } = assert.fail("nothing is held")] = yield* steward.pending
          const texts = { prompt: Content.of("otherwise"), file: Content.of("the text beside it") }
          const request = { ...by, ...texts, mode: persona, capability: null, packs: null }
          const about = { turn, digest, sequence, principal, by: "person", reason: "other" } as const
          yield* steward.decide({ ...about, action: "redirect", request })
          const losing = (journal: Journal["Service"]): Journal["Service"] => ({
            ...journal,
            sealed: (stream, id) =>
              id === "file" ? Effect.succeed(Option.none()) : journal.sealed(stream, id)
          })
          const robbed = starting(shared, says("3"), { settings, journal: losing })
          const lost = yield* Effect.provide(refusalOf(execution.run), robbed.layer)
          assert.deepStrictEqual([lost, yield* robbed.calls], ["REPLAY_CONTENT_REQUIRED", 0])
          yield* resume(execution.run)
          const sent = ((yield* one.drafter.asked).at(-1)?.messages ?? []).map(({ content }) =>
            reveal(content)
          )
          assert.include(sent.join("\n"), "otherwise")
          assert.include(sent.join("\n"), "the text beside it")
          assert.isNull(yield* verified)
        }).pipe(Effect.provide(one.layer))
      })
  )

  it.effect("audits what is left where that is asked for", () =>
    Effect.gen(function* () {
      const one = starting(yield* Shared.make, [{ say: "1" }, failed, ...says("2", "3")])
      yield* Effect.gen(function* () {
        const { execution } = yield* Runbooks.use((all) => all.run(three, start))
        const { steps } = yield* resume(execution.run, { by: { ...by, audit: true } })
        assert.deepStrictEqual(
          steps.map(({ released }) => released?.receipt.audit),
          ["pass", "pass"]
        )
        assert.isNull(yield* verified)
      }).pipe(Effect.provide(one.layer))
    })
  )

  it.effect("does nothing where a row, where it stands or a sealed text is not what it was", () =>
    Effect.gen(function* () {
      const shared = yield* Shared.make
      const one = starting(shared, [{ say: "1" }, failed])
      const { execution } = yield* Effect.provide(
        Runbooks.use((all) => all.run(three, start)),
        one.layer
      )
      const stream = runbookStream(execution.run)
      const runs = yield* one.journal.streams({ prefix: "run/", openOnly: false, before: null, limit: 2 })
      const step = runs[1]?.stream ?? StreamId.make("none")
      const changes = [
        tampered(stream, 3, (row) => row.replace('"next":1', '"next":2')),
        tampered(stream, 6, (row) => row.replace('"next":1', '"next":2')),
        tampered(step, 1, (row) => row.replace('"promptChars":5', '"promptChars":6')),
        swapped(stream, step),
        (journal: Journal["Service"]) => ({
          ...journal,
          sealed: (name: StreamId, id: Parameters<typeof journal.sealed>[1]) =>
            journal.sealed(name, id.startsWith("prompt.") ? ("prompt.0" as typeof id) : id)
        })
      ]
      for (const [index, journal] of changes.entries()) {
        const next = starting(shared, says("never"), { journal })
        const before = yield* next.journal.head
        const code = yield* Effect.provide(refusalOf(execution.run), next.layer)
        const wanted = index === 3 ? "REPLAY_CONTENT_REQUIRED" : "CHECKPOINT_INTEGRITY_ERROR"
        assert.deepStrictEqual([index, code], [index, wanted])
        assert.deepStrictEqual([yield* next.calls, yield* next.journal.head], [0, before])
      }
    })
  )

  it.effect("names what has changed, and a step is gone on with and its runbook done again by its id", () =>
    Effect.gen(function* () {
      const shared = yield* Shared.make
      const one = starting(shared, [{ say: "1" }, failed])
      const { execution, steps } = yield* Effect.provide(
        Runbooks.use((all) => all.run(three, start)),
        one.layer
      )
      const next = starting(shared, says("2", "3", "again", "1", "2", "3"), {
        settings: settingsWith({ max_output_tokens: 77 })
      })
      yield* Effect.gen(function* () {
        assert.strictEqual(yield* refusalOf(execution.run), "RESUME_CONFIG_CHANGED")
        const stepRun = steps[1]?.run ?? assert.fail()
        const { execution: ended } = yield* resume(stepRun, { acceptConfig: true })
        assert.deepStrictEqual([ended.run, ended.after.status], [execution.run, "completed"])
        const replays = yield* Replays
        const alone = yield* replays.replay(stepRun, options)
        assert.strictEqual(alone._tag === "Run" && alone.state.accepted?.step, undefined)
        const whole = yield* replays.replay(execution.run, options)
        assert.deepStrictEqual(whole._tag === "Runbook" && whole.result.execution.source, {
          run: execution.run,
          kind: "replay",
          attempt: 1
        })
        assert.isNull(yield* verified)
      }).pipe(Effect.provide(next.layer))
    })
  )
})
