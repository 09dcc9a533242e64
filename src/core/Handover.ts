/** Owns the passing of values from one fiber to another, hand to hand: giving ends when the value was taken. */
import { type Cause, Deferred, Effect, type Exit, Queue, Stream } from "effect"

export interface Handover<A, E> {
  /** Waits until the value was taken; interrupted before that, it was not. */
  readonly give: (value: A) => Effect.Effect<void>
  /** Ends the stream as the giver ended. */
  readonly end: (exit: Exit.Exit<unknown, E>) => Effect.Effect<void>
  readonly stream: Stream.Stream<A, E>
}

export const make = Effect.fnUntraced(function* <A, E>() {
  interface Held {
    readonly value: A
    readonly taken: Deferred.Deferred<void>
  }
  const queue = yield* Queue.bounded<Held, E | Cause.Done>(1)
  const handover: Handover<A, E> = {
    give: Effect.fnUntraced(function* (value) {
      const taken = yield* Deferred.make<void>()
      yield* Queue.offer(queue, { value, taken })
      yield* Deferred.await(taken)
    }),
    end: (exit) =>
      Effect.asVoid(exit._tag === "Success" ? Queue.end(queue) : Queue.failCause(queue, exit.cause)),
    stream: Stream.fromEffectRepeat(
      Effect.flatMap(Queue.take(queue), ({ value, taken }) =>
        Effect.as(Deferred.succeed(taken, undefined), value)
      )
    )
  }
  return handover
})
