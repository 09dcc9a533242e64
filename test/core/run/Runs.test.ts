import { assert, describe, it } from "@effect/vitest"
import { Cause, Deferred, Effect, Exit, Fiber, Option, Stream } from "effect"
import { TestClock } from "effect/testing"
import { Runs } from "../../../src/core/run/Runs.ts"
import { Ledgers } from "../../../src/core/ledger/Ledgers.ts"
import { Router } from "../../../src/core/run/Router.ts"
import { failure } from "../../../src/domain/Failure.ts"
import { ContentId, Mode, runStream, Target } from "../../../src/domain/Ids.ts"
import { Content } from "../../../src/domain/Content.ts"
import { Journal } from "../../../src/ports/Journal.ts"
import { Vault } from "../../../src/ports/Vault.ts"
import { TestRuntime } from "../../../src/testing.ts"
import { audited, codeOf, faulty, lastRun, scene, tags } from "../../support/runs.ts"

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
      assert.isNull(yield* faulty)
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

  it.effect("answers in every mode but that of the auditor, of which nothing is called or recorded", () => {
    const { drafter, reserve, judge, layer } = scene({ judge: [{ say: "I speak" }] })
    return Effect.gen(function* () {
      const runs = yield* Runs
      for (const rest of [{}, { audit: true }, { checks: { constellation: false, health: false } }]) {
        const exit = yield* Effect.exit(runs.run(Runs.request("challenger", "question", rest)))
        assert.strictEqual(codeOf(exit), "ROUTE_MODE_INTERNAL")
      }
      const asked = yield* Effect.forEach([drafter, reserve, judge], (model) => model.asked)
      assert.deepStrictEqual(asked.flat(), [])
      assert.deepStrictEqual(yield* (yield* Ledgers).recent(1), [])
      assert.strictEqual(
        (yield* (yield* Router).resolve(Mode.make("challenger"))).selected?.provider,
        "judge"
      )
    }).pipe(Effect.provide(layer))
  })

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

describe("what did not fit", () => {
  it.effect("is said before the answer and with it", () => {
    const limit = 10
    const runtime = { ...TestRuntime.settings.runtime, file_content_limit_chars: limit }
    const { layer } = scene({
      drafter: [{ say: "answer" }],
      settings: { ...TestRuntime.settings, runtime }
    })
    return Effect.gen(function* () {
      const file = Content.of("a text that is too long")
      const frames = yield* Stream.runCollect(
        (yield* Runs).stream(Runs.request("executor", "question", { file }))
      )
      const told = frames.flatMap((frame) =>
        frame._tag === "Accepted"
          ? [frame.facts.leftOut]
          : frame._tag === "Finished"
            ? [frame.result.leftOut]
            : []
      )
      assert.deepStrictEqual(told, [file.length - limit, file.length - limit])
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

describe("the health check", () => {
  const asks = { checks: { constellation: true, health: true } }
  const down = Effect.fail(failure("PROVIDER_UNAVAILABLE", "route"))

  it.effect("ends a run before its call, where there is nowhere else to go", () => {
    const { judge } = scene({})
    const { settings } = TestRuntime
    const target = Target.make("judge:three")
    const modes = { [Mode.make("executor")]: { primary: target, secondary: target } }
    return Effect.gen(function* () {
      const exit = yield* Effect.exit((yield* Runs).run(Runs.request("executor", "question", asks)))
      assert.strictEqual(codeOf(exit), "PROVIDER_UNAVAILABLE")
      assert.deepStrictEqual(yield* tags, ["RunAccepted", "RouteResolved", "RunFailed"])
    }).pipe(
      Effect.provide(
        TestRuntime.layer({
          providers: [{ ...judge.provider, health: down }],
          settings: { ...settings, routing: { ...settings.routing, modes } }
        })
      )
    )
  })

  it.effect("asks anew after a second, and at once where there was no answer", () => {
    const { judge } = scene({ judge: [{ say: "one" }, { say: "two" }, { say: "three" }, { say: "four" }] })
    const { settings } = TestRuntime
    const target = Target.make("judge:three")
    const modes = { [Mode.make("executor")]: { primary: target, secondary: target } }
    let asked = 0
    const health = Effect.suspend(() => (++asked === 1 ? down : Effect.void))
    return Effect.gen(function* () {
      const runs = yield* Runs
      const run = Effect.exit(runs.run(Runs.request("executor", "question", asks)))
      assert.strictEqual(codeOf(yield* run), "PROVIDER_UNAVAILABLE")
      for (const expected of [2, 2]) {
        assert.isTrue(Exit.isSuccess(yield* run))
        assert.strictEqual(asked, expected)
      }
      yield* TestClock.adjust("1 second")
      assert.isTrue(Exit.isSuccess(yield* run))
      assert.strictEqual(asked, 3)
    }).pipe(
      Effect.provide(
        TestRuntime.layer({
          providers: [{ ...judge.provider, health }],
          settings: { ...settings, routing: { ...settings.routing, modes } }
        })
      )
    )
  })

  it.effect("does not stand in the way of a fallback", () => {
    const { drafter, reserve } = scene({
      drafter: [{ fail: "PROVIDER_UNAVAILABLE", fallback: "connection_refused" }],
      reserve: [{ say: "from the reserve" }]
    })
    return Effect.gen(function* () {
      const { released } = yield* (yield* Runs).run(Runs.request("executor", "question", asks))
      assert.strictEqual(released.text, "from the reserve")
    }).pipe(
      Effect.provide(
        TestRuntime.layer({ providers: [{ ...drafter.provider, health: down }, reserve.provider] })
      )
    )
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
