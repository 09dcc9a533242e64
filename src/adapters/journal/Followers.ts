/** Owns who waits for which stream to grow. A follower is only woken here; it reads the rows itself. */
import { Effect, Queue, type Scope, Stream } from "effect"
import type { RuntimeFailure } from "../../domain/Failure.ts"
import type { StreamId } from "../../domain/Ids.ts"
import type { Row } from "../../domain/ledger/Ledger.ts"

type Bell = Queue.Queue<void>

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
    for (const bell of this.#bells.get(followed) ?? []) Queue.offerUnsafe(bell, undefined)
  }

  /** The rows after a place, then new ones for as long as somebody listens. */
  follow<F extends Followed, E extends RuntimeFailure>(
    stream: F,
    after: number,
    read: (stream: F, after: number) => Effect.Effect<ReadonlyArray<Row>, E>,
    placeOf: (row: Row) => number
  ): Stream.Stream<Row, E> {
    return Stream.unwrap(
      Effect.map(this.#bell(stream), (bell) => {
        let seen = after
        return Stream.fromQueue(bell).pipe(
          Stream.mapEffect(() => read(stream, seen)),
          Stream.tap((rows) => Effect.sync(() => rows.slice(-1).forEach((row) => (seen = placeOf(row))))),
          Stream.flattenIterable
        )
      })
    )
  }

  /** A bell that has rung once, for the rows already there, and remembers one ring while nobody listens. */
  #bell(stream: Followed): Effect.Effect<Bell, never, Scope.Scope> {
    return Effect.acquireRelease(
      Effect.map(Queue.sliding<void>(1), (bell) => {
        const bells = this.#bells.get(stream) ?? new Set()
        this.#bells.set(stream, bells.add(bell))
        Queue.offerUnsafe(bell, undefined)
        return bell
      }),
      (bell) => {
        const bells = this.#bells.get(stream)
        bells?.delete(bell)
        if (bells?.size === 0) this.#bells.delete(stream)
        return Queue.shutdown(bell)
      }
    )
  }
}
