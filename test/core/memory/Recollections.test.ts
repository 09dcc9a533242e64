/** Holds what a run is told of its memory against where its models are: what is restricted never leaves for a cloud. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { Memories } from "../../../src/core/memory/Memories.ts"
import { Runs } from "../../../src/core/run/Runs.ts"
import { Content, reveal } from "../../../src/domain/Content.ts"
import { MemoryKey, MemoryScope, Mode, PackId, Principal } from "../../../src/domain/Ids.ts"
import { Provenance, type Sensitivity } from "../../../src/domain/memory/MemoryEvent.ts"
import { type Scripted, ScriptedProvider, TestRuntime } from "../../../src/testing.ts"

const pack = PackId.make("pack.all")
const scope = MemoryScope.make("s")
const executor = Mode.make("executor")
const levels: ReadonlyArray<Sensitivity> = ["standard", "elevated", "restricted"]

const settings = {
  ...TestRuntime.settings,
  providers: { ...TestRuntime.settings.providers, policies: { allow_implicit_cloud_fallback: true } },
  memoryPacks: { packs: [{ id: pack, scope, keys: levels.map((level) => MemoryKey.make(level)) }] },
  memoryPolicy: {
    route_allowlist: [executor],
    capability_allowlist: [],
    sensitivity_allowlist: { elevated: [executor], restricted: [executor] }
  }
}

const verdict = JSON.stringify({ decision: "pass", issues: [], high_risk_claims: [], suggested_fixes: [] })

/** Which values were sent to anybody, where these models are in a cloud. */
const sent = (clouds: ReadonlyArray<string>, audit: boolean) => {
  const models: ReadonlyArray<Scripted> = ["drafter", "reserve", "judge"].map((name) =>
    ScriptedProvider.make(name, [{ say: name === "judge" ? verdict : "answer" }])
  )
  const providers = models.map(({ provider }) => ({ ...provider, local: !clouds.includes(provider.name) }))
  return Effect.gen(function* () {
    const memories = yield* Memories
    for (const sensitivity of levels) {
      const value = Content.of(`a ${sensitivity} value`)
      const provenance = Provenance.make("human")
      const by = { principal: Principal.make("local"), surface: "program", expected: 0 } as const
      yield* memories.write(
        { scope, key: sensitivity, value, sensitivity, provenance, ...by },
        Effect.succeed(true)
      )
    }
    const { memory } = yield* (yield* Runs).run(
      Runs.request("executor", "question", { packs: [pack], audit })
    )
    const asked = (yield* Effect.forEach(models, (one) => one.asked)).flat()
    const all = asked.flatMap(({ messages }) => messages.map(({ content }) => reveal(content))).join("\n")
    return {
      calls: asked.length,
      sent: levels.filter((level) => all.includes(`a ${level} value`)),
      outcomes: memory?.map(({ outcome }) => outcome)
    }
  }).pipe(Effect.provide(Layer.fresh(TestRuntime.layer({ providers, settings }))))
}

const released = ["released", "released", "released"]
const denied = ["released", "released", "denied"]

describe("memory and clouds", () => {
  it.effect("reads everything that the policy allows where every model of a run is local", () =>
    Effect.gen(function* () {
      for (const audit of [false, true]) {
        const told = yield* sent([], audit)
        assert.deepStrictEqual([told.sent, told.outcomes, told.calls], [levels, released, audit ? 2 : 1])
      }
      // Whoever is not asked in a run may be anywhere.
      assert.deepStrictEqual((yield* sent(["judge"], false)).outcomes, released)
    })
  )

  it.effect("reads nothing restricted where one that drafts, steps in or audits is in a cloud", () =>
    Effect.gen(function* () {
      for (const [clouds, audit] of [
        [["drafter"], false],
        [["reserve"], false],
        [["drafter", "reserve"], false],
        [["judge"], true]
      ] as const) {
        const told = yield* sent(clouds, audit)
        assert.deepStrictEqual([told.sent, told.outcomes], [["standard", "elevated"], denied], clouds.join())
        assert.isAbove(told.calls, 0)
      }
    })
  )
})
