/**
 * Owns what is owed to endpoints outside: one delivery for each event that is told, durable with the commit that has the event
 * (`Commit.outbox`). Whoever delivers has the endpoint to itself for as long.
 */
import { Context, type Effect } from "effect"
import type { RuntimeFailure } from "../domain/Failure.ts"
import type { Timestamp } from "../domain/Ids.ts"
import type { Attempt, Delivery, EndpointState } from "../domain/webhook/Delivery.ts"
import type { EndpointName } from "../domain/webhook/Webhook.ts"

/** What becomes of a delivery after an attempt. */
export interface Settled extends Pick<Attempt, "status" | "failure"> {
  readonly state: Delivery["state"]
  readonly endpoint: EndpointName
  /** Not before then again; of one that is over, when that was. */
  readonly next: Timestamp
  /** Whether the endpoint is not tried any more. */
  readonly disables: boolean
}

export class Outbox extends Context.Service<
  Outbox,
  {
    /**
     * What can be delivered to an endpoint now, oldest first: of each stream the first that is pending and no other, so that
     * what a session tells arrives in its order. Nothing where the endpoint is disabled.
     */
    readonly due: (
      endpoint: EndpointName,
      limit: number
    ) => Effect.Effect<ReadonlyArray<Delivery>, RuntimeFailure>
    /** Has an endpoint for oneself; false where another living process has it. */
    readonly lease: (endpoint: EndpointName) => Effect.Effect<boolean, RuntimeFailure>
    readonly yieldLease: (endpoint: EndpointName) => Effect.Effect<void, RuntimeFailure>
    /** False where somebody else has the endpoint by now, or has settled it: then nothing was written. */
    readonly settle: (position: number, settled: Settled) => Effect.Effect<boolean, RuntimeFailure>
    /** Newest first from a position (exclusive); null starts at the newest. */
    readonly deliveries: (
      before: number | null,
      limit: number
    ) => Effect.Effect<ReadonlyArray<Delivery>, RuntimeFailure>
    /** At most two whose row's digest begins so. */
    readonly delivery: (hashPrefix: string) => Effect.Effect<ReadonlyArray<Delivery>, RuntimeFailure>
    /** Puts a delivery in the queue as if it had never been tried, for this endpoint. */
    readonly requeue: (position: number, endpoint: EndpointName) => Effect.Effect<void, RuntimeFailure>
    /** Lets go of what was delivered until then, so much of it at most: how much that was. */
    readonly prune: (until: Timestamp, limit: number) => Effect.Effect<number, RuntimeFailure>
    /** What is known of every endpoint that something was owed to, in the order of their names. */
    readonly endpoints: Effect.Effect<ReadonlyArray<EndpointState>, RuntimeFailure>
    /** Tries a disabled endpoint again, with what waits for it at once; false where it was not disabled. */
    readonly enable: (endpoint: EndpointName) => Effect.Effect<boolean, RuntimeFailure>
  }
>()("io-iii/ports/Outbox") {}
