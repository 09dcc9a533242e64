/**
 * Owns what this server has under way: what has left of each run so far, who follows it, and how it is stopped. A follower reads
 * from the text itself, at its own pace: nobody waits for one that is slow.
 */
import { Context, Duration, Effect, Exit, FiberSet, Latch, Layer, Stream } from "effect"
import { Leave } from "../api/Once.ts"
import type { Accepted, Watcher } from "../core/run/Request.ts"
import { failure, type RuntimeFailure } from "../domain/Failure.ts"
import type { RunId } from "../domain/Ids.ts"
import { bytesOf, from } from "./Bytes.ts"

/** What a follower sees. `bytes` is how many of the text's UTF-8 bytes were out after a piece. */
export interface Piece {
  readonly text: string
  readonly bytes: number
}

/** One run that speaks here. */
export interface Speaking {
  readonly facts: Accepted
  /** What is and will be out beyond so many bytes, until it has come to rest. */
  readonly pieces: (beyond: number) => Stream.Stream<Piece>
}

/** Something that was begun: a run, or several in a row. */
export interface Undertaking<Result> {
  /** Its first run, once that is accepted; fails with what kept it from being. */
  readonly accepted: Effect.Effect<Speaking, RuntimeFailure>
  /** `RUN_CANCELLED` where it was stopped. */
  readonly result: Effect.Effect<Result, RuntimeFailure>
  readonly isOver: () => boolean
  /** Stops it, and returns once that is on record. */
  readonly cancel: Effect.Effect<void>
}

/** What ends with the request that asked for it, however that ends. */
export const left = (live: Undertaking<unknown>): Effect.Effect<void> =>
  Effect.suspend(() => (live.isOver() ? Effect.void : live.cancel))

/** How long what is under way may take when the server ends, and how long the end of what was stopped then. */
const PATIENCE = Duration.seconds(20)
const LAST_WORDS = Duration.seconds(5)

export class Lives extends Context.Service<
  Lives,
  {
    /** Begins something that does not end with whoever asked for it. `SERVER_DRAINING`. */
    readonly begin: <Result>(
      go: (watcher: Watcher) => Effect.Effect<Result, RuntimeFailure>
    ) => Effect.Effect<Undertaking<Result>, RuntimeFailure, Leave>
    /** A run that speaks here now, and how to stop what it is of; null for any other. */
    readonly find: (run: RunId) => (Speaking & { readonly cancel: Effect.Effect<void> }) | null
    /** `SERVER_DRAINING` once nothing more is begun. */
    readonly open: Effect.Effect<void, RuntimeFailure>
    readonly isDraining: () => boolean
    /** How much of what was begun has not ended. */
    readonly underWay: () => number
    /** Completes when the server begins to end. */
    readonly draining: Effect.Effect<void>
    /** Begins nothing more, waits for what is under way, and stops what takes too long. */
    readonly drain: Effect.Effect<void>
  }
>()("io-iii/http/Lives") {
  static readonly layer = Layer.effect(
    Lives,
    Effect.gen(function* () {
      const running = yield* FiberSet.make<unknown, RuntimeFailure>()
      const known = new Map<RunId, Speaking & { readonly cancel: Effect.Effect<void> }>()
      const ending = yield* Latch.make(false)
      let isDraining = false

      const open = Effect.suspend(() =>
        isDraining ? Effect.fail(failure("SERVER_DRAINING", "setup")) : Effect.void
      )

      const begin = Effect.fnUntraced(function* <Result>(
        go: (watcher: Watcher) => Effect.Effect<Result, RuntimeFailure>
      ): Effect.fn.Return<Undertaking<Result>, RuntimeFailure, Leave> {
        yield* open
        const leave = yield* Leave
        const first = new Once<Speaking>()
        const over = new Once<Exit.Exit<Result, RuntimeFailure>>()
        let current: { readonly run: RunId; readonly text: Growing } | null = null
        /** One run after the other: what was said by one is not said by the next. */
        const rest = () => {
          if (current === null) return
          known.delete(current.run)
          current.text.end()
          current = null
        }
        const watcher: Watcher = {
          accepted: (facts) =>
            Effect.sync(() => {
              rest()
              const text = new Growing()
              const speaking = { facts, pieces: text.pieces }
              current = { run: facts.run, text }
              known.set(facts.run, { ...speaking, cancel })
              first.set(speaking)
            }),
          outlet: (chunk) => Effect.sync(() => current?.text.add(chunk.text))
        }
        const fiber = yield* FiberSet.run(
          running,
          Effect.onExit(leave.during(Effect.suspend(() => go(watcher))), (exit) =>
            Effect.sync(() => {
              rest()
              over.set(exit)
            })
          )
        )
        const cancel = Effect.andThen(
          Effect.sync(() => fiber.interruptUnsafe()),
          Effect.asVoid(over.get)
        )
        const result = Effect.flatMap(over.get, (exit) =>
          Exit.hasInterrupts(exit) ? Effect.fail(failure("RUN_CANCELLED", "setup")) : exit
        )
        return {
          accepted: Effect.raceFirst(
            first.get,
            Effect.flatMap(result, () => Effect.fail(failure("INTERNAL_ERROR", "setup")))
          ),
          result,
          isOver: () => over.isSet,
          cancel
        }
      })

      return Lives.of({
        begin,
        find: (run) => known.get(run) ?? null,
        open,
        isDraining: () => isDraining,
        underWay: () => [...running].length,
        draining: ending.await,
        drain: Effect.gen(function* () {
          isDraining = true
          yield* ending.open
          const rest = FiberSet.awaitEmpty(running)
          yield* Effect.timeoutOption(rest, PATIENCE)
          for (const fiber of running) fiber.interruptUnsafe()
          yield* Effect.timeoutOption(rest, LAST_WORDS)
        })
      })
    })
  )
}

/** Whoever watches hears of an answer when all of it is there. */
export const whole = (watcher: Watcher): Watcher => ({ ...watcher, outlet: null })

/** A value that comes once. */
class Once<A> {
  readonly #latch = Latch.makeUnsafe(false)
  #value: A | undefined

  get isSet(): boolean {
    return this.#value !== undefined
  }

  /** The first counts. */
  set(value: A): void {
    this.#value ??= value
    this.#latch.openUnsafe()
  }

  get get(): Effect.Effect<A> {
    return Effect.andThen(
      this.#latch.await,
      Effect.suspend(() =>
        this.#value === undefined
          ? Effect.die(new TypeError("a latch that is open has a value"))
          : Effect.succeed(this.#value)
      )
    )
  }
}

/** A text that grows, and whoever waits for more of it. */
class Growing {
  readonly #pieces: Array<Piece> = []
  #isOver = false
  #changed = Latch.makeUnsafe(false)

  add(text: string): void {
    this.#pieces.push({ text, bytes: (this.#pieces.at(-1)?.bytes ?? 0) + bytesOf(text) })
    this.#tell()
  }

  end(): void {
    this.#isOver = true
    this.#tell()
  }

  #tell(): void {
    const waiting = this.#changed
    this.#changed = Latch.makeUnsafe(false)
    waiting.openUnsafe()
  }

  /** The first piece that ends beyond so many bytes; undefined once there will be none. */
  #next(at: number): Effect.Effect<Piece | undefined> {
    return Effect.suspend(() => {
      const next = this.#pieces.find(({ bytes }) => bytes > at)
      if (next || this.#isOver) return Effect.succeed(next)
      return Effect.flatMap(this.#changed.await, () => this.#next(at))
    })
  }

  readonly pieces = (beyond: number): Stream.Stream<Piece> =>
    Stream.unfold(beyond, (at) =>
      Effect.map(this.#next(at), (next) => {
        if (!next) return undefined
        // A reader may have seen its beginning.
        const seen = Math.max(0, at - (next.bytes - bytesOf(next.text)))
        return [{ ...next, text: from(next.text, seen) }, next.bytes] as const
      })
    )
}
