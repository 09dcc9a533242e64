/** Owns whether a receiver outside was told what is on record: all of it, signed, in its order, and until it was taken. Pure. */
import type { StreamId } from "../Ids.ts"
import type { MessageId } from "../webhook/Delivery.ts"
import { WebhookEvent } from "../webhook/Webhook.ts"
import type { WordName } from "./Canary.ts"

/** Something on record that is to be told. */
export interface Owed {
  readonly stream: StreamId
  readonly event: WebhookEvent
  readonly id: MessageId
  /** What is to be said of it; null where the record does not say that. */
  readonly body: string | null
}

/** A message, as the receiver had it. */
export interface Heard {
  readonly id: string
  readonly body: string
  /** Whether its secret fits the message, and neither another secret nor another body does. */
  readonly signed: boolean
  /** The words in everything that came with it. */
  readonly words: ReadonlyArray<WordName>
}

/** What was to be told, in the order of the record, and what arrived of it. */
export interface Told {
  readonly owed: ReadonlyArray<Owed>
  /** Of somebody who was gone before there was an answer. */
  readonly unanswered: ReadonlyArray<Heard>
  /** Of the next one, from whom the receiver took nothing. */
  readonly refused: ReadonlyArray<Heard>
  /** At once after that. */
  readonly hurried: ReadonlyArray<Heard>
  /** Later, when it took everything. */
  readonly taken: ReadonlyArray<Heard>
}

/** Null where nobody could be told anything. */
export const isTelling = (told: Told | null): boolean => {
  if (told === null) return false
  const { owed, unanswered, refused, hurried, taken } = told
  const streams = [...Map.groupBy(owed, ({ stream }) => stream).values()].map((all) =>
    all.map(({ id }) => id)
  )
  const isRight = ({ id, body, signed, words }: Heard): boolean =>
    signed && words.length === 0 && owed.some((one) => one.id === id && one.body === body)
  return (
    // Of a message alone there is no order.
    WebhookEvent.literals.every((event) => owed.some((one) => one.event === event)) &&
    streams.some(({ length }) => length > 1) &&
    [...unanswered, ...refused, ...taken].every(isRight) &&
    unanswered.length > 0 &&
    refused.length === streams.length &&
    streams.every(([first]) => refused.some(({ id }) => id === first)) &&
    hurried.length === 0 &&
    taken.length === owed.length &&
    streams.every((ids) => {
      const arrived = taken.filter(({ id }) => ids.some((one) => one === id))
      return ids.every((id, index) => arrived[index]?.id === id)
    })
  )
}
