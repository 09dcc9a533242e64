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
    withdrawn: boolean
  }
  const queue = yield* Queue.bounded<Held, E | Cause.Done>(1)
  const take: Effect.Effect<A, E | Cause.Done> = Effect.flatMap(Queue.take(queue), (held) =>
    held.withdrawn ? take : Effect.as(Deferred.succeed(held.taken, undefined), held.value)
  )
  const handover: Handover<A, E> = {
    give: (value) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.suspend(() => {
          const held: Held = { value, taken: Deferred.makeUnsafe(), withdrawn: false }
          return restore(Effect.andThen(Queue.offer(queue, held), Deferred.await(held.taken))).pipe(
            // Taken at the moment of an interruption is taken.
            Effect.catchCause((cause) => {
              held.withdrawn = !Deferred.isDoneUnsafe(held.taken)
              return held.withdrawn ? Effect.failCause(cause) : Effect.void
            })
          )
        })
      ),
    end: (exit) =>
      Effect.asVoid(exit._tag === "Success" ? Queue.end(queue) : Queue.failCause(queue, exit.cause)),
    stream: Stream.fromEffectRepeat(take)
  }
  return handover
})
