/** Owns somebody outside for an integrity check to tell things to, who has the secret. Nothing leaves the machine on the way. */
import { Context, type Effect, type Ref } from "effect"

/** One message. */
export interface Arrived {
  /** Its `webhook-id`; empty where it has none. */
  readonly id: string
  readonly body: string
  /** All that came: address, headers and body. */
  readonly bytes: Uint8Array
  /** Whether its secret fits the message, and neither another secret nor another body does. */
  readonly signed: boolean
}

export class Receiver extends Context.Service<
  Receiver,
  {
    /** What it does with a message: the status that comes of it is the answer, and where none comes there is none. */
    readonly answer: Ref.Ref<Effect.Effect<number>>
    /** In the order in which they came. */
    readonly arrived: Ref.Ref<ReadonlyArray<Arrived>>
  }
>()("io-iii/ports/Receiver") {}
