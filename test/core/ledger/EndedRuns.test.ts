import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Fiber, Layer, Logger, Option, References, Stream } from "effect"
import * as MemoryJournal from "../../../src/adapters/journal/Memory.ts"
import { watched } from "../../../src/core/ledger/EndedRuns.ts"
import { Projections } from "../../../src/core/ledger/Projections.ts"
import { Runs } from "../../../src/core/run/Runs.ts"
import { failure } from "../../../src/domain/Failure.ts"
import { runStream, StreamId } from "../../../src/domain/Ids.ts"
import { decode } from "../../../src/domain/ledger/Ledger.ts"
import { Configuration } from "../../../src/ports/Configuration.ts"
import { Journal } from "../../../src/ports/Journal.ts"
import { type Reply, ScriptedProvider, TestRuntime } from "../../../src/testing.ts"
import { codeOf } from "../../support/ledger.ts"
import { memoryLog, recordOf } from "../../support/metadata.ts"
import { audited, verdict } from "../../support/runs.ts"

const plain = Runs.request("executor", "question")
type Script = { readonly drafter: ReadonlyArray<Reply>; readonly judge?: ReadonlyArray<Reply> }

/** A runtime whose journal is watched, with the log that it writes. */
const watching = (
  log: ReturnType<typeof memoryLog>,
  { drafter, judge = [] }: Script,
  settings: typeof TestRuntime.settings = TestRuntime.settings,
  kept: Layer.Layer<Journal> = MemoryJournal.layer
) => {
  const providers = [
    ScriptedProvider.make("drafter", drafter),
    ScriptedProvider.make("reserve", []),
    ScriptedProvider.make("judge", judge)
  ].map(({ provider }) => provider)
  const journal = watched.pipe(
    Layer.provide([kept, log.layer, Layer.succeed(Configuration, { settings, placed: [], untrusted: [] })])
  )
  return Layer.merge(TestRuntime.layer({ providers, settings, journal }), log.layer)
}

/** What is logged at debug level, as text. */
const listening = () => {
  const lines: Array<string> = []
  const logger = Logger.make(({ message }) => void lines.push(String(message)))
  const layer = Layer.merge(Logger.layer([logger]), Layer.succeed(References.MinimumLogLevel, "Debug"))
  return { lines, layer }
}

describe("ended runs", () => {
  it.effect("leave one record each, whatever their ending, and what is read again later is the same", () => {
    const log = memoryLog()
    return Effect.gen(function* () {
      const read = yield* Effect.gen(function* () {
        const runs = yield* Runs
        yield* runs.run(plain)
        yield* Effect.exit(runs.run(plain))
        yield* Effect.exit(runs.run(audited))
        const running = yield* Effect.forkChild(runs.run(plain), { startImmediately: true })
        yield* Effect.yieldNow
        yield* Fiber.interrupt(running)
        yield* Effect.exit(
          runs.run(plain, { accepted: () => Effect.void, outlet: () => Effect.die(new Error("a bug")) })
        )
        return yield* Stream.runCollect((yield* Projections).ended)
      }).pipe(
        Effect.provide(
          watching(log, {
            drafter: [
              { say: "a" },
              { fail: "PROVIDER_REJECTED" },
              { say: "b" },
              { hang: true },
              { say: "c" }
            ],
            judge: [verdict("reject")]
          })
        )
      )
      assert.deepStrictEqual(
        read.map(({ error_code }) => error_code),
        [null, "PROVIDER_REJECTED", "AUDIT_REJECTED", "RUN_CANCELLED", "INTERNAL_ERROR"]
      )
      assert.deepStrictEqual(yield* log.records, read)
    })
  })

  it.effect("are recorded from what was written of them: only what another began is read again", () => {
    const log = memoryLog()
    const reads: Array<StreamId> = []
    const counting = Layer.effect(
      Journal,
      Effect.map(Journal, (journal) => ({
        ...journal,
        read: (stream: StreamId, after?: number) => {
          reads.push(stream)
          return journal.read(stream, after)
        }
      }))
    ).pipe(Layer.provide(MemoryJournal.layer))
    const other = recordOf(77).request_id
    const stream = runStream(other)
    return Effect.gen(function* () {
      yield* Effect.gen(function* () {
        const { run } = yield* (yield* Runs).run(plain)
        const journal = yield* Journal
        const events = (yield* journal.read(runStream(run))).flatMap(({ payload }) => {
          const event = Option.getOrThrow(decode(payload))
          return [event._tag === "RunAccepted" ? { ...event, run: other } : event]
        })
        const began = { stream, expected: 0, events: events.slice(0, 3), sealed: [], key: null }
        // Two streams in one commit: which of them its time is of is not known here.
        yield* journal.commit({ appends: [began, { ...began, stream: StreamId.make("run/another") }] })
        yield* journal.commit({ appends: [{ ...began, expected: 3, events: events.slice(3) }] })
        reads.splice(0)
      }).pipe(Effect.provide(watching(log, { drafter: [{ say: "a" }] }, TestRuntime.settings, counting)))
      assert.deepStrictEqual(reads, [stream])
      assert.strictEqual((yield* log.records).length, 2)
    })
  })

  it.effect("are read again where somebody else has written in between", () => {
    const log = memoryLog()
    return Effect.gen(function* () {
      const inner = Context.get(yield* Layer.build(MemoryJournal.layer), Journal)
      const read = yield* Effect.gen(function* () {
        const { run } = yield* (yield* Runs).run(plain)
        const journal = yield* Journal
        const other = recordOf(77).request_id
        const events = (yield* journal.read(runStream(run))).flatMap(({ payload }) => {
          const event = Option.getOrThrow(decode(payload))
          return [event._tag === "RunAccepted" ? { ...event, run: other } : event]
        })
        const write = (by: Journal["Service"], expected: number, end?: number) =>
          by.commit({
            appends: [
              {
                stream: runStream(other),
                expected,
                events: events.slice(expected, end),
                sealed: [],
                key: null
              }
            ]
          })
        yield* write(journal, 0, 3)
        yield* write(inner, 3, 6)
        assert.strictEqual(yield* codeOf(write(journal, 3, 6)), "JOURNAL_CONFLICT")
        yield* write(journal, 6)
        return yield* Stream.runCollect((yield* Projections).ended)
      }).pipe(
        Effect.provide(
          watching(log, { drafter: [{ say: "a" }] }, TestRuntime.settings, Layer.succeed(Journal, inner))
        )
      )
      assert.strictEqual(read.length, 2)
      assert.deepStrictEqual(yield* log.records, read)
    }).pipe(Effect.scoped)
  })

  it.effect("have their record before the journal is closed", () => {
    const log = memoryLog()
    return Effect.gen(function* () {
      yield* Effect.flatMap(Runs, (runs) => runs.run(plain)).pipe(
        Effect.provide(watching(log, { drafter: [{ say: "a" }] }))
      )
      assert.strictEqual((yield* log.records).length, 1)
    })
  })

  it.effect("do not notice a log that fails; who debugs reads a code", () => {
    const { lines, layer } = listening()
    const log = memoryLog(failure("METADATA_LOG_UNWRITABLE", "setup"))
    return Effect.gen(function* () {
      const { released } = yield* Effect.flatMap(Runs, (runs) => runs.run(plain)).pipe(
        Effect.provide(watching(log, { drafter: [{ say: "answered" }] }))
      )
      assert.strictEqual(released.text, "answered")
      assert.deepStrictEqual(lines, ["METADATA_LOG_UNWRITABLE"])
    }).pipe(Effect.provide(layer))
  })

  it.effect("leave none where the log is turned off", () => {
    const log = memoryLog()
    const { logging } = TestRuntime.settings
    const settings = {
      ...TestRuntime.settings,
      logging: { ...logging, logging: { ...logging.logging, metadata: { enabled: false } } }
    }
    return Effect.gen(function* () {
      yield* Effect.flatMap(Runs, (runs) => runs.run(plain)).pipe(
        Effect.provide(watching(log, { drafter: [{ say: "a" }] }, settings))
      )
      assert.deepStrictEqual(yield* log.records, [])
    })
  })
})
