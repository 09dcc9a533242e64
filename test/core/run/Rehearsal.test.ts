import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { Rehearsal } from "../../../src/core/run/Rehearsal.ts"
import { Runs } from "../../../src/core/run/Runs.ts"
import type * as Event from "../../../src/domain/Event.ts"
import { Budgets } from "../../../src/domain/config/Settings.ts"
import { Journal } from "../../../src/ports/Journal.ts"
import { TestRuntime } from "../../../src/testing.ts"
import { audited, codeOf, lastRun, scene, verdict } from "../../support/runs.ts"

type Segment = typeof Event.Segment.Type

const rehearse = (request = audited) => Rehearsal.use((rehearsal) => rehearsal.rehearse(request))
const { settings } = TestRuntime
const withRuntime = (runtime: Partial<(typeof settings)["runtime"]>) => ({
  ...settings,
  runtime: { ...settings.runtime, ...runtime }
})

describe("a rehearsed run", () => {
  it.effect("says what a run then is: its route, context and certificate", () => {
    const { drafter, judge, layer } = scene({
      drafter: [{ say: "answer", inputTokens: 300 }],
      judge: [verdict("pass")]
    })
    return Effect.gen(function* () {
      const rehearsed = yield* rehearse()
      assert.strictEqual(yield* (yield* Journal).head, 0)
      assert.deepStrictEqual([(yield* drafter.asked).length, (yield* judge.asked).length], [0, 0])

      const { released } = yield* (yield* Runs).run(audited)
      assert.deepStrictEqual(rehearsed.certificate, released.receipt.certificate)
      const events = (yield* lastRun).entries.map(({ event }) => event)
      const resolved = events.find((event) => event._tag === "RouteResolved")
      const assembled = events.find((event) => event._tag === "ContextAssembled")
      assert.deepStrictEqual(rehearsed.route, resolved?.route)
      const parts = (segments: ReadonlyArray<Pick<Segment, "name" | "chars" | "dropped">>) =>
        segments.map(({ name, chars, dropped }) => [name, chars, dropped])
      assert.deepStrictEqual(parts(rehearsed.segments), parts(assembled?.segments ?? []))
      assert.strictEqual(rehearsed.chars, assembled?.chars)
      assert.strictEqual(rehearsed.calibration.calls, 0)
      // What the model counted is what is guessed of the same messages from then on.
      assert.strictEqual((yield* rehearse()).estimatedTokens, 300)
    }).pipe(Effect.provide(layer))
  })

  it.effect("is refused where the run would be, before its first call", () => {
    const refused = (runtime: Parameters<typeof withRuntime>[0], request = audited) =>
      Effect.map(Effect.exit(rehearse(request)), codeOf).pipe(
        Effect.provide(scene({ settings: withRuntime(runtime) }).layer)
      )
    return Effect.gen(function* () {
      assert.strictEqual(yield* refused({ context_limit_chars: 100 }), "CONTEXT_LIMIT_EXCEEDED")
      assert.strictEqual(
        yield* refused({ max_output_tokens: 9000 as (typeof settings)["runtime"]["max_output_tokens"] }),
        "BOUNDS_EXCEEDED"
      )
      assert.strictEqual(yield* refused({}, Runs.request("nowhere", "question")), "ROUTE_MODE_UNKNOWN")
      assert.strictEqual(yield* refused({}, Runs.request("challenger", "question")), "ROUTE_MODE_INTERNAL")
      assert.strictEqual(yield* refused({}, Runs.request("executor", " ")), "PROMPT_REQUIRED")
    })
  })

  it.effect("says what is left of the budget, and whether it is enough", () => {
    const budgets = Schema.decodeUnknownSync(Budgets)({ window_hours: 24, calls: 4 })
    const { layer } = scene({ drafter: [{ say: "answer" }], settings: withRuntime({ budgets }) })
    return Effect.gen(function* () {
      const before = yield* rehearse()
      assert.deepStrictEqual([before.account.left.calls, before.certificate.calls], [4, 4])
      assert.isTrue(before.affordable)
      yield* (yield* Runs).run(Runs.request("executor", "question"))
      const after = yield* rehearse()
      assert.deepStrictEqual([after.account.left.calls, after.affordable], [3, false])
      const exit = yield* Effect.exit((yield* Runs).run(audited))
      assert.strictEqual(codeOf(exit), "BUDGET_EXCEEDED")
    }).pipe(Effect.provide(layer))
  })
})
