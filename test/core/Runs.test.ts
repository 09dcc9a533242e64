import { assert, describe, it } from "@effect/vitest"
import { Cause, Deferred, Effect, Exit, Fiber, Option, Result, Stream } from "effect"
import { Runs } from "../../src/core/Runs.ts"
import { Ledgers } from "../../src/core/Ledgers.ts"
import { RuntimeFailure } from "../../src/domain/Failure.ts"
import { ContentId, Mode, runStream, Target } from "../../src/domain/Ids.ts"
import { Content } from "../../src/domain/Content.ts"
import { Journal } from "../../src/ports/Journal.ts"
import { Vault } from "../../src/ports/Vault.ts"
import { type Reply, ScriptedProvider, TestRuntime } from "../../src/testing.ts"

const verdict = (decision: string, issues: ReadonlyArray<object> = []): Reply => ({
  say: JSON.stringify({ decision, issues, high_risk_claims: [], suggested_fixes: [] })
})

/** A runtime whose three models follow a script. */
const scene = (script: {
  readonly drafter?: ReadonlyArray<Reply>
  readonly reserve?: ReadonlyArray<Reply>
  readonly judge?: ReadonlyArray<Reply>
  readonly settings?: typeof TestRuntime.settings
}) => {
  const drafter = ScriptedProvider.make("drafter", script.drafter ?? [])
  const reserve = ScriptedProvider.make("reserve", script.reserve ?? [])
  const judge = ScriptedProvider.make("judge", script.judge ?? [])
  const providers = [drafter, reserve, judge].map(({ provider }) => provider)
  const layer = TestRuntime.layer({ providers, ...(script.settings && { settings: script.settings }) })
  return { drafter, reserve, judge, layer }
}

const lastRun = Effect.gen(function* () {
  const [record] = yield* (yield* Ledgers).recent(1)
  return record ?? assert.fail("no run was recorded")
})

const tags = Effect.map(lastRun, ({ entries }) => entries.map(({ event }) => event._tag))

const codeOf = <A>(exit: Exit.Exit<A, RuntimeFailure>) =>
  Option.getOrUndefined(Exit.findErrorOption(exit))?.code

const audited = Runs.request("executor", "question", { audit: true })

describe("a plain run", () => {
  it.effect("is recorded, called once and released with a receipt over its exact text", () => {
    const { drafter, layer } = scene({
      drafter: [{ say: ["  Hello", " there \n"], inputTokens: 5, outputTokens: 2 }]
    })
    return Effect.gen(function* () {
      const runs = yield* Runs
      const { run, released } = yield* runs.run(Runs.request("executor", "question"))
      assert.strictEqual(released.text, "Hello there")
      assert.deepStrictEqual(yield* tags, [
        "RunAccepted",
        "RouteResolved",
        "ContextAssembled",
        "BoundsCertified",
        "CallIntended",
        "CallSettled",
        "Released"
      ])
      const { receipt } = released
      assert.strictEqual(receipt.usage.calls, 1)
      assert.strictEqual(receipt.usage.inputTokens, 5)
      assert.strictEqual(receipt.usage.outputTokens, 2)
      assert.strictEqual(receipt.audit, "none")
      assert.isTrue(receipt.complete)

      const journal = yield* Journal
      const keys = yield* (yield* Vault).open(
        runStream(run),
        Option.getOrThrow(yield* journal.key(runStream(run)))
      )
      const id = ContentId.make("draft.1")
      const sealed = yield* keys.unseal(Option.getOrThrow(yield* journal.sealed(runStream(run), id)))
      assert.isTrue(sealed.equals(Content.of("Hello there")))
      assert.strictEqual(keys.digest(id, Content.of("Hello there")), receipt.digest)
      assert.strictEqual((yield* drafter.asked).length, 1)
      assert.deepStrictEqual(yield* (yield* Ledgers).verify(), {
        streams: 2,
        events: 8,
        broken: []
      })
    }).pipe(Effect.provide(layer))
  })

  it.effect("streams the same text that it seals, after the facts and before the result", () => {
    const { layer } = scene({ drafter: [{ say: [" \n", "one ", " ", "two", "  "] }] })
    return Effect.gen(function* () {
      const frames = yield* Stream.runCollect((yield* Runs).stream(Runs.request("executor", "question")))
      assert.strictEqual(frames[0]?._tag, "Accepted")
      const last = frames.at(-1)
      assert.strictEqual(last?._tag, "Finished")
      const chunks = frames.flatMap((frame) => (frame._tag === "Chunk" ? [frame.chunk.text] : []))
      assert.strictEqual(chunks.join(""), "one  two")
      assert.isAbove(chunks.length, 1)
      assert.strictEqual(last?._tag === "Finished" && last.result.released.text, "one  two")
    }).pipe(Effect.provide(layer))
  })

  it.effect("makes its intent durable before the provider is called", () => {
    const { drafter, layer } = scene({ drafter: [{ hang: true }] })
    return Effect.gen(function* () {
      const fiber = yield* Effect.forkChild((yield* Runs).run(Runs.request("executor", "question")))
      yield* Effect.repeat(Effect.yieldNow, { until: () => Effect.runSync(drafter.asked).length > 0 })
      assert.deepStrictEqual((yield* tags).at(-1), "CallIntended")
      yield* Fiber.interrupt(fiber)
    }).pipe(Effect.provide(layer))
  })

  it.effect("answers an unknown mode and records nothing of it", () =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit((yield* Runs).run(Runs.request("no-such-mode", "question")))
      assert.strictEqual(codeOf(exit), "ROUTE_MODE_UNKNOWN")
      assert.deepStrictEqual(yield* (yield* Ledgers).recent(1), [])
    }).pipe(Effect.provide(scene({}).layer))
  )

  it.effect("refuses a context over its limit without a call", () => {
    const { settings } = TestRuntime
    const { drafter, layer } = scene({
      settings: { ...settings, runtime: { ...settings.runtime, context_limit_chars: 100 } }
    })
    return Effect.gen(function* () {
      const exit = yield* Effect.exit((yield* Runs).run(Runs.request("executor", "question")))
      assert.strictEqual(codeOf(exit), "CONTEXT_LIMIT_EXCEEDED")
      assert.deepStrictEqual(yield* tags, ["RunAccepted", "RouteResolved", "RunRefused"])
      assert.strictEqual((yield* drafter.asked).length, 0)
    }).pipe(Effect.provide(layer))
  })
})

describe("an answer that was cut at the token limit", () => {
  it.effect("says so in its receipt", () => {
    const { layer } = scene({ drafter: [{ say: "as far as it g", finish: "length" }] })
    return Effect.gen(function* () {
      const { released } = yield* (yield* Runs).run(Runs.request("executor", "question"))
      assert.strictEqual(released.receipt.finish, "length")
      assert.strictEqual(released.receipt.provenance, "model")
    }).pipe(Effect.provide(layer))
  })
})

describe("fallback", () => {
  it.effect("goes to the secondary once, when nothing came of the first attempt", () => {
    const { drafter, reserve, layer } = scene({
      drafter: [{ fail: "PROVIDER_UNAVAILABLE", fallback: "connection_refused" }],
      reserve: [{ say: "from the reserve" }]
    })
    return Effect.gen(function* () {
      const { released } = yield* (yield* Runs).run(Runs.request("executor", "question"))
      assert.strictEqual(released.text, "from the reserve")
      assert.isTrue(released.receipt.fallbackUsed)
      assert.strictEqual(released.receipt.provider, "reserve")
      assert.strictEqual((yield* drafter.asked).length, 1)
      assert.strictEqual((yield* reserve.asked).length, 1)
      const { entries } = yield* lastRun
      const intents = entries.flatMap(({ event }) => (event._tag === "CallIntended" ? [event] : []))
      assert.deepStrictEqual(
        intents.map(({ attempt, fallbackReason }) => [attempt, fallbackReason]),
        [
          [1, null],
          [2, "connection_refused"]
        ]
      )
    }).pipe(Effect.provide(layer))
  })

  it.effect("never follows a failure after the first piece, nor a second failure", () => {
    const late = scene({
      drafter: [{ fail: "PROVIDER_UNAVAILABLE", fallback: "server_error", after: ["half"] }]
    })
    const twice = scene({
      drafter: [{ fail: "PROVIDER_UNAVAILABLE", fallback: "server_error" }],
      reserve: [{ fail: "PROVIDER_UNAVAILABLE", fallback: "server_error" }]
    })
    const attempt = Effect.gen(function* () {
      return codeOf(yield* Effect.exit((yield* Runs).run(Runs.request("executor", "question"))))
    })
    return Effect.gen(function* () {
      assert.strictEqual(yield* Effect.provide(attempt, late.layer), "PROVIDER_UNAVAILABLE")
      assert.strictEqual((yield* late.reserve.asked).length, 0)
      assert.strictEqual(yield* Effect.provide(attempt, twice.layer), "PROVIDER_UNAVAILABLE")
      assert.strictEqual((yield* twice.reserve.asked).length, 1)
    })
  })
})

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
      assert.strictEqual(asked?.temperature, 0)
      assert.isNotNull(asked?.format)
    }).pipe(Effect.provide(layer))
  })
})

describe("cancellation", () => {
  it.effect("closes the call upstream, accounts for what had left, and ends the run", () => {
    const { drafter, layer } = scene({ drafter: [{ hang: true, after: ["part of ", "an answer"] }] })
    return Effect.gen(function* () {
      const runs = yield* Runs
      const seen: Array<string> = []
      const fiber = yield* Effect.forkChild(
        Stream.runForEach(runs.stream(Runs.request("executor", "question")), (frame) =>
          Effect.sync(() => frame._tag === "Chunk" && seen.push(frame.chunk.text))
        )
      )
      yield* Effect.repeat(Effect.yieldNow, { until: () => seen.length === 2 })
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(yield* drafter.interrupted, 1)
      const { standing, entries } = yield* lastRun
      assert.strictEqual(standing, "cancelled")
      const ending = entries.at(-1)?.event
      const receipt = ending?._tag === "RunCancelled" ? ending.receipt : null
      assert.strictEqual(receipt?.complete, false)
      assert.strictEqual(receipt?.chars, seen.join("").length)
    }).pipe(Effect.provide(layer))
  })

  it.effect("during an audit releases nothing", () => {
    const { judge, layer } = scene({ drafter: [{ say: "draft" }], judge: [{ hang: true }] })
    return Effect.gen(function* () {
      const fiber = yield* Effect.forkChild((yield* Runs).run(audited))
      yield* Effect.repeat(Effect.yieldNow, { until: () => Effect.runSync(judge.asked).length > 0 })
      yield* Fiber.interrupt(fiber)
      const exit = yield* Fiber.await(fiber)
      assert.isTrue(Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause))
      assert.strictEqual((yield* lastRun).standing, "cancelled")
    }).pipe(Effect.provide(layer))
  })
})

describe("cancellation before any call", () => {
  it.effect("while a provider is asked whether it is there is a cancellation too", () => {
    const { drafter } = scene({})
    const asked = Deferred.makeUnsafe<void>()
    const silent = {
      ...drafter.provider,
      health: Effect.andThen(Deferred.succeed(asked, undefined), Effect.never)
    }
    return Effect.gen(function* () {
      const checks = { constellation: true, health: true }
      const fiber = yield* Effect.forkChild(
        (yield* Runs).run(Runs.request("executor", "question", { checks }))
      )
      yield* Deferred.await(asked)
      yield* Fiber.interrupt(fiber)
      assert.strictEqual((yield* lastRun).standing, "cancelled")
      assert.strictEqual((yield* drafter.asked).length, 0)
    }).pipe(Effect.provide(TestRuntime.layer({ providers: [silent] })))
  })
})

describe("a failure after the first piece", () => {
  it.effect("ends the run with a receipt over the part that left", () => {
    const { layer } = scene({ drafter: [{ fail: "PROVIDER_OUTCOME_UNKNOWN", after: ["half"] }] })
    return Effect.gen(function* () {
      const result = yield* Effect.result(
        Stream.runDrain((yield* Runs).stream(Runs.request("executor", "question")))
      )
      assert.isTrue(Result.isFailure(result))
      const { standing, entries } = yield* lastRun
      assert.strictEqual(standing, "failed")
      const ending = entries.at(-1)?.event
      assert.strictEqual(ending?._tag === "RunFailed" && ending.receipt?.chars, 4)
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

describe("what a follower did not take has not left", () => {
  it.effect("a follower that stops after one piece gets a receipt over that piece", () => {
    const { layer } = scene({ drafter: [{ say: ["one ", "two ", "three"] }] })
    return Effect.gen(function* () {
      const frames = (yield* Runs).stream(Runs.request("executor", "question"))
      assert.strictEqual((yield* Stream.runCollect(Stream.take(frames, 2))).length, 2)
      const { standing, entries } = yield* lastRun
      assert.strictEqual(standing, "cancelled")
      const ending = entries.at(-1)?.event
      assert.strictEqual(ending?._tag === "RunCancelled" && ending.receipt?.chars, "one".length)
    }).pipe(Effect.provide(layer))
  })

  it.effect("a follower that leaves before it has heard of the run cancels it", () => {
    const { drafter, layer } = scene({ drafter: [{ say: "one" }] })
    return Effect.gen(function* () {
      const gone = { accepted: () => Effect.never, outlet: null }
      const runs = yield* Runs
      const fiber = yield* Effect.forkChild(runs.run(Runs.request("executor", "question"), gone))
      const ledgers = yield* Ledgers
      const begun = Effect.map(ledgers.recent(1), (records) => records.length > 0)
      yield* Effect.repeat(begun, { until: (there) => there })
      yield* Fiber.interrupt(fiber)
      assert.strictEqual((yield* lastRun).standing, "cancelled")
      assert.strictEqual((yield* drafter.asked).length, 0)
    }).pipe(Effect.provide(layer))
  })
})

describe("a provider that breaks its word", () => {
  it.effect("about counts is not believed", () => {
    const { layer } = scene({
      drafter: [{ say: "draft", inputTokens: Number.MAX_SAFE_INTEGER, outputTokens: Number.NaN }]
    })
    return Effect.gen(function* () {
      const { released } = yield* (yield* Runs).run(Runs.request("executor", "question"))
      assert.strictEqual(released.receipt.usage.inputTokens, null)
      assert.strictEqual(released.receipt.usage.outputTokens, null)
    }).pipe(Effect.provide(layer))
  })

  it.effect("by throwing has failed its call, and its words go no further", () => {
    const { drafter } = scene({})
    const words = "CANARY-9c1e"
    const thrower = {
      ...drafter.provider,
      generate: () => {
        throw new Error(words)
      }
    }
    return Effect.gen(function* () {
      const exit = yield* Effect.exit((yield* Runs).run(Runs.request("executor", "question")))
      assert.strictEqual(codeOf(exit), "INTERNAL_ERROR")
      assert.notInclude(Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "", words)
      assert.strictEqual((yield* lastRun).standing, "failed")
    }).pipe(Effect.provide(TestRuntime.layer({ providers: [thrower] })))
  })

  it.effect("and a watcher that dies, end the run as well", () => {
    const { layer } = scene({ drafter: [{ say: "draft" }] })
    const words = "CANARY-9c1f"
    return Effect.gen(function* () {
      const outlet = () => Effect.die(new Error(words))
      const run = (yield* Runs).run(Runs.request("executor", "question"), {
        accepted: () => Effect.void,
        outlet
      })
      const exit = yield* Effect.exit(run)
      assert.notInclude(Exit.isFailure(exit) ? Cause.pretty(exit.cause) : words, words)
      assert.strictEqual((yield* lastRun).standing, "failed")
    }).pipe(Effect.provide(layer))
  })
})
