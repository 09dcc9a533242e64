/** Owns how something is told to an endpoint outside, once and signed. Whether and when again is not its affair. */
import { Context, type Effect } from "effect"
import type { Attempt, MessageId } from "../domain/webhook/Delivery.ts"
import type { Payload } from "../domain/webhook/Payload.ts"
import type { Endpoint, WebhookEvent } from "../domain/webhook/Webhook.ts"

export interface Message {
  /** The same each time that it is sent. */
  readonly id: MessageId
  readonly event: WebhookEvent
  readonly payload: Payload
}

/** Whether there is what messages are signed with. */
export type Readiness = "ready" | "secret_missing" | "secret_malformed"

export class Notifier extends Context.Service<
  Notifier,
  {
    readonly readiness: Readiness
    /** The name of the variable that has, or should have, the secret. */
    readonly variable: string
    /**
     * Sends one message and waits for the answer, for no longer than the endpoint's timeout. Never fails: what went wrong is what
     * the attempt came to. Interrupting it closes the connection.
     */
    readonly send: (endpoint: Endpoint, message: Message) => Effect.Effect<Attempt>
  }
>()("io-iii/ports/Notifier") {}
