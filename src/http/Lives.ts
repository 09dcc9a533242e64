/**
 * Owns the runs that this server has under way: what has left of each so far, who follows it, and how it is stopped. A follower
 * reads from the text itself, at its own pace: nobody waits for one that is slow.
 */
import { Context, Effect, Exit, FiberSet, Latch, Layer, Stream } from "effect"
import type { Accepted, Watcher } from "../core/run/Request.ts"
import { failure, type RuntimeFailure } from "../domain/Failure.ts"
import type { RunId } from "../domain/Ids.ts"

/** What a follower sees. `bytes` is how many of the text's UTF-8 bytes were out after a piece. */
export interface Piece {
  readonly text: string
  readonly bytes: number
}

export interface Live<Result> {
  /** The facts before its first call; fails with what kept it from being accepted. */
  readonly accepted: Effect.Effect<Accepted, RuntimeFailure>
  /** What is and will be out beyond so many bytes, until it has come to rest. */
  readonly pieces: (from: number) => Stream.Stream<Piece>
  readonly result: Effect.Effect<Result, RuntimeFailure>
  /** Cancels it, and returns once that is on record. */
  readonly cancel: Effect.Effect<void>
}

export class Lives extends Context.Service<
  Lives,
  {
    /** Begins something that does not end with whoever asked for it. `SERVER_DRAINING`. */
    readonly begin: <Result>(
      go: (watcher: Watcher) => Effect.Effect<Result, RuntimeFailure>
    ) => Effect.Effect<Live<Result>, RuntimeFailure>
    /** One that is under way here; null for any other. */
    readonly find: (run: RunId) => Live<unknown> | null
    readonly isDraining: () => boolean
    /** Completes when the server begins to end. */
    readonly draining: Effect.Effect<void>
    /** Begins nothing more, and waits for what is under way. */
    readonly drain: Effect.Effect<void>
  }
>()("io-iii/http/Lives") {
  static readonly layer = Layer.effect(
    Lives,
    Effect.gen(function* () {
      const running = yield* FiberSet.make<unknown, RuntimeFailure>()
      const known = new Map<RunId, Live<unknown>>()
      const ending = yield* Latch.make(false)
      let isDraining = false

      const begin = Effect.fnUntraced(function* <Result>(
        go: (watcher: Watcher) => Effect.Effect<Result, RuntimeFailure>
      ): Effect.fn.Return<Live<Result>, RuntimeFailure> {
        if (isDraining) return yield* failure("SERVER_DRAINING", "setup")
        const growing = new Growing<Result>()
        let run: RunId | null = null
        const watcher: Watcher = {
          accepted: (facts) =>
            Effect.sync(() => {
              run = facts.run
              known.set(run, live)
              growing.accept(facts)
            }),
          outlet: (chunk) => Effect.sync(() => growing.add(chunk.text))
        }
        const fiber = yield* FiberSet.run(
          running,
          Effect.onExit(
            Effect.suspend(() => go(watcher)),
            (exit) =>
              Effect.sync(() => {
                if (run !== null) known.delete(run)
                growing.end(exit)
              })
          )
        )
        const live: Live<Result> = {
          accepted: growing.accepted,
          pieces: growing.pieces,
          result: growing.result,
          cancel: Effect.andThen(
            Effect.sync(() => fiber.interruptUnsafe()),
            growing.over
          )
        }
        return live
      })

      return Lives.of({
        begin,
        find: (run) => known.get(run) ?? null,
        isDraining: () => isDraining,
        draining: ending.await,
        drain: Effect.suspend(() => {
          isDraining = true
          return Effect.andThen(ending.open, FiberSet.awaitEmpty(running))
        })
      })
    })
  )
}

const encoder = new TextEncoder()

/** What becomes known of a run, and whoever waits for more of it. */
class Growing<Result> {
  #facts: Accepted | null = null
  readonly #pieces: Array<Piece> = []
  #exit: Exit.Exit<Result, RuntimeFailure> | null = null
  #changed = Latch.makeUnsafe(false)

  accept(facts: Accepted): void {
    this.#facts = facts
    this.#tell()
  }

  add(text: string): void {
    const before = this.#pieces.at(-1)?.bytes ?? 0
    this.#pieces.push({ text, bytes: before + encoder.encode(text).length })
    this.#tell()
  }

  end(exit: Exit.Exit<Result, RuntimeFailure>): void {
    this.#exit = exit
    this.#tell()
  }

  #tell(): void {
    const waiting = this.#changed
    this.#changed = Latch.makeUnsafe(false)
    waiting.openUnsafe()
  }

  /** Looks again after each change until there is something. */
  #until<A, E>(look: () => Effect.Effect<A, E> | null): Effect.Effect<A, E> {
    return Effect.suspend(() => {
      const { await: changed } = this.#changed
      return look() ?? Effect.flatMap(changed, () => this.#until(look))
    })
  }

  get accepted(): Effect.Effect<Accepted, RuntimeFailure> {
    return this.#until<Accepted, RuntimeFailure>(() => {
      if (this.#facts) return Effect.succeed(this.#facts)
      if (!this.#exit) return null
      return Effect.flatMap(this.#exit, () => Effect.fail(failure("INTERNAL_ERROR", "setup")))
    })
  }

  get result(): Effect.Effect<Result, RuntimeFailure> {
    return this.#until<Result, RuntimeFailure>(() => {
      const exit = this.#exit
      return exit && (Exit.hasInterrupts(exit) ? Effect.fail(failure("RUN_CANCELLED", "setup")) : exit)
    })
  }

  get over(): Effect.Effect<void> {
    return this.#until(() => (this.#exit ? Effect.void : null))
  }

  readonly pieces = (from: number): Stream.Stream<Piece> =>
    Stream.unfold(from, (at) =>
      this.#until(() => {
        const next = this.#pieces.find(({ bytes }) => bytes > at)
        if (next) return Effect.succeed([beyond(next, at), next.bytes] as const)
        return this.#exit ? Effect.succeed(undefined) : null
      })
    )
}

const decoder = new TextDecoder()

/** The part of a piece that ends beyond so many bytes: a reader may have seen its beginning. */
const beyond = (piece: Piece, at: number): Piece => {
  const bytes = encoder.encode(piece.text)
  const seen = Math.max(0, at - (piece.bytes - bytes.length))
  return seen === 0 ? piece : { ...piece, text: decoder.decode(bytes.subarray(seen)) }
}
