/**
 * Owns the delivery of what is owed to endpoints: at least once, in the order of each stream, by one process at a time for each
 * endpoint. What follows from an attempt is `domain/webhook/Schedule`'s.
 */
import { Clock, Context, Effect, Layer, Option, Random, Schema } from "effect"
import { anatomy } from "../../domain/Defect.ts"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import { Count, Timestamp } from "../../domain/Ids.ts"
import { decode } from "../../domain/ledger/Ledger.ts"
import { type Attempt, Delivery, EndpointState, messageId } from "../../domain/webhook/Delivery.ts"
import { payloadOf } from "../../domain/webhook/Payload.ts"
import { follow, isLast, RETENTION } from "../../domain/webhook/Schedule.ts"
import {
  type Endpoint,
  type EndpointName,
  endpointsOf,
  subscriptionsOf
} from "../../domain/webhook/Webhook.ts"
import { Configuration } from "../../ports/Configuration.ts"
import { Journal } from "../../ports/Journal.ts"
import { Notifier } from "../../ports/Notifier.ts"
import { Outbox } from "../../ports/Outbox.ts"

/** Between two looks at what is owed: another process may have written it. */
const LOOK = "1 second"
/** Between two looks at what has been there for longer than it is kept, and how much goes at once. */
const SWEEP = "1 hour"
const SWEPT = 500
/** So many streams of one endpoint are told at once. */
const ABREAST = 4

/** What is owed, and to whom. */
export const WebhookPage = Schema.Struct({
  endpoints: Schema.Array(Schema.Struct({ ...EndpointState.fields, configured: Schema.Boolean })),
  deliveries: Schema.Array(Delivery),
  /** Where the list goes on; null at its end. */
  next: Schema.NullOr(Count)
})
export type WebhookPage = typeof WebhookPage.Type

/** What became of the attempts that were made. */
export const Delivered = Schema.Struct({ delivered: Count, again: Count, failed: Count })
export type Delivered = typeof Delivered.Type

const none: Delivered = { delivered: 0, again: 0, failed: 0 }

export class Webhooks extends Context.Service<
  Webhooks,
  {
    /** Deliveries, newest first, beside every endpoint that is configured or that something was owed to. */
    readonly page: (before: number | null, limit: number) => Effect.Effect<WebhookPage, RuntimeFailure>
    /**
     * Puts the one delivery whose id begins so in the queue again, for the endpoint that its event has now. `WEBHOOK_NOT_FOUND`,
     * `WEBHOOK_AMBIGUOUS`, `WEBHOOK_UNCONFIGURED`.
     */
    readonly replay: (id: string) => Effect.Effect<Delivery, RuntimeFailure>
    /** Tries a disabled endpoint again; false where it was not disabled. */
    readonly enable: (endpoint: EndpointName) => Effect.Effect<boolean, RuntimeFailure>
    /** Delivers what is due now. `WEBHOOK_UNCONFIGURED`, `WEBHOOK_SECRET_INVALID`, `WEBHOOK_BUSY`. */
    readonly deliver: Effect.Effect<Delivered, RuntimeFailure>
    /** Delivers for as long as it runs; at once nothing where nothing is configured, or nothing can be signed. */
    readonly courier: Effect.Effect<void>
  }
>()("io-iii/core/webhook/Webhooks") {
  static readonly layer = Layer.effect(
    Webhooks,
    Effect.gen(function* () {
      const outbox = yield* Outbox
      const journal = yield* Journal
      const notifier = yield* Notifier
      const { settings } = yield* Configuration
      const endpoints = endpointsOf(settings.runtime)

      const rowAt = Effect.fnUntraced(function* ({ stream }: Delivery, seq: number) {
        const [row] = yield* journal.read(stream, seq - 1, seq)
        return row ? Option.getOrNull(decode(row.payload)) : null
      })

      const payloadFor = Effect.fnUntraced(function* (delivery: Delivery) {
        const { stream, seq, at } = delivery
        const event = yield* rowAt(delivery, seq)
        const first = seq === 1 ? event : yield* rowAt(delivery, 1)
        return event && first && payloadOf({ stream, event, first, at })
      })

      const lastTaken = Effect.fnUntraced(function* (name: EndpointName) {
        const known = yield* outbox.endpoints
        return known.find(({ endpoint }) => endpoint === name)?.delivered ?? null
      })

      /** Null where somebody else has the endpoint by now. */
      const attempt = Effect.fnUntraced(function* (endpoint: Endpoint, delivery: Delivery) {
        const payload = yield* payloadFor(delivery)
        const attempted = payload
          ? yield* notifier.send(endpoint, { id: messageId(delivery), event: delivery.event, payload })
          : unreadable
        const now = Timestamp.make(yield* Clock.currentTimeMillis)
        const following = follow(delivery, attempted, {
          now,
          chance: yield* Random.next,
          delivered: isLast(delivery) ? yield* lastTaken(endpoint.name) : null
        })
        const { status, failure: broken } = attempted
        const settled = yield* outbox.settle(delivery.position, {
          endpoint: endpoint.name,
          status,
          failure: broken,
          state: states[following._tag],
          next: following._tag === "Again" ? Timestamp.make(following.next) : now,
          disables: following._tag === "Over" && following.disables
        })
        return settled ? counts[following._tag] : null
      })

      /** Everything that is due at an endpoint that is ours. */
      const drain = Effect.fnUntraced(function* (endpoint: Endpoint) {
        let sum = none
        for (;;) {
          const due = yield* outbox.due(endpoint.name, ABREAST)
          const made = yield* Effect.forEach(due, (delivery) => attempt(endpoint, delivery), {
            concurrency: ABREAST
          })
          sum = made.reduce<Delivered>((all, one) => plus(all, one ?? none), sum)
          if (due.length === 0 || made.includes(null)) return sum
        }
      })

      /** Null where somebody else is at it. */
      const round = Effect.fnUntraced(function* (endpoint: Endpoint) {
        const { name } = endpoint
        if ((yield* outbox.due(name, 1)).length === 0) return none
        return yield* Effect.acquireUseRelease(
          outbox.lease(name),
          (isOurs) => (isOurs ? drain(endpoint) : Effect.succeed(null)),
          (isOurs) => (isOurs ? Effect.ignore(outbox.yieldLease(name)) : Effect.void)
        )
      })

      const quietly = (work: Effect.Effect<unknown, RuntimeFailure>) =>
        work.pipe(
          Effect.asVoid,
          Effect.catch(({ code }) => Effect.logDebug(code)),
          Effect.catchDefect((defect) => Effect.logDebug(anatomy(defect)))
        )

      /** Lets go of what was taken long ago. */
      const sweep = Effect.gen(function* () {
        const until = Timestamp.make(Math.max(0, (yield* Clock.currentTimeMillis) - RETENTION))
        while ((yield* outbox.prune(until, SWEPT)) === SWEPT);
      })

      const page = Effect.fn("Webhooks.page")(function* (before: number | null, limit: number) {
        const known = yield* outbox.endpoints
        const found = yield* outbox.deliveries(before, limit + 1)
        const deliveries = found.slice(0, limit)
        const configured = new Set(endpoints.map(({ name }) => name))
        const unknown = [...configured].filter((name) => !known.some(({ endpoint }) => endpoint === name))
        return {
          endpoints: [
            ...known,
            ...unknown.map((endpoint) => ({
              endpoint,
              disabled: null,
              delivered: null,
              pending: 0,
              failed: 0
            }))
          ]
            .toSorted((a, b) => (a.endpoint < b.endpoint ? -1 : 1))
            .map((one) => ({ ...one, configured: configured.has(one.endpoint) })),
          deliveries,
          next: found.length > limit ? (deliveries.at(-1)?.position ?? null) : null
        }
      })

      const replay = Effect.fn("Webhooks.replay")(function* (id: string) {
        const prefix = /^(?:msg_)?([0-9a-f]{1,32})$/u.exec(id)?.[1]
        if (prefix === undefined) return yield* failure("WEBHOOK_NOT_FOUND", "setup")
        const [one, another] = yield* outbox.delivery(prefix)
        if (!one) return yield* failure("WEBHOOK_NOT_FOUND", "setup")
        if (another) return yield* failure("WEBHOOK_AMBIGUOUS", "setup")
        const endpoint = subscriptionsOf(settings.runtime)[one.event]
        if (!endpoint) return yield* failure("WEBHOOK_UNCONFIGURED", "setup")
        yield* outbox.requeue(one.position, endpoint)
        const [now = one] = yield* outbox.delivery(one.hash)
        return now
      })

      const deliver = Effect.gen(function* () {
        if (endpoints.length === 0) return yield* failure("WEBHOOK_UNCONFIGURED", "setup")
        if (notifier.readiness !== "ready") return yield* failure("WEBHOOK_SECRET_INVALID", "setup")
        const sums = yield* Effect.forEach(endpoints, round, { concurrency: "unbounded" })
        if (sums.includes(null)) return yield* failure("WEBHOOK_BUSY", "setup")
        yield* sweep
        return sums.reduce<Delivered>((all, one) => plus(all, one ?? none), none)
      }).pipe(Effect.withSpan("Webhooks.deliver"))

      const courier =
        notifier.readiness === "ready"
          ? Effect.forEach(
              [
                ...endpoints.map((endpoint) => Effect.andThen(quietly(round(endpoint)), Effect.sleep(LOOK))),
                ...(endpoints.length > 0 ? [Effect.andThen(quietly(sweep), Effect.sleep(SWEEP))] : [])
              ],
              (work) => Effect.forever(work),
              { concurrency: "unbounded", discard: true }
            )
          : Effect.void

      return Webhooks.of({ page, replay, enable: outbox.enable, deliver, courier })
    })
  )

  /** Delivers for as long as its scope lasts. */
  static readonly courier = Layer.effectDiscard(Webhooks.use(({ courier }) => Effect.forkScoped(courier)))
}

const unreadable: Attempt = { status: null, failure: "record_unreadable", retryAfterSeconds: null }

const states = { Delivered: "delivered", Again: "pending", Over: "failed" } as const
const counts: Readonly<Record<keyof typeof states, Delivered>> = {
  Delivered: { ...none, delivered: 1 },
  Again: { ...none, again: 1 },
  Over: { ...none, failed: 1 }
}

const plus = (one: Delivered, other: Delivered): Delivered => ({
  delivered: one.delivered + other.delivered,
  again: one.again + other.again,
  failed: one.failed + other.failed
})
