import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"
import { Memories } from "../../../src/core/memory/Memories.ts"
import { Replays } from "../../../src/core/replay/Replays.ts"
import { Runbooks, type Start } from "../../../src/core/runbook/Runbooks.ts"
import { Steward } from "../../../src/core/session/Steward.ts"
import { Exports } from "../../../src/core/ledger/Exports.ts"
import { Verifier } from "../../../src/core/ledger/Verifier.ts"
import { Content, reveal } from "../../../src/domain/Content.ts"
import { CapabilityId, Mode, PackId, Principal, RunbookId, TaskSpecId } from "../../../src/domain/Ids.ts"
import { MemoryKey, MemoryScope } from "../../../src/domain/Ids.ts"
import { Provenance } from "../../../src/domain/memory/MemoryEvent.ts"
import type { Runbook, Step } from "../../../src/domain/runbook/Runbook.ts"
import { type Reply, ScriptedProvider, TestRuntime } from "../../../src/testing.ts"
import { settingsWith } from "../../support/sessionScene.ts"
import { verifyExport } from "../../support/verifier.ts"

const principal = Principal.make("local")
const checks = { constellation: true, health: false }
const by = { principal, surface: "program", checks, audit: false } as const
const mode = Mode.make("executor")
const start: Start = { sessionMode: "work", personaMode: mode, by }

const step = (name: string, prompt: string, rest: Partial<Step> = {}): Step => ({
  id: TaskSpecId.make(name),
  mode,
  prompt: Content.of(prompt),
  capability: null,
  packs: null,
  when: null,
  ...rest
})
const runbook = (...steps: ReadonlyArray<Step>): Runbook => ({ id: RunbookId.make("rb-demo"), steps })

const pack = PackId.make("pack.facts")
const scope = MemoryScope.make("project")
const key = MemoryKey.make("colour")

const scene = (replies: ReadonlyArray<Reply>, runtime = {}) => {
  const drafter = ScriptedProvider.make("drafter", replies)
  const settings = settingsWith(runtime)
  const layer = TestRuntime.layer({
    providers: [drafter.provider],
    settings: { ...settings, memoryPacks: { packs: [{ id: pack, scope, keys: [key] }] } }
  })
  return { drafter, layer: Layer.fresh(layer) }
}

/** The whole journal holds, to us and to who shares no code with us. */
const sound = Effect.gen(function* () {
  const { broken } = yield* (yield* Verifier).journal(true)
  assert.isNull(broken)
  const exported = yield* Stream.mkString((yield* Exports).lines(false))
  assert.deepInclude(verifyExport([Buffer.from(exported)]), { ok: true })
})

describe("Runbooks", () => {
  it.effect("runs each step, skips what does not apply, and what it made verifies", () => {
    const { drafter, layer } = scene([{ say: "one" }, { say: "two" }])
    return Effect.gen(function* () {
      const memories = yield* Memories
      const value = Content.of("The colour is teal.")
      yield* memories.write(
        {
          scope,
          key,
          value,
          sensitivity: "standard",
          provenance: Provenance.make("human"),
          expected: null,
          principal,
          surface: "program"
        },
        Effect.succeed(true)
      )
      const runbooks = yield* Runbooks
      const { execution, steps } = yield* runbooks.run(
        runbook(
          step("a", "first", { packs: [pack] }),
          step("b", "never", { when: { key: "session_mode", op: "eq", value: Mode.make("steward") } }),
          step("c", "third", {
            capability: { id: CapabilityId.make("cap.echo_json"), payload: Content.of('{"a":1}') }
          })
        ),
        start
      )
      assert.deepStrictEqual(
        steps.map(({ task, status, released }) => [task, status, released?.text ?? null]),
        [
          ["a", "released", "one"],
          ["b", "skipped", null],
          ["c", "released", "two"]
        ]
      )
      assert.strictEqual(steps[2]?.released?.receipt.capability?.id, CapabilityId.make("cap.echo_json"))
      assert.include(steps[2]?.released?.output ?? "", "payload_bytes")
      assert.strictEqual(execution.after.status, "completed")
      const [first, second] = yield* drafter.asked
      const sent = (asked: typeof first) => asked?.messages.map(({ content }) => reveal(content)).join("\n")
      assert.include(sent(first), "The colour is teal.")
      assert.notInclude(sent(second), "The colour is teal.")
      yield* sound
    }).pipe(Effect.provide(layer))
  })

  it.effect("skips what does not apply from the first step on, to the end where nothing does", () => {
    const { layer } = scene([{ say: "one" }])
    const never = { when: { key: "session_mode", op: "eq", value: Mode.make("steward") } } as const
    return Effect.gen(function* () {
      const runbooks = yield* Runbooks
      const some = yield* runbooks.run(runbook(step("a", "never", never), step("b", "second")), start)
      const none = yield* runbooks.run(runbook(step("a", "never", never)), start)
      assert.deepStrictEqual(
        [some, none].map(({ execution, steps }) => [
          execution.after.status,
          steps.map(({ status }) => status)
        ]),
        [
          ["completed", ["skipped", "released"]],
          ["completed", ["skipped"]]
        ]
      )
      yield* sound
    }).pipe(Effect.provide(layer))
  })

  it.effect("stops at a step that fails, and goes on from there", () => {
    const { drafter, layer } = scene([
      { say: "one" },
      { fail: "PROVIDER_REJECTED" },
      { say: "two" },
      { say: "three" }
    ])
    return Effect.gen(function* () {
      const runbooks = yield* Runbooks
      const replays = yield* Replays
      const { execution, steps } = yield* runbooks.run(
        runbook(step("a", "first"), step("b", "second"), step("c", "third")),
        start
      )
      assert.deepStrictEqual(
        [execution.after.status, execution.after.failed, steps.map(({ status }) => status)],
        ["terminated", { index: 1, code: "PROVIDER_REJECTED" }, ["released", "failed"]]
      )
      yield* sound
      const options = { by, acceptConfig: false }
      const resumed = yield* replays.resume(execution.run, options)
      assert.strictEqual(resumed._tag === "Runbook" && resumed.result.execution.after.status, "completed")
      assert.strictEqual((yield* drafter.asked).length, 4)
      const again = yield* Effect.flip(replays.resume(execution.run, options))
      assert.strictEqual(again.code, "RESUME_INVALID_STATE")
      yield* sound
    }).pipe(Effect.provide(layer))
  })

  it.effect("waits at a step that is held, and goes on after the decision", () => {
    const { layer } = scene([{ say: "one" }, { say: "again" }, { say: "two" }], {
      steward_thresholds: { step_count: 1 }
    })
    return Effect.gen(function* () {
      const runbooks = yield* Runbooks
      const steward = yield* Steward
      const replays = yield* Replays
      const { execution } = yield* runbooks.run(runbook(step("a", "first"), step("b", "second")), {
        ...start,
        sessionMode: "steward"
      })
      assert.strictEqual(execution.after.status, "paused")
      const decide = (action: "approve" | "reject" | "redirect" | "close") =>
        Effect.gen(function* () {
          const [held] = yield* steward.pending
          if (!held) return assert.fail("nothing is held")
          const { run: turn, digest, sequence } = held
          const wish = { turn, digest, sequence, principal, by: "person", reason: "other" } as const
          const request = {
            mode,
            prompt: Content.of("first, otherwise"),
            file: null,
            capability: null,
            packs: null,
            audit: false,
            principal,
            surface: "program",
            checks
          } as const
          return yield* steward.decide(
            action === "redirect" ? { ...wish, action, request } : { ...wish, action }
          )
        })
      yield* decide("redirect")
      yield* sound
      yield* decide("approve")
      yield* sound
      const options = { by, acceptConfig: false }
      const resumed = yield* replays.resume(execution.run, options)
      assert.strictEqual(resumed._tag === "Runbook" && resumed.result.execution.after.status, "paused")
      yield* decide("close")
      const { execution: closed } = yield* runbooks.place(execution.run)
      assert.deepInclude(closed.after, {
        status: "terminated",
        failed: { index: 1, code: "STEWARD_REJECTED" }
      })
      yield* sound
    }).pipe(Effect.provide(layer))
  })
})
