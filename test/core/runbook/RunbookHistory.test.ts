import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { RunbookHistory } from "../../../src/core/runbook/RunbookHistory.ts"
import { Runbooks, type Start } from "../../../src/core/runbook/Runbooks.ts"
import { Content } from "../../../src/domain/Content.ts"
import { Mode, Principal, TaskSpecId } from "../../../src/domain/Ids.ts"
import { ScriptedProvider, TestRuntime } from "../../../src/testing.ts"

const mode = Mode.make("executor")
const by = {
  principal: Principal.make("local"),
  surface: "program",
  checks: { constellation: true, health: false },
  audit: false
} as const
const start: Start = { sessionMode: "work", personaMode: mode, by }

const step = (name: string) => ({
  id: TaskSpecId.make(name),
  mode,
  prompt: Content.of(name),
  capability: null,
  packs: null,
  when: null
})

describe("RunbookHistory", () => {
  it.effect(
    "lists the newest first and page by page, and has each step with its runs and what left it",
    () => {
      const { provider } = ScriptedProvider.make("drafter", [
        { say: "one" },
        { fail: "PROVIDER_REJECTED" },
        { say: "three" }
      ])
      const layer = Layer.provideMerge(
        RunbookHistory.layer,
        Layer.fresh(TestRuntime.layer({ providers: [provider] }))
      )
      return Effect.gen(function* () {
        const runbooks = yield* Runbooks
        const history = yield* RunbookHistory
        const { execution: first } = yield* runbooks.run({ id: null, steps: [step("a"), step("b")] }, start)
        const { execution: second } = yield* runbooks.run({ id: null, steps: [step("c")] }, start)
        const page = yield* history.page(1, null)
        const rest = yield* history.page(1, page.next)
        assert.deepStrictEqual(
          [page, rest].map(({ runbooks, next }) => [
            runbooks.map(({ execution }) => execution.run),
            next !== null
          ]),
          [
            [[second.run], true],
            [[first.run], false]
          ]
        )
        const past = yield* history.find(first.run)
        assert.deepStrictEqual(
          past.steps.map(({ task, standing, runs }) => [
            task,
            standing,
            runs.map(({ status, code }) => [status, code])
          ]),
          [
            ["a", "released", [["released", null]]],
            ["b", "failed", [["failed", "PROVIDER_REJECTED"]]]
          ] as never
        )
        assert.isAbove(past.certificate.calls, past.execution.after.left.calls)
        const { said } = yield* history.texts(first.run)
        assert.deepStrictEqual(
          said.map(({ answer }) => answer && answer.text),
          ["one", null]
        )
        for (const [prefix, code] of [
          ["ffffffff", "RUN_NOT_FOUND"],
          ["../a", "RUN_NOT_FOUND"],
          ["", "RUN_NOT_FOUND"],
          ["0", "RUN_AMBIGUOUS"]
        ] as const) {
          assert.strictEqual((yield* Effect.flip(history.find(prefix))).code, code, prefix)
        }
      }).pipe(Effect.provide(layer))
    }
  )
})
