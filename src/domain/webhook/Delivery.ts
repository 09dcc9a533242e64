/** Owns what is on record of a delivery and of an endpoint: where they stand, and what the last attempt came to. */
import { Schema } from "effect"
import { Count, Digest, StreamId, Timestamp } from "../Ids.ts"
import { EndpointName, WebhookEvent } from "./Webhook.ts"

/** Why an attempt came to no status. */
export const AttemptFailure = Schema.Literals([
  /** Nobody listens there, or the name leads nowhere. */
  "unreachable",
  /** The address is one that nothing is sent to. */
  "address_forbidden",
  "tls",
  "timeout",
  /** The connection broke, or what came was not HTTP. */
  "bad_response",
  /** The record does not say what would have to be told: nothing was sent. */
  "record_unreadable"
])
export type AttemptFailure = typeof AttemptFailure.Type

/** What an attempt came to: exactly one of status and failure is there. */
export interface Attempt {
  readonly status: number | null
  readonly failure: AttemptFailure | null
  /** What the receiver asks for; null where it asks for nothing. */
  readonly retryAfterSeconds: number | null
}

export const DeliveryState = Schema.Literals(["pending", "delivered", "failed"])
export type DeliveryState = typeof DeliveryState.Type

/** One event on its way to one endpoint. */
export const Delivery = Schema.Struct({
  /** Of the row that has the event. */
  position: Count,
  stream: StreamId,
  seq: Count,
  /** When the event was recorded. */
  at: Timestamp,
  /** Digest of the row: no other one has it, in whatever journal. */
  hash: Digest,
  event: WebhookEvent,
  endpoint: EndpointName,
  state: DeliveryState,
  /** How many came to something since it was last put in the queue. */
  attempts: Count,
  /** Not before then; of one that is over, when that was. */
  next: Timestamp,
  /** What the last attempt came to. */
  status: Schema.NullOr(Count),
  failure: Schema.NullOr(AttemptFailure)
})
export type Delivery = typeof Delivery.Type

/** The name by which a receiver tells a delivery that comes again from a new one. */
export const MessageId = Schema.String.pipe(
  Schema.check(Schema.isPattern(/^msg_[0-9a-f]{32}$/)),
  Schema.brand("MessageId")
)
export type MessageId = typeof MessageId.Type

export const messageId = ({ hash }: Pick<Delivery, "hash">): MessageId =>
  MessageId.make(`msg_${hash.slice(0, 32)}`)

/** What is known of an endpoint besides its address. */
export const EndpointState = Schema.Struct({
  endpoint: EndpointName,
  /** When it was disabled; null where it is not. */
  disabled: Schema.NullOr(Timestamp),
  /** When it last took something; null where it never did. */
  delivered: Schema.NullOr(Timestamp),
  pending: Count,
  failed: Count
})
export type EndpointState = typeof EndpointState.Type
