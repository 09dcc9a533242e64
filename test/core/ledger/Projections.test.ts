/** Holds the projections of whole runs against the tables of the seed: fields, kinds, stages and how many of each. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Schema, Stream } from "effect"
import { Projections } from "../../../src/core/ledger/Projections.ts"
import { Runs } from "../../../src/core/run/Runs.ts"
import type { Code, Kind, Phase } from "../../../src/domain/Failure.ts"
import { RunId } from "../../../src/domain/Ids.ts"
import { Metadata } from "../../../src/domain/projection/Metadata.ts"
import { Projection } from "../../../src/domain/projection/Projection.ts"
import { audited, codeOf, lastRun, scene, verdict } from "../../support/runs.ts"
import { TestRuntime } from "../../../src/testing.ts"

/** As it is printed and written. */
type Published = typeof Projection.Encoded

const plain = Runs.request("executor", "question")
const projection = Effect.gen(function* () {
  const { run } = yield* lastRun
  return Schema.encodeSync(Projection)(yield* (yield* Projections).of(RunId.make(run)))
})
const kinds = ({ engine_events }: Published) => engine_events.map(({ kind }) => kind)
const stages = ({ trace }: Published) => trace.steps.map(({ stage }) => stage)

const beginning = ["engine_run_started", "route_resolved", "provider_execution_complete"]
const ending = ["output_emitted", "engine_run_complete"]

/** Runs a request to whatever end, and gives what is projected from it. */
const projectionOf = (script: Parameters<typeof scene>[0], request = plain) =>
  Effect.gen(function* () {
    yield* Effect.exit((yield* Runs).run(request))
    return yield* projection
  }).pipe(Effect.provide(scene(script).layer))

describe("projections of a run", () => {
  it.effect("of the stand-in: five events, one stage, no telemetry", () => {
    const off = { ...TestRuntime.settings.providers, providers: {} }
    const settings = { ...TestRuntime.settings, providers: off }
    return Effect.gen(function* () {
      const made = yield* projectionOf({ settings })
      assert.deepStrictEqual(kinds(made), [...beginning, ...ending])
      assert.deepStrictEqual(
        made.trace.steps.map(({ stage, meta }) => ({ stage, meta })),
        [{ stage: "provider_run", meta: { provider: "null" } }]
      )
      assert.isNull(made.telemetry)
      const { request_id } = made.metadata ?? assert.fail()
      assert.deepStrictEqual(
        made.engine_events.map(({ meta }) => meta),
        [
          { mode: "executor", provider: "null", caller: "program" },
          { selected_provider: "null", route_id: "executor", fallback_used: true },
          { provider: "null", model: null },
          { provider: "null", model: null },
          { trace_step_count: 1 }
        ]
      )
      assert.strictEqual(made.trace.trace_id, request_id)
      assert.deepInclude(made.metadata, {
        provider: "null",
        model: null,
        prompt_hash: null,
        fallback_reason: "model_unavailable",
        telemetry: null
      })
    })
  })

  it.effect("of a plain answer: five events, and the calls' own counts", () =>
    Effect.gen(function* () {
      const made = yield* projectionOf({ drafter: [{ say: "yes", inputTokens: 11, outputTokens: 7 }] })
      assert.deepStrictEqual(kinds(made), [...beginning, ...ending])
      assert.deepStrictEqual(stages(made), ["context_assembly", "provider_inference"])
      assert.deepInclude(made.telemetry, {
        call_count: 1,
        input_tokens: 11,
        output_tokens: 7,
        model_used: "one"
      })
      assert.deepInclude(made.metadata, {
        status: "ok",
        provider: "drafter",
        model: "one",
        selected_primary: "drafter:one",
        routing_source: "routing_table",
        error_code: null,
        failure_kind: null,
        audit_verdict: null,
        revised: false
      })
      assert.match(made.metadata?.prompt_hash ?? "", /^[0-9a-f]{64}$/)
    })
  )

  it.effect("of an audit that passed: six events", () =>
    Effect.gen(function* () {
      const made = yield* projectionOf({ drafter: [{ say: "a" }], judge: [verdict("pass")] }, audited)
      assert.deepStrictEqual(kinds(made), [...beginning, "challenger_audit_complete", ...ending])
      assert.deepStrictEqual(stages(made), ["context_assembly", "provider_inference", "challenger_audit"])
      assert.deepInclude(made.metadata, {
        audit_enabled: true,
        audit_passes: 1,
        audit_verdict: "pass",
        revision_passes: 0,
        revised: false
      })
    })
  )

  it.effect("of an audit that found work: seven events, and every call is counted", () =>
    Effect.gen(function* () {
      const drafter = [
        { say: "a", inputTokens: 10, outputTokens: 1 },
        { say: "b", inputTokens: 30, outputTokens: 3 }
      ]
      const judge = [{ ...verdict("needs_work"), inputTokens: 20, outputTokens: 2 }]
      const made = yield* projectionOf({ drafter, judge }, audited)
      assert.deepStrictEqual(kinds(made), [
        ...beginning,
        "challenger_audit_complete",
        "revision_complete",
        ...ending
      ])
      assert.deepStrictEqual(stages(made), [
        "context_assembly",
        "provider_inference",
        "challenger_audit",
        "revision_inference"
      ])
      assert.deepInclude(made.telemetry, { call_count: 3, input_tokens: 60, output_tokens: 6 })
      assert.deepInclude(made.metadata, {
        audit_passes: 1,
        audit_verdict: "needs_work",
        revision_passes: 1,
        revised: true,
        trace_steps: 4,
        engine_event_count: 7
      })
    })
  )

  it.effect("no characters are passed off as tokens", () =>
    Effect.gen(function* () {
      const made = yield* projectionOf({
        drafter: [{ say: "many words", inputTokens: null, outputTokens: null }]
      })
      assert.deepInclude(made.telemetry, { call_count: 1, input_tokens: null, output_tokens: null })
    })
  )

  const failures: ReadonlyArray<
    readonly [what: string, script: Parameters<typeof scene>[0], kind: Kind, code: Code, phase: Phase]
  > = [
    [
      "a provider that fails",
      { drafter: [{ fail: "PROVIDER_REJECTED" }] },
      "provider_execution",
      "PROVIDER_REJECTED",
      "draft"
    ],
    [
      "an auditor that says no",
      { drafter: [{ say: "a" }], judge: [verdict("reject")] },
      "audit_challenger",
      "AUDIT_REJECTED",
      "audit"
    ],
    [
      "an auditor that is not there",
      { drafter: [{ say: "a" }], judge: [] },
      "audit_challenger",
      "AUDIT_UNAVAILABLE",
      "audit"
    ]
  ]
  for (const [what, script, kind, code, phase] of failures) {
    it.effect(`of ${what}: a failure with kind, code and phase`, () =>
      Effect.gen(function* () {
        const made = yield* projectionOf(script, audited)
        assert.deepStrictEqual(made.engine_events.at(-1)?.meta, {
          failure_kind: kind,
          failure_code: code,
          phase
        })
        assert.notInclude(kinds(made), "output_emitted")
        assert.strictEqual(made.trace.status, "failed")
        assert.deepInclude(made.metadata, { status: "error", failure_kind: kind, error_code: code })
        assert.notStrictEqual(made.metadata?.audit_verdict, "pass")
      })
    )
  }

  it.effect("of a second attempt: the provider that answered, and why", () =>
    Effect.gen(function* () {
      const made = yield* projectionOf({
        drafter: [{ fail: "PROVIDER_UNAVAILABLE", fallback: "connection_refused" }],
        reserve: [{ say: "here" }]
      })
      assert.deepStrictEqual(stages(made), ["context_assembly", "provider_inference", "provider_inference"])
      assert.deepInclude(made.metadata, {
        provider: "reserve",
        model: "two",
        fallback_used: true,
        fallback_reason: "connection_refused",
        selected_primary: "drafter:one"
      })
    })
  )

  it.effect("of a run that goes on: no metadata yet; of none: RUN_NOT_FOUND", () =>
    Effect.gen(function* () {
      const runs = yield* Runs
      const running = yield* Effect.forkChild(runs.run(plain))
      yield* Effect.yieldNow.pipe(
        Effect.andThen(lastRun),
        Effect.map(({ entries }) => entries.some(({ event }) => event._tag === "CallIntended")),
        Effect.catchDefect(() => Effect.succeed(false)),
        Effect.repeat({ until: (called) => called })
      )
      const made = yield* projection
      assert.isNull(made.metadata)
      assert.strictEqual(made.trace.status, "running")
      yield* Fiber.interrupt(running)
      assert.strictEqual((yield* projection).metadata?.error_code, "RUN_CANCELLED")
      const missing = RunId.make("01900000-0000-7000-8000-ffffffffffff")
      assert.strictEqual(codeOf(yield* Effect.exit((yield* Projections).of(missing))), "RUN_NOT_FOUND")
    }).pipe(Effect.provide(scene({ drafter: [{ hang: true }] }).layer))
  )

  it.effect("metadata of every ended run, in the order of their endings", () =>
    Effect.gen(function* () {
      const runs = yield* Runs
      for (const _ of [1, 2, 3]) yield* runs.run(plain)
      yield* Effect.exit(runs.run(plain))
      const records = yield* Stream.runCollect((yield* Projections).ended)
      assert.deepStrictEqual(
        records.map(({ error_code }) => error_code),
        [null, null, null, "PROVIDER_UNAVAILABLE"]
      )
      assert.strictEqual(new Set(records.map(({ request_id }) => request_id)).size, 4)
    }).pipe(Effect.provide(scene({ drafter: [{ say: "1" }, { say: "2" }, { say: "3" }] }).layer))
  )

  it.effect("a log is made of what has ended, and then of what ended meanwhile", () =>
    Effect.gen(function* () {
      const runs = yield* Runs
      const projections = yield* Projections
      for (const _ of [1, 2]) yield* runs.run(plain)
      const seen: Array<ReadonlyArray<Metadata>> = []
      yield* projections.rebuild({
        append: () => Effect.void,
        copy: () => Effect.succeed(0),
        replace: (records, late) =>
          Effect.gen(function* () {
            seen.push(yield* Stream.runCollect(records))
            yield* runs.run(plain)
            seen.push(yield* Stream.runCollect(late))
            return 0
          })
      })
      assert.deepStrictEqual(
        seen.map(({ length }) => length),
        [2, 1]
      )
      assert.deepStrictEqual(seen.flat(), yield* Stream.runCollect(projections.ended))
    }).pipe(Effect.provide(scene({ drafter: [{ say: "1" }, { say: "2" }, { say: "3" }] }).layer))
  )

  it("the record has every field that the seed's document requires, those it forgot included", () => {
    const required = [
      ..."request_id mode provider model status latency_ms prompt_hash fallback_used fallback_reason".split(
        " "
      ),
      ..."selected_primary capability_id capability_ok capability_error_code capability_version".split(" "),
      ..."capability_duration_ms trace_steps trace_total_ms engine_event_count telemetry error_code".split(
        " "
      ),
      ..."failure_kind schema schema_version timestamp_ms".split(" "),
      ..."route_id audit_enabled audit_passes revision_passes audit_verdict revised routing_source".split(" ")
    ]
    const ours = "task_spec_id session_id runbook_id runbook_run_id step_index source_run_id memory".split(
      " "
    )
    assert.deepStrictEqual(Object.keys(Metadata.fields).toSorted(), [...required, ...ours].toSorted())
  })
})
