/** What one machine has recorded is judged, and done again, on another one that has an export of it and no more. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { Exports } from "../../../src/core/ledger/Exports.ts"
import { abroad, ForeignReplays } from "../../../src/core/replay/ForeignReplays.ts"
import { Recordings } from "../../../src/core/replay/Recordings.ts"
import { Runbooks } from "../../../src/core/runbook/Runbooks.ts"
import { Sessions } from "../../../src/core/session/Sessions.ts"
import { Content } from "../../../src/domain/Content.ts"
import { CapabilityId, Mode, PublicKey, TaskSpecId } from "../../../src/domain/Ids.ts"
import type { Runbook } from "../../../src/domain/runbook/Runbook.ts"
import { ask, options, runbook, start, starting, step, verified } from "../../support/replayScene.ts"
import { Shared, startOf, turnOf } from "../../support/sessionScene.ts"

const says = (...texts: ReadonlyArray<string>) => texts.map((say) => ({ say }))
const echo = { id: CapabilityId.make("cap.echo_json"), payload: Content.of('{"a":1}') }
const written = runbook(
  step("a", "first"),
  step("b", "second", { capability: echo }),
  step("c", "never", { when: { key: "session_mode", op: "eq", value: Mode.make("steward") } })
)

/** A machine with a run, a session of two turns and a runbook, and its export. */
const there = Effect.gen(function* () {
  const one = starting(yield* Shared.make, says("0", "1", "2", "3", "4"))
  return yield* Effect.gen(function* () {
    const { run } = yield* ask("question")
    const sessions = yield* Sessions
    const { session } = yield* sessions.start(startOf("work"))
    const { run: first } = yield* sessions.turn(session, turnOf("hello"))
    const { run: second } = yield* sessions.turn(session, turnOf("and then"))
    const { execution } = yield* Runbooks.use((all) => all.run(written, start))
    const lines = yield* Stream.runCollect((yield* Exports).lines(true))
    const bytes = new TextEncoder().encode(lines.join(""))
    return { run, session, first, second, book: execution.run, bytes }
  }).pipe(Effect.provide(one.layer))
})

const here = Effect.map(Shared.make, (shared) => starting(shared, says("5", "6")))
const given = { prompt: null, file: null, payload: null }

describe("an export of another machine", () => {
  it.effect("has every decision of a run, a session and a runbook made again, as many as there", () =>
    Effect.gen(function* () {
      const { run, session, book, bytes } = yield* there
      const { layer, calls } = yield* here
      yield* Effect.gen(function* () {
        const recordings = yield* Recordings
        const counts = [
          [run, 1, 7],
          [session, 2, 19],
          [book, 2, 22]
        ] as const
        for (const [id, runs, events] of counts) {
          const recorded = recordings.of(yield* recordings.read(Stream.succeed(bytes), id))
          assert.deepInclude(recorded, { runs, events, broken: null })
          assert.isAbove(recorded.decisions, events)
        }
        const { code } = yield* Effect.flip(recordings.read(Stream.succeed(bytes), "ffffffff"))
        assert.strictEqual(code, "CHECKPOINT_NOT_FOUND")
        assert.strictEqual(yield* calls, 0)
      }).pipe(Effect.provide(layer))
    })
  )

  it.effect("is not believed where a byte is another one, or another key has signed it", () =>
    Effect.gen(function* () {
      const { run, bytes } = yield* there
      const { layer } = yield* here
      yield* Effect.gen(function* () {
        const recordings = yield* Recordings
        const text = new TextDecoder().decode(bytes)
        const altered = new TextEncoder().encode(text.replace('"promptChars":8', '"promptChars":9'))
        const publicKey = PublicKey.make("ab".repeat(32))
        const codes = yield* Effect.forEach(
          [
            recordings.read(Stream.succeed(altered), run),
            recordings.read(Stream.succeed(bytes.slice(0, -1)), run),
            recordings.read(Stream.succeed(bytes), run, { checkpoint: null, publicKey })
          ],
          (reading) => Effect.map(Effect.flip(reading), ({ code }) => code)
        )
        assert.deepStrictEqual(codes, ["LEDGER_BROKEN", "LEDGER_EXPORT_INVALID", "LEDGER_BROKEN"])
      }).pipe(Effect.provide(layer))
    })
  )

  it.effect(
    "has no texts: what is needed is named, and with it a run begins a lineage that says where from",
    () =>
      Effect.gen(function* () {
        const { run, first, second, bytes } = yield* there
        const { layer, calls } = yield* here
        yield* Effect.gen(function* () {
          const recordings = yield* Recordings
          const replays = yield* ForeignReplays
          const at = Effect.fnUntraced(function* (id: string) {
            const found = yield* abroad(yield* recordings.read(Stream.succeed(bytes), id))
            return found._tag === "Run" ? found : assert.fail("it is a run")
          })
          const none = yield* Effect.flip(replays.run(yield* at(run), given, options))
          const nowhere = { step: null, task: null }
          assert.deepStrictEqual(none.required, [{ ...nowhere, part: "prompt", count: 8, given: null }])
          const short = { ...given, prompt: Content.of("quest") }
          const { required } = yield* Effect.flip(replays.run(yield* at(run), short, options))
          assert.deepStrictEqual(required, [{ ...nowhere, part: "prompt", count: 8, given: 5 }])
          const later = { ...given, prompt: Content.of("and then") }
          const turn = yield* Effect.flip(replays.run(yield* at(second), later, options))
          assert.deepStrictEqual(turn.required, [
            { ...nowhere, part: "earlier_turns", count: 1, given: null }
          ])
          assert.strictEqual(yield* calls, 0)
          const made = yield* replays.run(
            yield* at(first),
            { ...given, prompt: Content.of("hello") },
            options
          )
          const { source, turn: place } = (made._tag === "Run" && made.state.accepted) || assert.fail()
          assert.deepStrictEqual([source, place], [{ run: first, kind: "replay", attempt: 1 }, undefined])
          assert.isNull(yield* verified)
        }).pipe(Effect.provide(layer))
      })
  )

  it.effect("has a runbook done again from its file, matched step by step", () =>
    Effect.gen(function* () {
      const { book, bytes } = yield* there
      const { layer, calls } = yield* here
      yield* Effect.gen(function* () {
        const replays = yield* ForeignReplays
        const found = yield* abroad(yield* Recordings.use((all) => all.read(Stream.succeed(bytes), book)))
        const from = found._tag === "Runbook" ? found : assert.fail("it is a runbook")
        const missing = (runbook: Runbook | null) =>
          Effect.map(Effect.flip(replays.runbook(from, runbook, options)), ({ required = [] }) =>
            required.map(({ step, task, part, count, given }) => [step, task, part, count, given])
          )
        const [a = assert.fail(), b = assert.fail(), c = assert.fail()] = written.steps
        assert.deepStrictEqual(yield* missing(null), [
          [0, "a", "prompt", 5, null],
          [1, "b", "prompt", 6, null],
          [1, "b", "payload", 7, null],
          [2, "c", "prompt", 5, null]
        ])
        const others = {
          ...written,
          steps: [
            { ...a, id: TaskSpecId.make("z"), prompt: Content.of("firs") },
            { ...b, capability: null, mode: Mode.make("other") },
            { ...c, when: null }
          ]
        }
        assert.deepStrictEqual(yield* missing(others), [
          [0, "a", "id", null, null],
          [0, "a", "prompt", 5, 4],
          [1, "b", "mode", null, null],
          [1, "b", "capability", null, null],
          [2, "c", "when", null, null]
        ])
        assert.deepStrictEqual(yield* missing({ ...written, steps: [a, b] }), [[null, null, "steps", 3, 2]])
        assert.strictEqual(yield* calls, 0)
        const made = yield* replays.runbook(from, written, options)
        const { execution } = made._tag === "Runbook" ? made.result : assert.fail()
        assert.deepStrictEqual(
          [execution.source?.run, execution.after.status, execution.after.skipped],
          [book, "completed", 1]
        )
        assert.strictEqual(yield* calls, 2)
        assert.isNull(yield* verified)
      }).pipe(Effect.provide(layer))
    })
  )
})
