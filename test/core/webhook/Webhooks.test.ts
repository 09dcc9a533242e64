/** Deliveries over the days, on a clock of the test's own, to receivers that follow a script. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import * as MemoryJournal from "../../../src/adapters/journal/Memory.ts"
import { Webhooks } from "../../../src/core/webhook/Webhooks.ts"
import * as Owing from "../../../src/core/webhook/Owing.ts"
import type { Event } from "../../../src/domain/Event.ts"
import type { StreamId } from "../../../src/domain/Ids.ts"
import { WebhookUrl } from "../../../src/domain/config/Address.ts"
import type { Settings } from "../../../src/domain/config/Settings.ts"
import type { Attempt } from "../../../src/domain/webhook/Delivery.ts"
import { pauses, RETENTION } from "../../../src/domain/webhook/Schedule.ts"
import { Configuration } from "../../../src/ports/Configuration.ts"
import { Journal } from "../../../src/ports/Journal.ts"
import { type Message, Notifier, type Readiness } from "../../../src/ports/Notifier.ts"
import { append, codeOf } from "../../support/ledger.ts"
import { settings } from "../../support/settings.ts"
import { closed, held, streamOf } from "../../support/webhooks.ts"

interface Sent extends Message {
  readonly endpoint: string
  readonly at: number
}
type Receives = (sent: Sent, n: number) => Partial<Attempt> | Effect.Effect<Partial<Attempt>>

const url = WebhookUrl.make("https://receiver.example/hook")
const everything: Settings["runtime"] = { ...settings.runtime, webhook_url: url }

/** The core's journal and webhooks over a receiver; what was sent, in the order in which it was. */
const scene = (
  receives: Receives = () => ({ status: 200 }),
  runtime: Settings["runtime"] = everything,
  readiness: Readiness = "ready"
) => {
  const sent: Array<Sent> = []
  const notifier = Layer.succeed(Notifier, {
    readiness,
    variable: "IO3_WEBHOOK_SECRET",
    send: (endpoint, message) =>
      TestClock.testClockWith((clock) =>
        Effect.suspend(() => {
          const one = { ...message, endpoint: endpoint.name, at: clock.currentTimeMillisUnsafe() }
          const answer = receives(one, sent.push(one) - 1)
          const done = Effect.isEffect(answer) ? answer : Effect.succeed(answer)
          return Effect.map(done, (more) => ({
            status: null,
            failure: null,
            retryAfterSeconds: null,
            ...more
          }))
        })
      )
  })
  const layer = Webhooks.layer.pipe(
    Layer.provideMerge(Owing.layer),
    Layer.provideMerge(
      Layer.mergeAll(
        Layer.fresh(MemoryJournal.layer),
        notifier,
        Layer.succeed(Configuration, { settings: { ...settings, runtime }, placed: [], untrusted: [] })
      )
    )
  )
  return { sent, layer }
}

const commit = (stream: StreamId, expected: number, ...events: ReadonlyArray<Event>) =>
  Journal.use((journal) => journal.commit({ appends: [append(stream, expected, { events })] }))

const standing = Webhooks.use((webhooks) => webhooks.page(null, 100)).pipe(
  Effect.map(({ deliveries, endpoints }) => ({
    deliveries: deliveries.map(({ state, attempts }) => `${state} ${attempts}`),
    disabled: endpoints.map(({ disabled }) => disabled !== null)
  }))
)

/** Whom a message is about. */
const subject = ({ payload }: Sent): string =>
  payload.event === "RUNBOOK_COMPLETE" ? payload.run_id : `${payload.session_id}`.slice(-1)

describe("webhooks", () => {
  it.effect("tell everything once, each session's in its order", () => {
    const { sent, layer } = scene()
    return Effect.gen(function* () {
      const { courier } = yield* Webhooks
      const running = yield* Effect.forkChild(courier)
      for (const n of [1, 2, 3]) yield* commit(streamOf(n), 0, held(0), held(1))
      yield* TestClock.adjust("2 seconds")
      for (const n of [3, 1, 2]) yield* commit(streamOf(n), 2, held(2), closed)
      yield* TestClock.adjust("2 seconds")
      for (const n of [1, 2, 3]) {
        assert.deepStrictEqual(
          sent
            .filter((one) => subject(one) === String(n))
            .map(({ payload }) => ("step_index" in payload ? payload.step_index : payload.event)),
          [0, 1, 2, "SESSION_COMPLETE"]
        )
      }
      assert.strictEqual(sent.length, 12)
      assert.strictEqual(new Set(sent.map(({ id }) => id)).size, 12)
      yield* TestClock.adjust("5 minutes")
      assert.strictEqual(sent.length, 12)
      yield* Fiber.interrupt(running)
    }).pipe(Effect.provide(layer))
  })

  it.effect("try again as the schedule has it, then give up and disable the endpoint", () => {
    const { sent, layer } = scene(() => ({ status: 500 }))
    return Effect.gen(function* () {
      const { deliver, enable, replay, page } = yield* Webhooks
      yield* commit(streamOf(1), 0, closed)
      for (let attempts = 0; attempts <= pauses.length; attempts++) {
        const next = (yield* page(null, 1)).deliveries[0]?.next ?? assert.fail("it is owed")
        if (attempts > 0) {
          yield* TestClock.setTime(next - 1)
          assert.deepStrictEqual(yield* deliver, { delivered: 0, again: 0, failed: 0 })
        }
        yield* TestClock.setTime(next)
        const isLast = attempts === pauses.length
        assert.deepStrictEqual(yield* deliver, {
          delivered: 0,
          again: isLast ? 0 : 1,
          failed: isLast ? 1 : 0
        })
      }
      assert.strictEqual(sent.length, pauses.length + 1)
      assert.strictEqual(new Set(sent.map(({ id }) => id)).size, 1, "a receiver can tell it is the same")
      for (const [index, pause] of pauses.entries()) {
        const waited = (sent[index + 1]?.at ?? 0) - (sent[index]?.at ?? 0)
        assert.isAtLeast(waited, pause)
        assert.isAtMost(waited, Math.round(pause * 1.2))
      }
      assert.deepStrictEqual(yield* standing, { deliveries: ["failed 10"], disabled: [true] })
      yield* commit(streamOf(2), 0, closed)
      yield* deliver
      assert.strictEqual(sent.length, 10, "what is disabled is not tried")
      assert.isTrue(yield* enable("webhook_url"))
      yield* deliver
      assert.strictEqual(sent.length, 11)
      const { deliveries } = yield* page(null, 10)
      const first = deliveries.at(-1)
      const again = yield* replay(`msg_${first?.hash.slice(0, 12)}`)
      assert.deepInclude(again as object, { state: "pending", attempts: 0, status: null })
      yield* deliver
      assert.strictEqual(sent.at(-1)?.id, sent[0]?.id)
    }).pipe(Effect.provide(layer), Effect.scoped)
  })

  it.effect("let a session wait for what it told first, and no other session", () => {
    const { sent, layer } = scene((one) =>
      subject(one) === "1" && one.at < 60_000 ? { failure: "timeout" } : { status: 200 }
    )
    return Effect.gen(function* () {
      const { deliver } = yield* Webhooks
      yield* commit(streamOf(1), 0, held(0), closed)
      yield* commit(streamOf(2), 0, held(0), closed)
      assert.deepStrictEqual(yield* deliver, { delivered: 2, again: 1, failed: 0 })
      assert.deepStrictEqual(sent.map(subject).toSorted(), ["1", "2", "2"])
      assert.deepStrictEqual(yield* deliver, { delivered: 0, again: 0, failed: 0 })
      yield* TestClock.adjust("61 seconds")
      assert.deepStrictEqual(yield* deliver, { delivered: 2, again: 0, failed: 0 })
      assert.deepStrictEqual(
        sent.filter((one) => subject(one) === "1").map(({ event }) => event),
        ["steward_gate_triggered", "steward_gate_triggered", "session_complete"]
      )
    }).pipe(Effect.provide(layer))
  })

  it.effect("leave a receiver alone that is gone, and wait as long as one asks", () => {
    const gone: Settings["runtime"] = {
      ...everything,
      webhooks: { session_complete: { url: WebhookUrl.make("https://gone.example/") } }
    }
    const { sent, layer } = scene(
      ({ endpoint }, n) =>
        endpoint === "session_complete"
          ? { status: 410 }
          : n > 1
            ? { status: 200 }
            : { status: 503, retryAfterSeconds: 3600 },
      gone
    )
    return Effect.gen(function* () {
      const { courier } = yield* Webhooks
      yield* Effect.forkChild(courier)
      yield* commit(streamOf(1), 0, held(0), closed)
      yield* TestClock.adjust("59 minutes")
      yield* commit(streamOf(2), 0, closed)
      yield* TestClock.adjust("30 seconds")
      assert.deepStrictEqual(sent.map(({ endpoint }) => endpoint).toSorted(), [
        "session_complete",
        "webhook_url"
      ])
      assert.deepStrictEqual(yield* standing, {
        deliveries: ["pending 0", "failed 1", "pending 1"],
        disabled: [true, false]
      })
      yield* TestClock.adjust("15 minutes")
      assert.deepStrictEqual((yield* standing).deliveries, ["pending 0", "failed 1", "delivered 2"])
    }).pipe(Effect.provide(layer), Effect.scoped)
  })

  it.effect("are kept for 30 days after they were taken, and longer where they were not", () => {
    const { layer } = scene((one) => ({ status: subject(one) === "1" ? 200 : 410 }))
    return Effect.gen(function* () {
      const { courier, deliver, replay, page } = yield* Webhooks
      yield* TestClock.setTime(1)
      yield* commit(streamOf(1), 0, closed)
      yield* commit(streamOf(2), 0, closed)
      yield* deliver
      const [, taken] = (yield* page(null, 9)).deliveries
      yield* TestClock.setTime(RETENTION)
      yield* deliver
      assert.deepStrictEqual((yield* standing).deliveries, ["failed 1", "delivered 1"])
      // A server goes by once an hour.
      const running = yield* Effect.forkChild(courier)
      yield* TestClock.adjust("59 minutes")
      assert.deepStrictEqual((yield* standing).deliveries, ["failed 1", "delivered 1"])
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual((yield* standing).deliveries, ["failed 1"])
      assert.strictEqual(yield* codeOf(replay(taken?.hash.slice(0, 32) ?? "")), "WEBHOOK_NOT_FOUND")
      yield* Fiber.interrupt(running)
    }).pipe(Effect.provide(layer))
  })

  it.effect("owe nothing where nobody is to be told, and send nothing that is not signed", () => {
    const silent = scene(undefined, settings.runtime)
    const unsigned = scene(undefined, everything, "secret_missing")
    return Effect.gen(function* () {
      yield* Effect.gen(function* () {
        const webhooks = yield* Webhooks
        yield* commit(streamOf(1), 0, held(0), closed)
        assert.deepStrictEqual(yield* standing, { deliveries: [], disabled: [] })
        assert.strictEqual(yield* codeOf(webhooks.deliver), "WEBHOOK_UNCONFIGURED")
        yield* webhooks.courier
      }).pipe(Effect.provide(silent.layer))
      yield* Effect.gen(function* () {
        const webhooks = yield* Webhooks
        yield* commit(streamOf(1), 0, held(0), closed)
        assert.strictEqual(yield* codeOf(webhooks.deliver), "WEBHOOK_SECRET_INVALID")
        yield* webhooks.courier
        assert.deepStrictEqual((yield* standing).deliveries, ["pending 0", "pending 0"])
        assert.strictEqual(yield* codeOf(webhooks.replay("msg_zz")), "WEBHOOK_NOT_FOUND")
        assert.strictEqual(yield* codeOf(webhooks.replay("")), "WEBHOOK_NOT_FOUND")
        assert.strictEqual(yield* codeOf(webhooks.replay("0".repeat(32))), "WEBHOOK_NOT_FOUND")
      }).pipe(Effect.provide(unsigned.layer))
      assert.deepStrictEqual([...silent.sent, ...unsigned.sent], [])
    })
  })

  it.effect("that are cut off are told again, and nobody else is kept from it", () => {
    const { sent, layer } = scene((_one, n) => (n === 0 ? Effect.never : { status: 200 }))
    return Effect.gen(function* () {
      const { courier, deliver } = yield* Webhooks
      const running = yield* Effect.forkChild(courier)
      yield* commit(streamOf(1), 0, closed)
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(sent.length, 1)
      yield* Fiber.interrupt(running)
      assert.deepStrictEqual((yield* standing).deliveries, ["pending 0"])
      assert.deepStrictEqual(yield* deliver, { delivered: 1, again: 0, failed: 0 })
      assert.strictEqual(sent[1]?.id, sent[0]?.id)
    }).pipe(Effect.provide(layer))
  })
})
