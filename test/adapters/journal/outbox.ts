/** Owns what every journal must do with what is owed to endpoints, whatever keeps its rows. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Layer } from "effect"
import { TestClock } from "effect/testing"
import type { Event } from "../../../src/domain/Event.ts"
import type { RuntimeFailure } from "../../../src/domain/Failure.ts"
import { type StreamId, Timestamp } from "../../../src/domain/Ids.ts"
import type { EndpointName, Subscriptions } from "../../../src/domain/webhook/Webhook.ts"
import { Journal } from "../../../src/ports/Journal.ts"
import { Outbox, type Settled } from "../../../src/ports/Outbox.ts"
import { append, codeOf } from "../../support/ledger.ts"
import { closed, held, quiet, streamOf } from "../../support/webhooks.ts"

const all: Subscriptions = {
  session_complete: "webhook_url",
  steward_gate_triggered: "steward_gate_triggered"
}

const settled = (more: Partial<Settled> = {}): Settled => ({
  endpoint: "webhook_url",
  state: "delivered",
  status: 200,
  failure: null,
  next: Timestamp.make(1),
  disables: false,
  ...more
})

/** Runs the suite; `fresh` is an empty journal, each time it is built. */
export const outbox = (name: string, fresh: Layer.Layer<Journal | Outbox>): void => {
  const test = (
    title: string,
    body: (
      outbox: Outbox["Service"],
      tell: Tell,
      journal: Journal["Service"]
    ) => Effect.Effect<void, RuntimeFailure>
  ) =>
    it.effect(title, () =>
      Effect.gen(function* () {
        const journal = yield* Journal
        const tell: Tell = (stream, expected, events, outbox = all) =>
          journal.commit({ appends: [append(stream, expected, { events })], outbox })
        yield* body(yield* Outbox, tell, journal)
      }).pipe(Effect.provide(fresh))
    )

  describe(`outbox: ${name}`, () => {
    test("owes what is told of the events of a commit, and nothing that nobody wants", (outbox, tell) =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* outbox.deliveries(null, 9), [])
        assert.deepStrictEqual(yield* outbox.endpoints, [])
        assert.deepStrictEqual(yield* outbox.due("webhook_url", 9), [])
        yield* TestClock.setTime(1000)
        yield* tell(streamOf(1), 0, [quiet, held(1), quiet, closed])
        yield* tell(streamOf(2), 0, [closed], {})
        yield* tell(streamOf(3), 0, [held(2), closed], { session_complete: "session_complete" })
        const [last, second, first, ...more] = yield* outbox.deliveries(null, 9)
        assert.deepStrictEqual(more, [])
        assert.deepInclude(first as object, {
          position: 2,
          stream: streamOf(1),
          seq: 2,
          at: 1000,
          event: "steward_gate_triggered",
          endpoint: "steward_gate_triggered",
          state: "pending",
          attempts: 0,
          next: 1000,
          status: null,
          failure: null
        })
        assert.deepInclude(second as object, {
          position: 4,
          event: "session_complete",
          endpoint: "webhook_url"
        })
        assert.deepInclude(last as object, { position: 7, endpoint: "session_complete" })
        assert.deepStrictEqual<unknown>(yield* outbox.deliveries(7, 1), [second])
        assert.deepStrictEqual<unknown>(yield* outbox.delivery(second?.hash.slice(0, 9) ?? ""), [second])
        assert.strictEqual((yield* outbox.delivery("")).length, 2)
      }))

    test("owes nothing for a commit that was refused", (outbox, tell) =>
      Effect.gen(function* () {
        yield* tell(streamOf(1), 0, [quiet])
        assert.strictEqual(yield* codeOf(tell(streamOf(1), 0, [closed])), "JOURNAL_CONFLICT")
        assert.strictEqual(yield* codeOf(tell(streamOf(2), 5, [held(1), closed])), "JOURNAL_CONFLICT")
        assert.deepStrictEqual(yield* outbox.deliveries(null, 9), [])
      }))

    test("has of each stream the first due that is pending, and is quiet while that waits", (outbox, tell) =>
      Effect.gen(function* () {
        const gates: Subscriptions = { steward_gate_triggered: "webhook_url" }
        yield* tell(streamOf(1), 0, [held(1), held(2)], gates)
        yield* tell(streamOf(2), 0, [held(1)], gates)
        yield* tell(streamOf(1), 2, [held(3)], gates)
        const due = (limit = 9) =>
          Effect.map(outbox.due("webhook_url", limit), (found) => found.map(({ position }) => position))
        assert.deepStrictEqual(yield* due(), [1, 3])
        assert.deepStrictEqual(yield* due(1), [1])
        assert.deepStrictEqual(yield* outbox.due("session_complete", 9), [])
        assert.isTrue(yield* outbox.lease("webhook_url"))
        const later = settled({ state: "pending", status: 500, next: Timestamp.make(5000) })
        assert.isTrue(yield* outbox.settle(1, later))
        assert.deepStrictEqual(yield* due(), [3])
        yield* TestClock.setTime(5000)
        assert.deepStrictEqual(yield* due(), [1, 3])
        assert.isTrue(yield* outbox.settle(1, settled({ state: "failed", status: 404 })))
        assert.deepStrictEqual(yield* due(), [2, 3])
        assert.isTrue(yield* outbox.settle(2, settled()))
        assert.deepStrictEqual(yield* due(), [3, 4])
        const states = (yield* outbox.deliveries(null, 9)).map(({ state, attempts, status }) => [
          state,
          attempts,
          status
        ])
        assert.deepStrictEqual(states, [
          ["pending", 0, null],
          ["pending", 0, null],
          ["delivered", 1, 200],
          ["failed", 2, 404]
        ])
      }))

    test("settles a delivery once, and for whoever has the endpoint alone", (outbox, tell) =>
      Effect.gen(function* () {
        yield* tell(streamOf(1), 0, [closed])
        assert.isFalse(yield* outbox.settle(1, settled()))
        assert.isTrue(yield* outbox.lease("webhook_url"))
        assert.isTrue(yield* outbox.lease("webhook_url"))
        assert.isFalse(yield* outbox.settle(2, settled()))
        assert.isFalse(yield* outbox.settle(1, settled({ endpoint: "session_complete" })))
        assert.isTrue(yield* outbox.settle(1, settled()))
        assert.isFalse(yield* outbox.settle(1, settled()))
        yield* outbox.yieldLease("webhook_url")
        yield* outbox.requeue(1, "webhook_url")
        assert.isFalse(yield* outbox.settle(1, settled()))
      }))

    test("tries no endpoint that is disabled, and once it is enabled all that waits, at once and from the beginning", (outbox, tell) =>
      Effect.gen(function* () {
        yield* tell(streamOf(1), 0, [closed])
        yield* tell(streamOf(2), 0, [closed])
        yield* outbox.lease("webhook_url")
        yield* outbox.settle(1, settled({ state: "pending", status: 500, next: Timestamp.make(9999) }))
        yield* outbox.settle(
          2,
          settled({ state: "failed", status: 410, next: Timestamp.make(7), disables: true })
        )
        const known = { endpoint: "webhook_url" as EndpointName, delivered: null, pending: 1, failed: 1 }
        assert.deepStrictEqual(
          (yield* outbox.endpoints).map((one) => ({ ...one })),
          [{ ...known, disabled: Timestamp.make(7) }]
        )
        yield* TestClock.setTime(20_000)
        assert.deepStrictEqual(yield* outbox.due("webhook_url", 9), [])
        yield* TestClock.setTime(100)
        assert.isFalse(yield* outbox.enable("session_complete"))
        assert.isTrue(yield* outbox.enable("webhook_url"))
        assert.isFalse(yield* outbox.enable("webhook_url"))
        const [due, ...more] = yield* outbox.due("webhook_url", 9)
        assert.deepStrictEqual(more, [])
        assert.deepInclude(due as object, { position: 1, attempts: 0, next: 100, status: 500 })
        yield* outbox.settle(1, settled({ next: Timestamp.make(101) }))
        assert.deepStrictEqual(
          (yield* outbox.endpoints).map((one) => ({ ...one })),
          [{ ...known, disabled: null, delivered: Timestamp.make(101), pending: 0 }]
        )
      }))

    test("lets go of what was delivered until then, the oldest first, and of nothing that waits or failed", (outbox, tell) =>
      Effect.gen(function* () {
        assert.strictEqual(yield* outbox.prune(Timestamp.make(1000), 9), 0)
        const gates: Subscriptions = { steward_gate_triggered: "webhook_url" }
        yield* tell(streamOf(1), 0, [held(1), held(2), held(3), held(4), held(5)], gates)
        yield* outbox.lease("webhook_url")
        yield* outbox.settle(1, settled({ next: Timestamp.make(10) }))
        yield* outbox.settle(2, settled({ state: "failed", status: 404, next: Timestamp.make(10) }))
        yield* outbox.settle(3, settled({ next: Timestamp.make(10) }))
        yield* outbox.settle(4, settled({ next: Timestamp.make(11) }))
        const left = () =>
          Effect.map(outbox.deliveries(null, 9), (all) => all.map(({ position }) => position))
        assert.strictEqual(yield* outbox.prune(Timestamp.make(9), 9), 0)
        assert.strictEqual(yield* outbox.prune(Timestamp.make(10), 1), 1)
        assert.deepStrictEqual(yield* left(), [5, 4, 3, 2])
        assert.strictEqual(yield* outbox.prune(Timestamp.make(10), 9), 1)
        assert.deepStrictEqual(yield* left(), [5, 4, 2])
        // What the endpoint has taken last stays known, and what waits is due.
        assert.deepInclude((yield* outbox.endpoints)[0] as object, { delivered: 11, pending: 1, failed: 1 })
        assert.strictEqual((yield* outbox.due("webhook_url", 9))[0]?.position, 5)
      }))

    test("puts a delivery in the queue again as if it had never been tried, for the endpoint it has now", (outbox, tell) =>
      Effect.gen(function* () {
        yield* tell(streamOf(1), 0, [held(1), closed])
        yield* outbox.lease("webhook_url")
        yield* outbox.settle(2, settled({ state: "failed", status: null, failure: "timeout" }))
        yield* TestClock.setTime(50)
        yield* outbox.requeue(2, "steward_gate_triggered")
        yield* outbox.requeue(77, "webhook_url")
        const [again] = yield* outbox.deliveries(null, 1)
        assert.deepInclude(again as object, {
          endpoint: "steward_gate_triggered",
          state: "pending",
          attempts: 0,
          next: 50,
          status: null,
          failure: null
        })
        // The one before it in its session goes first.
        assert.deepStrictEqual(
          (yield* outbox.due("steward_gate_triggered", 9)).map(({ position }) => position),
          [1]
        )
      }))
  })
}

type Tell = (
  stream: StreamId,
  expected: number,
  events: ReadonlyArray<Event>,
  outbox?: Subscriptions
) => Effect.Effect<unknown, RuntimeFailure>
