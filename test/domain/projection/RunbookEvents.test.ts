/** Pins the lifecycle events of runbooks: which come when, and what stands in them. The rows are what the law lets happen. */
import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import { Digest, Mode, Principal, RunbookId, RunId, TaskSpecId, Timestamp } from "../../../src/domain/Ids.ts"
import {
  LifecycleEvent,
  lifecycle,
  type RunbookMoment
} from "../../../src/domain/projection/RunbookEvents.ts"
import type { Certificate } from "../../../src/domain/run/Bounds.ts"
import type { Condition } from "../../../src/domain/runbook/Condition.ts"
import {
  begin,
  begun,
  consequence,
  decide,
  type Facts,
  stepAt
} from "../../../src/domain/runbook/Execution.ts"
import type { StepEnded } from "../../../src/domain/runbook/RunbookEvent.ts"

const mode = Mode.make("executor")
const digest = Digest.make("0".repeat(64))
const principal = Principal.make("local")
const by = { principal, surface: "program" as const, configDigest: digest }
const idOf = (number: number) => RunId.make(`01900000-0000-7000-8000-${String(number).padStart(12, "0")}`)
const certificate = (calls: number): Certificate => ({
  calls,
  inputTokens: calls * 10,
  outputTokens: calls * 10,
  wallMillis: calls * 10,
  capabilityCalls: 0,
  gates: 0
})
const never: Condition = { key: "session_mode", op: "eq", value: Mode.make("work") }

/** A runbook whose rows come ten milliseconds after one another; those of one commit have one time. */
class Rows {
  readonly moments: Array<RunbookMoment>
  #execution
  #at = 1_795_000_000_000
  #runs = 0

  constructor(...conditions: ReadonlyArray<Condition | null>) {
    const started = begin({
      _tag: "RunbookStarted",
      run: idOf(0),
      runbook: RunbookId.make("rb-demo"),
      ...by,
      mode: "steward",
      persona: mode,
      audit: false,
      thresholds: { stepCount: 1, tokenBudget: null, capabilityClasses: [], audit: false, always: false },
      expirySeconds: null,
      steps: conditions.map((when, index) => ({
        task: TaskSpecId.make(`ts-${index}`),
        mode,
        promptDigest: digest,
        promptChars: 1,
        capability: null,
        packs: null,
        when
      })),
      certificate: certificate(100),
      source: null
    })
    this.#execution = begun(started) ?? assert.fail("no such runbook can begin")
    this.moments = [{ at: Timestamp.make(this.#at), event: started }]
    this.#follow()
  }

  /** One event, and what follows from it by itself, in one commit. */
  add(facts: Facts, after = 10): this {
    this.#at += after
    this.#put(facts)
    this.#follow()
    return this
  }

  begins(): this {
    const step = stepAt(this.#execution)
    const run = idOf(++this.#runs)
    return this.add({ _tag: "StepStarted", run, mode, audit: false, step, promptChars: 1, capability: null })
  }

  ends(status: (typeof StepEnded.Type)["status"], code: (typeof StepEnded.Type)["code"] = null): this {
    const { open } = this.#execution.after
    const about = { run: open?.run ?? idOf(0), index: open?.index ?? 0, status, code }
    const counts = status === "released" || status === "rejected" || status === "redirected"
    const numbers = { tokens: 1, latencyMillis: 1, counts, certified: certificate(1) }
    return this.add({ _tag: "StepEnded", ...about, ...numbers })
  }

  held(): this {
    const { open } = this.#execution.after
    const about = { run: open?.run ?? idOf(0), index: open?.index ?? 0 }
    return this.add({ _tag: "StepHeld", ...about, threshold: "step_count", digest })
  }

  goesOn(): this {
    return this.add({ _tag: "RunbookResumed", ...by, certificate: certificate(50) }, 1000)
  }

  #follow() {
    for (let one = consequence(this.#execution); one; one = consequence(this.#execution)) this.#put(one)
  }

  #put(facts: Facts) {
    const event = Result.getOrThrow(decide(this.#execution, facts))
    this.#execution = { ...this.#execution, after: event.after }
    this.moments.push({ at: Timestamp.make(this.#at), event })
  }
}

const kinds = ({ moments }: Rows) =>
  lifecycle(moments).map(({ event, step_index }) => {
    const kind = event.replace("runbook_", "")
    return step_index === null ? kind : `${kind}(${step_index})`
  })

const NOTHING = {
  runbook_id: "rb-demo",
  steps_total: 2,
  request_id: null,
  task_spec_id: null,
  step_index: null,
  terminated_early: null,
  failed_step_index: null,
  duration_ms: null,
  total_duration_ms: null,
  failure_kind: null,
  failure_code: null
}

describe("the lifecycle of a runbook", () => {
  it("is 2N + 2 events where each of N steps ends well", () => {
    for (let count = 1; count <= 20; count++) {
      const rows = new Rows(...Array.from({ length: count }, () => null))
      for (let index = 0; index < count; index++) rows.begins().ends("released")
      const steps = Array.from({ length: count }, (_, index) => [
        `step_started(${index})`,
        `step_completed(${index})`
      ])
      assert.deepStrictEqual(kinds(rows), ["started", ...steps.flat(), "completed"])
      assert.strictEqual(lifecycle(rows.moments).length, 2 * count + 2)
    }
  })

  it("has twelve fields each time, and null in those that do not apply", () => {
    const rows = new Rows(null, null).begins().ends("released").begins().ends("failed", "PROVIDER_REJECTED")
    const events = lifecycle(rows.moments)
    assert.deepStrictEqual(
      events.map((event) => Schema.encodeSync(LifecycleEvent)(event)),
      [
        { event: "runbook_started", ...NOTHING },
        { event: "runbook_step_started", ...NOTHING, task_spec_id: "ts-0", step_index: 0 },
        {
          event: "runbook_step_completed",
          ...NOTHING,
          task_spec_id: "ts-0",
          step_index: 0,
          request_id: idOf(1),
          duration_ms: 10
        },
        { event: "runbook_step_started", ...NOTHING, task_spec_id: "ts-1", step_index: 1 },
        {
          event: "runbook_step_failed",
          ...NOTHING,
          task_spec_id: "ts-1",
          step_index: 1,
          request_id: idOf(2),
          duration_ms: 10,
          terminated_early: true,
          failed_step_index: 1,
          failure_kind: "provider_execution",
          failure_code: "PROVIDER_REJECTED"
        },
        {
          event: "runbook_terminated",
          ...NOTHING,
          terminated_early: true,
          failed_step_index: 1,
          total_duration_ms: 40,
          failure_kind: "provider_execution",
          failure_code: "PROVIDER_REJECTED"
        }
      ]
    )
    for (const event of events) assert.strictEqual(Object.keys(event).length, 12)
  })

  it("names a step that is skipped, and completes also where all of them are", () => {
    assert.deepStrictEqual(kinds(new Rows(never, null, never).begins().ends("released")), [
      "started",
      "step_skipped(0)",
      "step_started(1)",
      "step_completed(1)",
      "step_skipped(2)",
      "completed"
    ])
    assert.deepStrictEqual(kinds(new Rows(never)), ["started", "step_skipped(0)", "completed"])
  })

  it("begins anew after a terminal event where somebody goes on, and has nothing else after one", () => {
    const rows = new Rows(null, null).begins().ends("cancelled")
    assert.deepStrictEqual(kinds(rows), ["started", "step_started(0)", "step_failed(0)", "terminated"])
    assert.strictEqual(lifecycle(rows.moments).at(-1)?.failure_code, "RUN_CANCELLED")
    rows.goesOn().begins().ends("released").begins().ends("released")
    rows.add({ _tag: "RunbookErased", principal })
    assert.deepStrictEqual(kinds(rows).slice(4), [
      "started",
      "step_started(0)",
      "step_completed(0)",
      "step_started(1)",
      "step_completed(1)",
      "completed"
    ])
    // What has gone by before somebody went on is not of this attempt.
    assert.strictEqual(lifecycle(rows.moments).at(-1)?.total_duration_ms, 40)
  })

  it("is silent about a pause, and counts no time that a step was held; a redirected step is one", () => {
    const rows = new Rows(null).begins().held()
    assert.deepStrictEqual(kinds(rows), ["started", "step_started(0)"])
    rows.ends("redirected", "STEWARD_REDIRECTED").begins().ends("released")
    assert.deepStrictEqual(kinds(rows), ["started", "step_started(0)", "step_completed(0)", "completed"])
    const [, , completed, over] = lifecycle(rows.moments)
    assert.deepStrictEqual([completed?.request_id, completed?.duration_ms], [idOf(2), 30])
    assert.strictEqual(over?.total_duration_ms, 40)
  })

  it("has a step that a steward rejects done, and one at which they close it failed", () => {
    const rejected = new Rows(null, null).begins().held().ends("rejected", "STEWARD_REJECTED")
    assert.deepStrictEqual(kinds(rejected), ["started", "step_started(0)", "step_completed(0)"])
    const closed = rejected.add({ _tag: "RunbookTerminated", index: 0, code: "STEWARD_REJECTED" }, 0)
    assert.deepStrictEqual(kinds(closed), ["started", "step_started(0)", "step_failed(0)", "terminated"])
  })

  it("is none where the rows are not those of a runbook from its beginning", () => {
    assert.deepStrictEqual(lifecycle([]), [])
    assert.deepStrictEqual(lifecycle(new Rows(null).begins().moments.slice(1)), [])
  })
})
