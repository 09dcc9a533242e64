/** Whoever looks at a runbook while a living process runs it takes nothing from it, and finds nothing wrong. */
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { Recordings } from "../../../src/core/replay/Recordings.ts"
import { Runbooks, unwatched } from "../../../src/core/runbook/Runbooks.ts"
import type { Journal } from "../../../src/ports/Journal.ts"
import { newest, refusalOf, says, start, starting, three, verified } from "../../support/replayScene.ts"
import { Shared } from "../../support/sessionScene.ts"

describe("a runbook that is looked at while it runs", () => {
  it.effect("takes nothing from a living process that ends a step while somebody looks", () =>
    Effect.gen(function* () {
      for (const moment of ["rows", "heads"] as const) {
        const shared = yield* Shared.make
        const [isInside, isEnded, mayEnd, mayGoOn] = [
          yield* Deferred.make<void>(),
          yield* Deferred.make<void>(),
          yield* Deferred.make<void>(),
          yield* Deferred.make<void>()
        ]
        /** Stops before the second step has ended, and once more after it. */
        const pausing = (journal: Journal["Service"]): Journal["Service"] => ({
          ...journal,
          commit: (commit) =>
            Effect.gen(function* () {
              const events = commit.appends.flatMap((append) => append.events)
              const isEnd = events.some((event) => event._tag === "StepEnded" && event.index === 1)
              if (isEnd) {
                yield* Deferred.succeed(isInside, undefined)
                yield* Deferred.await(mayEnd)
              }
              const committed = yield* journal.commit(commit)
              if (isEnd) {
                yield* Deferred.succeed(isEnded, undefined)
                yield* Deferred.await(mayGoOn)
              }
              return committed
            })
        })
        /** Has it end the step between two looks of its own. */
        const looking = (journal: Journal["Service"]): Journal["Service"] => {
          const moved = Effect.andThen(Deferred.succeed(mayEnd, undefined), Deferred.await(isEnded))
          return {
            ...journal,
            read: (stream, ...range) =>
              Effect.tap(journal.read(stream, ...range), () =>
                moment === "rows" && stream.startsWith("runbook/") ? moved : Effect.void
              ),
            info: (stream) =>
              Effect.tap(journal.info(stream), () =>
                moment === "heads" && stream.startsWith("runbook/") ? moved : Effect.void
              )
          }
        }
        const one = starting(shared, says("1", "2", "3"), { journal: pausing })
        const other = starting(shared, says("4", "5", "6"), { journal: looking })
        const running = yield* Effect.forkChild(
          Effect.provide(
            Runbooks.use((all) => all.run(three, start)),
            one.layer
          )
        )
        yield* Deferred.await(isInside)
        const run = (yield* newest(one.journal)) ?? assert.fail("it has begun")
        assert.strictEqual(yield* Effect.provide(refusalOf(run), other.layer), "RESUME_INVALID_STATE", moment)
        yield* Deferred.succeed(mayGoOn, undefined)
        const { execution } = yield* Fiber.join(running)
        assert.deepStrictEqual(
          [execution.after.status, execution.after.attempt, yield* one.calls, yield* other.calls],
          ["completed", 1, 3, 0]
        )
        assert.isNull(yield* Effect.provide(verified, one.layer))
      }
    })
  )

  it.effect("finds nothing wrong with what a living process writes meanwhile", () =>
    Effect.gen(function* () {
      const shared = yield* Shared.make
      const one = starting(shared, says("1", "2", "3"))
      const gate = yield* Deferred.make<void>()
      const between = yield* Deferred.make<void>()
      const watcher = {
        ...unwatched,
        step: (index: number) =>
          index === 1
            ? Effect.andThen(Deferred.succeed(between, undefined), Deferred.await(gate))
            : Effect.void
      }
      const running = yield* Effect.forkChild(
        Effect.provide(
          Runbooks.use((all) => all.run(three, start, watcher)),
          one.layer
        )
      )
      yield* Deferred.await(between)
      const run = (yield* newest(one.journal)) ?? assert.fail("it has begun")
      // The rest is written after the rows of the runbook were read, and before those of its runs are.
      const looking = (journal: Journal["Service"]): Journal["Service"] => ({
        ...journal,
        read: (stream, ...range) =>
          Effect.tap(journal.read(stream, ...range), () =>
            stream.startsWith("runbook/")
              ? Effect.andThen(Deferred.succeed(gate, undefined), Fiber.await(running))
              : Effect.void
          )
      })
      const other = starting(shared, [], { journal: looking })
      const recorded = yield* Effect.provide(
        Recordings.use((recordings) => recordings.here(run)),
        other.layer
      )
      assert.isNull(recorded.broken)
      assert.strictEqual(recorded.runs, 1)
    })
  )
})
