/** Owns the shapes in which webhooks are printed as JSON; they change by addition alone. */
import { Schema } from "effect"
import type { Delivered, WebhookPage } from "../../core/webhook/Webhooks.ts"
import { Count, StreamId, Timestamp } from "../../domain/Ids.ts"
import { AttemptFailure, type Delivery, MessageId, messageId } from "../../domain/webhook/Delivery.ts"
import { EndpointName, WebhookEvent } from "../../domain/webhook/Webhook.ts"

const DeliveryOutput = Schema.Struct({
  /** What the receiver gets as `webhook-id`. */
  delivery_id: MessageId,
  event: WebhookEvent,
  endpoint: EndpointName,
  /** Whose record has the event. */
  stream: StreamId,
  /** `disabled`: pending, and its endpoint is not tried any more. */
  state: Schema.Literals(["pending", "delivered", "failed", "disabled"]),
  attempts: Count,
  recorded_at: Timestamp,
  /** The next attempt; null where there is none. */
  next_attempt_at: Schema.NullOr(Timestamp),
  /** What the last attempt came to. */
  http_status: Schema.NullOr(Count),
  failure: Schema.NullOr(AttemptFailure)
})
export type DeliveryOutput = typeof DeliveryOutput.Type

const EndpointOutput = Schema.Struct({
  endpoint: EndpointName,
  /** Whether `runtime.yaml` has an address for it, and it is trusted. */
  configured: Schema.Boolean,
  disabled_at: Schema.NullOr(Timestamp),
  last_delivered_at: Schema.NullOr(Timestamp),
  pending: Count,
  failed: Count
})
export type EndpointOutput = typeof EndpointOutput.Type

/** `io3 webhooks list`. */
export const WebhooksOutput = Schema.Struct({
  endpoints: Schema.Array(EndpointOutput),
  deliveries: Schema.Array(DeliveryOutput),
  /** Where the list goes on; null at its end. */
  next: Schema.NullOr(Count)
})
export type WebhooksOutput = typeof WebhooksOutput.Type

/** `io3 webhooks deliver`: how many attempts ended so. */
export const DeliveredOutput = Schema.Struct({ delivered: Count, to_be_retried: Count, failed: Count })
export type DeliveredOutput = typeof DeliveredOutput.Type

/** `io3 webhooks replay`. */
export const ReplayedOutput = Schema.Struct({ delivery: DeliveryOutput })

/** `io3 webhooks enable`. */
export const EnabledOutput = Schema.Struct({ endpoint: EndpointName, was_disabled: Schema.Boolean })

export const deliveryOutput = (delivery: Delivery, isDisabled: boolean): DeliveryOutput => {
  const { event, endpoint, stream, state, attempts, at, next, status, failure } = delivery
  const shown = state === "pending" && isDisabled ? "disabled" : state
  return {
    delivery_id: messageId(delivery),
    event,
    endpoint,
    stream,
    state: shown,
    attempts,
    recorded_at: at,
    next_attempt_at: shown === "pending" ? next : null,
    http_status: status,
    failure
  }
}

export const webhooksOutput = ({ endpoints, deliveries, next }: WebhookPage): WebhooksOutput => {
  const disabled = new Set(endpoints.flatMap((one) => (one.disabled === null ? [] : [one.endpoint])))
  return {
    endpoints: endpoints.map(({ endpoint, configured, disabled: since, delivered, pending, failed }) => ({
      endpoint,
      configured,
      disabled_at: since,
      last_delivered_at: delivered,
      pending,
      failed
    })),
    deliveries: deliveries.map((one) => deliveryOutput(one, disabled.has(one.endpoint))),
    next
  }
}

export const deliveredOutput = ({ delivered, again, failed }: Delivered): DeliveredOutput => ({
  delivered,
  to_be_retried: again,
  failed
})
