import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { Runs } from "../../../src/core/run/Runs.ts"
import { Mode, Target } from "../../../src/domain/Ids.ts"
import { type Reply, TestRuntime } from "../../../src/testing.ts"
import { audited, codeOf, faulty, lastRun, scene, tags, verdict } from "../../support/runs.ts"

describe("an audited run", () => {
  it.effect("lets nothing out before the verdict", () => {
    const { layer } = scene({ drafter: [{ say: ["a", "b"] }], judge: [verdict("pass")] })
    return Effect.gen(function* () {
      const frames = yield* Stream.runCollect((yield* Runs).stream(audited))
      assert.deepStrictEqual(
        frames.map(({ _tag }) => _tag),
        ["Accepted", "Finished"]
      )
      const { entries } = yield* lastRun
      const concluded = entries.find(({ event }) => event._tag === "AuditConcluded")?.event
      assert.strictEqual(concluded?._tag === "AuditConcluded" && concluded.independent, true)
    }).pipe(Effect.provide(layer))
  })

  it.effect("revises exactly once after needs_work and never audits again", () => {
    const { drafter, judge, layer } = scene({
      drafter: [{ say: "draft" }, { say: "revised" }],
      judge: [verdict("needs_work", [{ code: "factual_error", severity: 2 }])]
    })
    return Effect.gen(function* () {
      const { released } = yield* (yield* Runs).run(audited)
      assert.strictEqual(released.text, "revised")
      assert.strictEqual(released.receipt.audit, "revised")
      const asked = yield* drafter.asked
      assert.deepStrictEqual(
        asked.map(({ purpose }) => purpose),
        ["draft", "revision"]
      )
      assert.strictEqual((yield* judge.asked).length, 1)
      const system = (index: number) => asked[index]?.messages[0]?.content ?? assert.fail()
      assert.isTrue(system(1).equals(system(0)), "a revision speaks under the same system prompt")
    }).pipe(Effect.provide(layer))
  })

  const closed: ReadonlyArray<readonly [string, ReadonlyArray<Reply>, string]> = [
    ["a rejection", [verdict("reject")], "AUDIT_REJECTED"],
    ["an abstention", [verdict("abstain")], "AUDIT_UNAVAILABLE"],
    ["an unknown decision", [verdict("fine")], "AUDIT_UNAVAILABLE"],
    ["prose", [{ say: "It passes." }], "AUDIT_UNAVAILABLE"],
    ["fenced JSON", [{ say: '```json\n{"decision":"pass"}\n```' }], "AUDIT_UNAVAILABLE"],
    ["missing fields", [{ say: '{"decision":"pass"}' }], "AUDIT_UNAVAILABLE"],
    ["an empty answer", [{ say: "" }], "AUDIT_UNAVAILABLE"],
    ["a verdict cut short", [{ ...verdict("pass"), finish: "length" } as Reply], "AUDIT_UNAVAILABLE"],
    ["an auditor that fails", [{ fail: "PROVIDER_TIMEOUT" }], "AUDIT_UNAVAILABLE"],
    ["an auditor whose outcome is unknown", [{ fail: "PROVIDER_OUTCOME_UNKNOWN" }], "AUDIT_UNAVAILABLE"]
  ]
  for (const [name, judge, code] of closed) {
    it.effect(`fails closed on ${name}`, () => {
      const { layer } = scene({ drafter: [{ say: "draft" }], judge })
      return Effect.gen(function* () {
        const exit = yield* Effect.exit((yield* Runs).run(audited))
        assert.strictEqual(codeOf(exit), code)
        const recorded = yield* tags
        assert.include(recorded, "AuditConcluded")
        assert.strictEqual(recorded.at(-1), "RunRefused")
        assert.notInclude(recorded, "Released")
      }).pipe(Effect.provide(layer))
    })
  }

  it.effect("fails closed when nobody can judge, without a second call", () => {
    const { settings } = TestRuntime
    const providers = Object.fromEntries(
      Object.entries(settings.providers.providers).filter(([name]) => name !== "judge")
    )
    const { drafter, judge, layer } = scene({
      drafter: [{ say: "draft" }],
      settings: {
        ...settings,
        providers: { ...settings.providers, providers }
      }
    })
    return Effect.gen(function* () {
      assert.strictEqual(codeOf(yield* Effect.exit((yield* Runs).run(audited))), "AUDIT_UNAVAILABLE")
      assert.strictEqual((yield* drafter.asked).length, 1)
      assert.strictEqual((yield* judge.asked).length, 0)
    }).pipe(Effect.provide(layer))
  })

  it.effect("releases unaudited only where an operator wrote so, and says so in the receipt", () => {
    const { settings } = TestRuntime
    const audit = { default_modes: [], on_unavailable: "release" } as const
    const { layer } = scene({
      drafter: [{ say: "draft" }],
      judge: [{ say: "?" }],
      settings: { ...settings, runtime: { ...settings.runtime, audit } }
    })
    return Effect.gen(function* () {
      const { released } = yield* (yield* Runs).run(audited)
      assert.strictEqual(released.receipt.audit, "unaudited")
    }).pipe(Effect.provide(layer))
  })

  it.effect("puts the untrusted texts between lines they cannot know, outside the system role", () => {
    const { judge, layer } = scene({ drafter: [{ say: "the draft" }], judge: [verdict("pass")] })
    return Effect.gen(function* () {
      yield* (yield* Runs).run(Runs.request("executor", "the question", { audit: true }))
      const [asked] = yield* judge.asked
      const [system, user] = asked?.messages ?? []
      assert.strictEqual(system?.role, "system")
      assert.isFalse(
        system?.content.use((text) => text.includes("the draft") || text.includes("the question"))
      )
      assert.isTrue(user?.content.use((text) => text.includes("the draft") && text.includes("the question")))
      assert.strictEqual(asked?.sampling.temperature, 0)
      assert.isNotNull(asked?.format)
    }).pipe(Effect.provide(layer))
  })
})

describe("an audit by the model that drafted", () => {
  const { settings } = TestRuntime
  const same = (allow_same_model: boolean, auditor: string): typeof settings => ({
    ...settings,
    routing: {
      ...settings.routing,
      modes: {
        ...settings.routing.modes,
        [Mode.make("challenger")]: { primary: Target.make(auditor), secondary: Target.make(auditor) }
      }
    },
    runtime: { ...settings.runtime, constellation: { allow_same_model } }
  })
  const fallsBack = {
    drafter: [{ fail: "PROVIDER_UNAVAILABLE", fallback: "connection_refused" }],
    reserve: [{ say: "draft" }, verdict("pass")]
  } as const

  it.effect("does not happen after a fallback either, unless an operator allowed it", () => {
    const { reserve, layer } = scene({ ...fallsBack, settings: same(false, "reserve:TWO:latest") })
    return Effect.gen(function* () {
      assert.strictEqual(codeOf(yield* Effect.exit((yield* Runs).run(audited))), "AUDIT_UNAVAILABLE")
      assert.strictEqual((yield* reserve.asked).length, 1)
      const concluded = (yield* lastRun).entries.find(({ event }) => event._tag === "AuditConcluded")?.event
      assert.strictEqual(concluded?._tag === "AuditConcluded" && concluded.unavailable, "not_independent")
    }).pipe(Effect.provide(layer))
  })

  it.effect("is said to be no independent one where it is allowed", () => {
    const { layer } = scene({ ...fallsBack, settings: same(true, "reserve:two:latest") })
    return Effect.gen(function* () {
      const { released } = yield* (yield* Runs).run(audited)
      assert.strictEqual(released.receipt.auditor?.independent, false)
    }).pipe(Effect.provide(layer))
  })
})

describe("a prompt that grew over the limit", () => {
  const { settings } = TestRuntime
  const limited = (context_limit_chars: number) => ({
    ...settings,
    runtime: { ...settings.runtime, context_limit_chars }
  })
  const long = "words ".repeat(400)

  it.effect("is not sent to the auditor: nothing is judged, and nothing released", () => {
    const { judge, layer } = scene({
      drafter: [{ say: long }],
      judge: [verdict("pass")],
      settings: limited(2400)
    })
    return Effect.gen(function* () {
      const exit = yield* Effect.exit((yield* Runs).run(audited))
      assert.strictEqual(codeOf(exit), "CONTEXT_LIMIT_EXCEEDED")
      assert.strictEqual((yield* judge.asked).length, 0)
      const ending = (yield* lastRun).entries.at(-1)?.event
      assert.deepInclude(ending, { _tag: "RunRefused", phase: "audit", receipt: null })
      assert.isNull(yield* faulty)
    }).pipe(Effect.provide(layer))
  })

  it.effect("is not sent to be revised either", () => {
    const remarks: Reply = {
      say: JSON.stringify({
        decision: "needs_work",
        issues: [],
        high_risk_claims: [],
        suggested_fixes: [long]
      }),
      inputTokens: 1000
    }
    const { drafter, layer } = scene({
      drafter: [{ say: long }, { say: "revised" }],
      judge: [remarks],
      settings: limited(4000)
    })
    return Effect.gen(function* () {
      const exit = yield* Effect.exit((yield* Runs).run(audited))
      assert.strictEqual(codeOf(exit), "CONTEXT_LIMIT_EXCEEDED")
      assert.strictEqual((yield* drafter.asked).length, 1)
      const ending = (yield* lastRun).entries.at(-1)?.event
      assert.deepInclude(ending, { _tag: "RunRefused", phase: "revision", receipt: null })
      assert.isNull(yield* faulty)
    }).pipe(Effect.provide(layer))
  })
})
