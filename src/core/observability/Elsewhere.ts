/** Owns how much of the time of what is under way is spent waiting for others: a provider, or a client that still sends. */
import { Clock, Context, Effect } from "effect"

/** What has been spent elsewhere so far. */
export interface Waited {
  nanos: bigint
}

/** Null where nobody asks. */
export const Waited = Context.Reference<Waited | null>("io-iii/core/observability/Waited", {
  defaultValue: () => null
})

/** Marks what is our own work within a wait. */
type Here = <A, E, R>(work: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/** Waits for somebody else. What the wait itself gives us to do is given to `here`. */
export const elsewhere = <A, E, R>(wait: (here: Here) => Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.withFiber((fiber) => {
    const waited = fiber.getRef(Waited)
    if (waited === null) return wait((work) => work)
    const clock = fiber.getRef(Clock.Clock)
    let since = clock.monotonicTimeNanosUnsafe()
    const stop = () => {
      const now = clock.monotonicTimeNanosUnsafe()
      waited.nanos += now - since
      since = now
    }
    const goOn = Effect.sync(() => {
      since = clock.monotonicTimeNanosUnsafe()
    })
    const here: Here = (work) =>
      Effect.suspend(() => {
        stop()
        return Effect.ensuring(work, goOn)
      })
    return Effect.ensuring(wait(here), Effect.sync(stop))
  })
