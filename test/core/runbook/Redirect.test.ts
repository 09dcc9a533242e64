import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Runbooks, type Start } from "../../../src/core/runbook/Runbooks.ts"
import { Steward } from "../../../src/core/session/Steward.ts"
import { Verifier } from "../../../src/core/ledger/Verifier.ts"
import { Content } from "../../../src/domain/Content.ts"
import { Mode, Principal, TaskSpecId } from "../../../src/domain/Ids.ts"
import { ScriptedProvider, TestRuntime } from "../../../src/testing.ts"
import { settingsWith } from "../../support/sessionScene.ts"

const principal = Principal.make("local")
const checks = { constellation: true, health: false }
const by = { principal, surface: "program", checks, audit: false } as const
const mode = Mode.make("executor")
const start: Start = { sessionMode: "steward", personaMode: mode, by }

const step = (name: string) => ({
  id: TaskSpecId.make(name),
  mode,
  prompt: Content.of("short"),
  capability: null,
  packs: null,
  when: null
})

describe("a step that a steward redirects", () => {
  it.effect("may be asked something much longer, and takes nothing from the steps after it", () => {
    const { provider } = ScriptedProvider.make("drafter", [{ say: "one" }, { say: "again" }, { say: "two" }])
    const layer = TestRuntime.layer({
      providers: [provider],
      settings: settingsWith({ steward_thresholds: { always: true } })
    })
    return Effect.gen(function* () {
      const runbooks = yield* Runbooks
      const steward = yield* Steward
      const { execution } = yield* runbooks.run({ id: null, steps: [step("a"), step("b")] }, start)
      const decide = Effect.fnUntraced(function* (longer: string | null) {
        const [held] = yield* steward.pending
        if (!held) return assert.fail("nothing is held")
        const { run: turn, digest, sequence } = held
        const wish = { turn, digest, sequence, principal, by: "person", reason: "other" } as const
        if (longer === null) return yield* steward.decide({ ...wish, action: "approve" })
        const texts = { mode, prompt: Content.of(longer), file: null, capability: null, packs: null }
        const request = { ...texts, ...by }
        return yield* steward.decide({ ...wish, action: "redirect", request })
      })
      const { next } = yield* decide("At much greater length. ".repeat(10))
      assert.isTrue(next !== null && !("code" in next) && next.rest._tag === "Held")
      const twice = yield* Effect.flip(decide("Once more."))
      assert.strictEqual(twice.code, "RUN_TRANSITION_INVALID")
      yield* decide(null)
      const rest = yield* runbooks.goOn(yield* runbooks.place(execution.run), by)
      assert.deepStrictEqual(
        rest.steps.map(({ task, status }) => [task, status]),
        [["b", "held"]]
      )
      yield* decide(null)
      const { after } = (yield* runbooks.place(execution.run)).execution
      assert.strictEqual(after.status, "completed")
      assert.isNull((yield* (yield* Verifier).journal(true)).broken)
    }).pipe(Effect.provide(layer))
  })

  it.effect("is certified for a second attempt wherever it may be held, without a threshold too", () => {
    const { provider } = ScriptedProvider.make("drafter", [{ say: "one" }, { say: "again" }])
    const layer = TestRuntime.layer({
      providers: [provider],
      settings: settingsWith({ audit: { default_modes: [], on_unavailable: "hold" } })
    })
    return Effect.gen(function* () {
      const runbooks = yield* Runbooks
      const steward = yield* Steward
      const audited = { ...start, by: { ...by, audit: true } }
      const { execution } = yield* runbooks.run({ id: null, steps: [step("a")] }, audited)
      const [held] = yield* steward.pending
      if (!held) return assert.fail("an answer without a verdict is held")
      assert.strictEqual(held.threshold, "audit")
      const { run: turn, digest, sequence } = held
      const texts = { mode, prompt: Content.of("Ask this."), file: null, capability: null, packs: null }
      const { next } = yield* steward.decide({
        turn,
        digest,
        sequence,
        principal,
        by: "person",
        reason: "other",
        action: "redirect",
        request: { ...texts, ...audited.by }
      })
      assert.isTrue(next !== null && !("code" in next) && next.rest._tag === "Held")
      assert.strictEqual((yield* runbooks.place(execution.run)).execution.after.redirected, true)
    }).pipe(Effect.provide(layer))
  })
})
