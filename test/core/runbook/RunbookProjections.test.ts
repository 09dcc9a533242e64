/** Holds what is published of steps, capabilities and memory to what the real core does; and that none of it is a text. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { Projections } from "../../../src/core/ledger/Projections.ts"
import { Runs } from "../../../src/core/run/Runs.ts"
import { Content } from "../../../src/domain/Content.ts"
import { CapabilityId, type RunId } from "../../../src/domain/Ids.ts"
import { Projection } from "../../../src/domain/projection/Projection.ts"
import { on } from "../../support/record.ts"
import { by, ran, runbook, step } from "../../support/runbookRecord.ts"

const echo = CapabilityId.make("cap.echo_json")

/** As it is written and printed. */
type Published = typeof Projection.Encoded
const published = (run: RunId) =>
  Projections.use((projections) =>
    Effect.map(projections.of(run), (made) => Schema.encodeSync(Projection)(made))
  )
const stages = ({ trace }: Published) => trace.steps.map(({ stage }) => stage)

describe("projections of steps, capabilities and memory", () => {
  it.effect("name the step's task, its runbook, its capability and what was remembered in numbers", () =>
    Effect.gen(function* () {
      const { directory, script, run, result } = yield* ran()
      yield* Effect.gen(function* () {
        const projections = yield* Projections
        const of = (index: number) => published(result.steps[index]?.run ?? assert.fail())
        const [reading, invoking] = [yield* of(0), yield* of(2)]
        assert.deepInclude(reading.metadata, {
          task_spec_id: "a",
          session_id: null,
          runbook_id: "rb-demo",
          runbook_run_id: run,
          step_index: 0,
          source_run_id: null,
          capability_id: null,
          capability_ok: null,
          memory: { declared: 1, loaded: 1, missing: 0, denied: 0, dropped: 0 }
        })
        assert.deepInclude(invoking.metadata, {
          task_spec_id: "c",
          step_index: 2,
          capability_id: "cap.echo_json",
          capability_ok: true,
          capability_version: "1.0",
          capability_error_code: null,
          memory: null
        })
        assert.isAtLeast(invoking.metadata?.capability_duration_ms ?? -1, 0)
        assert.deepStrictEqual(
          new Set(invoking.engine_events.map((event) => event.task_spec_id)),
          new Set(["c"])
        )
        assert.deepStrictEqual(stages(invoking), [
          "capability_execution",
          "context_assembly",
          "provider_inference"
        ])
        const [first] = invoking.trace.steps
        assert.deepStrictEqual(first?.meta, {
          capability_id: "cap.echo_json",
          success: true,
          error_code: null
        })
        const written = JSON.stringify([reading, invoking])
        for (const text of ["teal", "colour", "first", "third", "payload_bytes"]) {
          assert.notInclude(written, text)
        }
        const events = yield* projections.lifecycle(run)
        assert.deepStrictEqual(
          events.map(({ event }) => event),
          [
            "runbook_started",
            "runbook_step_started",
            "runbook_step_completed",
            "runbook_step_skipped",
            "runbook_step_started",
            "runbook_step_completed",
            "runbook_completed"
          ]
        )
      }).pipe(Effect.provide(on(directory, script)))
    })
  )

  it.effect("say what a capability said no with, and that one that could not be called failed its run", () =>
    Effect.gen(function* () {
      const { directory, script, result } = yield* ran(
        [{ say: "one" }],
        runbook(
          step("no", "x", {
            capability: {
              id: CapabilityId.make("cap.validate_json_schema"),
              payload: Content.of('{"schema":3,"data":1}')
            }
          }),
          step("large", "x", {
            capability: { id: echo, payload: Content.of(`{"a":"${"x".repeat(5000)}"}`) }
          })
        )
      )
      yield* Effect.gen(function* () {
        const of = (index: number) => published(result.steps[index]?.run ?? assert.fail())
        const [no, large] = [yield* of(0), yield* of(1)]
        assert.deepInclude(no.metadata, {
          status: "ok",
          capability_ok: false,
          capability_error_code: "INVALID_SCHEMA"
        })
        assert.deepInclude(large.metadata, {
          status: "error",
          error_code: "CAPABILITY_INPUT_TOO_LARGE",
          failure_kind: "capability",
          capability_ok: false,
          capability_duration_ms: null,
          capability_error_code: "CAPABILITY_INPUT_TOO_LARGE"
        })
        assert.deepStrictEqual(stages(large), ["capability_execution"])
        assert.deepStrictEqual(
          large.trace.steps.map(({ meta }) => meta),
          [{ capability_id: "cap.echo_json", success: false, error_code: "CAPABILITY_INPUT_TOO_LARGE" }]
        )
        assert.strictEqual(large.engine_events.at(-1)?.kind, "engine_run_failed")
      }).pipe(Effect.provide(on(directory, script)))
    })
  )

  it.effect("of a run that asks no model: one stage, no telemetry, four events", () =>
    Effect.gen(function* () {
      const { directory, script } = yield* ran([], runbook(step("a", "x")))
      yield* Effect.gen(function* () {
        const runs = yield* Runs
        const { run } = yield* runs.invoke({ id: echo, payload: null }, by)
        const made = yield* published(run)
        assert.deepStrictEqual([stages(made), made.telemetry], [["capability_execution"], null])
        assert.deepStrictEqual(
          made.engine_events.map(({ kind }) => kind),
          ["engine_run_started", "route_resolved", "output_emitted", "engine_run_complete"]
        )
        assert.deepInclude(made.metadata, { mode: "capability", model: null, capability_ok: true })
      }).pipe(Effect.provide(on(directory, script)))
    })
  )
})
