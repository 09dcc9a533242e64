import { assert, describe, it } from "@effect/vitest"
import { Option, Result, Schema } from "effect"
import { endsRun } from "../../../src/domain/Event.ts"
import { codes } from "../../../src/domain/Failure.ts"
import { Digest, Mode, Principal, RunId } from "../../../src/domain/Ids.ts"
import { encode as encodeEvent } from "../../../src/domain/ledger/Ledger.ts"
import { encode, Metadata } from "../../../src/domain/projection/Metadata.ts"
import { project, Projection } from "../../../src/domain/projection/Projection.ts"
import { NULL_PROVIDER } from "../../../src/domain/run/Route.ts"
import { type RunState } from "../../../src/domain/run/Run.ts"
import { replay } from "../../../src/domain/run/Evolution.ts"
import { endsRunAsWritten, type Moment } from "../../../src/domain/run/Timeline.ts"
import { lives } from "../../support/lives.ts"
import { Gaps, timed } from "../../support/moments.ts"

const projected = (moments: ReadonlyArray<Moment>): Projection => Option.getOrThrow(project(moments))
const stateOf = (moments: ReadonlyArray<Moment>): RunState =>
  Result.getOrThrow(replay(moments.map(({ event }) => event)))
const acceptedOf = (run: RunId) => ({
  _tag: "RunAccepted" as const,
  run,
  mode: Mode.make("executor"),
  audit: false,
  onUnavailable: "refuse" as const,
  principal: Principal.make("local"),
  surface: "cli" as const,
  checks: { constellation: true, health: true },
  configDigest: Digest.make("0".repeat(64)),
  promptDigest: Digest.make("1".repeat(64)),
  promptChars: 1
})
const sum = (counts: ReadonlyArray<number>) => counts.reduce((total, count) => total + count, 0)

const engineLaws = ({ engine_events: events, trace }: Projection, state: RunState) => {
  assert.isAtMost(events.length, 16)
  assert.strictEqual(events[0]?.kind, "engine_run_started")
  const terminal = events.filter(({ kind }) => kind === "engine_run_complete" || kind === "engine_run_failed")
  assert.strictEqual(terminal.length, state.ending ? 1 : 0)
  if (state.ending) assert.strictEqual(events.at(-1), terminal[0])
  const times = events.map(({ timestamp_ms }) => timestamp_ms)
  assert.deepStrictEqual(
    times,
    times.toSorted((a, b) => a - b)
  )
  for (const { request_id, task_spec_id } of events) {
    assert.strictEqual(request_id, state.accepted?.run)
    const turn = state.accepted?.turn
    assert.strictEqual(task_spec_id, turn ? `${turn.session}:turn:${turn.index}` : null)
  }
  for (const event of events) {
    if (event.kind === "engine_run_complete")
      assert.strictEqual(event.meta.trace_step_count, trace.steps.length)
  }
}

const traceLaws = ({ trace }: Projection, state: RunState) => {
  assert.strictEqual(trace.trace_id, state.accepted?.run)
  const terminal = trace.status === "completed" || trace.status === "failed"
  assert.strictEqual(terminal, state.ending !== null)
  assert.strictEqual(trace.status === "completed", state.ending?._tag === "Released")
  assert.strictEqual(
    sum(Object.values(trace.stage_timings)),
    sum(trace.steps.map((step) => step.duration_ms))
  )
  assert.deepStrictEqual(
    Object.keys(trace.stage_timings).toSorted(),
    [...new Set(trace.steps.map(({ stage }) => stage))].toSorted()
  )
  const settled = state.calls.filter((call) => call.settled)
  assert.strictEqual(
    trace.steps.filter(({ stage }) => stage !== "context_assembly").length,
    settled.length +
      (state.capability ? 1 : 0) +
      (state.audit && !state.calls.some((call) => call.intended.purpose === "audit") ? 1 : 0)
  )
}

const telemetryLaws = ({ telemetry }: Projection, { calls }: RunState) => {
  assert.strictEqual(
    telemetry === null,
    calls.every(({ intended }) => intended.provider === NULL_PROVIDER)
  )
  if (telemetry === null) return
  assert.strictEqual(telemetry.call_count, calls.length)
  const known = calls.flatMap(({ settled }) => settled?.inputTokens ?? [])
  assert.isTrue(telemetry.input_tokens === null || telemetry.input_tokens <= sum(known))
  // An attempt that reached no model cost nothing; of any other one must know.
  const answered = calls.filter(({ settled }) => settled !== null && settled.fallback === null)
  if (answered.some(({ settled }) => settled?.inputTokens === null)) assert.isNull(telemetry.input_tokens)
  if (answered.some(({ settled }) => settled?.outputTokens === null)) assert.isNull(telemetry.output_tokens)
}

const metadataLaws = ({ metadata, engine_events, trace, telemetry }: Projection, state: RunState) => {
  assert.strictEqual(metadata === null, state.ending === null)
  if (metadata === null) return
  const failed = state.ending?._tag !== "Released"
  assert.strictEqual(metadata.status, failed ? "error" : "ok")
  assert.strictEqual(metadata.error_code !== null, failed)
  assert.strictEqual(metadata.failure_kind, metadata.error_code && codes[metadata.error_code].kind)
  assert.strictEqual(metadata.engine_event_count, engine_events.length)
  assert.strictEqual(metadata.trace_steps, trace.steps.length)
  assert.deepStrictEqual(metadata.telemetry, telemetry)
  assert.strictEqual(metadata.audit_enabled, state.accepted?.audit)
  assert.strictEqual(metadata.audit_verdict === "pass", state.audit?.verdict?.decision === "pass")
  const { capability, context } = state
  assert.strictEqual(metadata.capability_id, state.accepted?.capability?.id ?? null)
  assert.strictEqual(metadata.capability_ok === true, capability?.ok === true && capability.code === null)
  assert.strictEqual(metadata.capability_ok === null, metadata.capability_id === null)
  assert.strictEqual(metadata.memory?.declared ?? null, context?.memory?.length ?? null)
  const { declared, ...counts } = metadata.memory ?? { declared: 0 }
  assert.strictEqual(sum(Object.values(counts)), declared)
  assert.isAtMost(metadata.audit_passes, 1)
  assert.isAtMost(metadata.revision_passes, 1)
  assert.isTrue(!metadata.revised || metadata.revision_passes === 1)
  assert.strictEqual(
    metadata.fallback_used,
    metadata.fallback_reason !== null || !!state.route?.route.fallbackUsed
  )
}

describe("Projection", () => {
  it.prop("holds its laws at every moment of every life", [lives, Gaps], ([{ events }, gaps]) => {
    const moments = timed(events, gaps)
    assert.isTrue(Option.isNone(project([])))
    for (let length = 1; length <= moments.length; length++) {
      const projection = projected(moments.slice(0, length))
      const state = stateOf(moments.slice(0, length))
      engineLaws(projection, state)
      traceLaws(projection, state)
      telemetryLaws(projection, state)
      metadataLaws(projection, state)
    }
  })

  it.prop("is what its Schema says, and a line of it reads back", [lives, Gaps], ([{ events }, gaps]) => {
    const projection = projected(timed(events, gaps))
    const json = Schema.fromJsonString(Projection)
    assert.deepStrictEqual(Schema.decodeUnknownSync(json)(Schema.encodeSync(json)(projection)), projection)
    if (projection.metadata === null) return
    const line = encode(projection.metadata)
    assert.notInclude(line, "\n")
    assert.deepStrictEqual(Object.keys(JSON.parse(line) as object), Object.keys(Metadata.fields))
  })

  it.prop(
    "what is done to an ended run changes nothing of it",
    [lives, Gaps],
    ([{ events, state }, gaps]) => {
      const erased = { _tag: "RunErased" as const, principal: Principal.make("local") }
      if (!state.ending) return
      assert.deepStrictEqual(projected(timed([...events, erased], gaps)), projected(timed(events, gaps)))
    }
  )

  it.prop("an ending is known as it is written", [lives], ([{ events }]) => {
    for (const event of events) assert.strictEqual(endsRunAsWritten(encodeEvent(event)), endsRun(event))
    for (const other of ["", "{}", '{"run":"Released"}', '{"a":1,"_tag":"Released"}', '"Released"'])
      assert.isFalse(endsRunAsWritten(other))
  })

  it.prop("other events than a run's have no projection", [lives, Gaps], ([{ events }, gaps]) => {
    assert.isTrue(Option.isNone(project(timed(events.slice(1), gaps))))
    assert.isTrue(Option.isNone(project(timed([...events.slice(0, 1), ...events], gaps))))
  })

  it("a cancelled run says so in a code of its own", () => {
    const run = RunId.make("01900000-0000-7000-8000-000000000001")
    const ending = { _tag: "RunCancelled" as const, phase: "route" as const, receipt: null }
    const { metadata, engine_events } = projected(timed([acceptedOf(run), ending], [5]))
    assert.deepStrictEqual(
      [
        metadata?.error_code,
        metadata?.failure_kind,
        metadata?.status,
        metadata?.provider,
        metadata?.routing_source
      ],
      ["RUN_CANCELLED", "internal", "error", null, null]
    )
    assert.deepStrictEqual(engine_events.at(-1)?.meta, {
      failure_kind: "internal",
      failure_code: "RUN_CANCELLED",
      phase: "route"
    })
  })
})
