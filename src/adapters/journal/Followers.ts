/** Owns who waits for which stream to grow. A follower is only woken here; it reads the rows itself. */
import { Array as Arr, Channel, Effect, Latch, Scope, Stream } from "effect"
import type { RuntimeFailure } from "../../domain/Failure.ts"
import type { StreamId } from "../../domain/Ids.ts"
import type { Row } from "../../domain/ledger/Ledger.ts"

/** Open once it has rung, until somebody has heard it: one ring is remembered while nobody listens. */
type Bell = Latch.Latch

/** Whatever grows. */
export const ALL = Symbol("all")
type Followed = StreamId | typeof ALL

export class Followers {
  readonly #bells = new Map<Followed, Set<Bell>>()

  get waiting(): boolean {
    return this.#bells.size > 0
  }

  /** Wakes the followers of one stream, and those of all. */
  wake(stream: StreamId): void {
    this.#ring(stream)
    this.#ring(ALL)
  }

  /** Wakes everybody: something was written, and not by this process. */
  wakeAll(): void {
    for (const followed of this.#bells.keys()) this.#ring(followed)
  }

  #ring(followed: Followed): void {
    for (const bell of this.#bells.get(followed) ?? []) bell.openUnsafe()
  }

  /** The rows after a place, then new ones for as long as somebody listens. */
  follow<F extends Followed, E extends RuntimeFailure>(
    stream: F,
    after: number,
    read: (stream: F, after: number) => Effect.Effect<ReadonlyArray<Row>, E>,
    placeOf: (row: Row) => number
  ): Stream.Stream<Row, E> {
    return Stream.fromChannel(
      Channel.fromTransform((_, scope) =>
        Effect.map(Scope.provide(this.#bell(stream), scope), (bell) => {
          let seen = after
          const next: Effect.Effect<Arr.NonEmptyReadonlyArray<Row>, E> = Effect.flatMap(bell.await, () => {
            bell.closeUnsafe()
            return Effect.flatMap(read(stream, seen), (rows) => {
              if (!Arr.isReadonlyArrayNonEmpty(rows)) return next
              seen = placeOf(Arr.lastNonEmpty(rows))
              return Effect.succeed(rows)
            })
          })
          return next
        })
      )
    )
  }

  /** A bell that has rung once, for the rows already there. */
  #bell(stream: Followed): Effect.Effect<Bell, never, Scope.Scope> {
    return Effect.acquireRelease(
      Effect.sync(() => {
        const bell = Latch.makeUnsafe(true)
        const bells = this.#bells.get(stream) ?? new Set()
        this.#bells.set(stream, bells.add(bell))
        return bell
      }),
      (bell) =>
        Effect.sync(() => {
          const bells = this.#bells.get(stream)
          bells?.delete(bell)
          if (bells?.size === 0) this.#bells.delete(stream)
        })
    )
  }
}
