/** Owns who waits for which stream to grow. A follower is only woken here; it reads the rows itself. */
import { Effect, Queue, type Scope, Stream } from "effect"
import type { RuntimeFailure } from "../../domain/Failure.ts"
import type { StreamId } from "../../domain/Ids.ts"
import type { Row } from "../../domain/ledger/Ledger.ts"

type Bell = Queue.Queue<void>

export class Followers {
  readonly #bells = new Map<StreamId, Set<Bell>>()

  get waiting(): boolean {
    return this.#bells.size > 0
  }

  /** Wakes the followers of one stream. */
  wake(stream: StreamId): void {
    for (const bell of this.#bells.get(stream) ?? []) Queue.offerUnsafe(bell, undefined)
  }

  /** Wakes everybody: something was written, and not by this process. */
  wakeAll(): void {
    for (const stream of this.#bells.keys()) this.wake(stream)
  }

  /** A stream's rows after `after`, then new ones for as long as somebody listens. */
  follow<E extends RuntimeFailure>(
    stream: StreamId,
    after: number,
    read: (stream: StreamId, after: number) => Effect.Effect<ReadonlyArray<Row>, E>
  ): Stream.Stream<Row, E> {
    return Stream.unwrap(
      Effect.map(this.#bell(stream), (bell) => {
        let seen = after
        return Stream.fromQueue(bell).pipe(
          Stream.mapEffect(() => read(stream, seen)),
          Stream.tap((rows) => Effect.sync(() => (seen = rows.at(-1)?.seq ?? seen))),
          Stream.flattenIterable
        )
      })
    )
  }

  /** A bell that has rung once, for the rows already there, and remembers one ring while nobody listens. */
  #bell(stream: StreamId): Effect.Effect<Bell, never, Scope.Scope> {
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
