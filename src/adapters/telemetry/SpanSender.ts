/**
 * Owns the way of spans to a collector: how many wait, when they go, and what becomes of them when it is slow or gone. Whoever
 * hands a span in is never kept waiting; what there is no room for is dropped.
 */
import { Effect, Latch, type Scope } from "effect"
import type { Span } from "../../domain/observability/Span.ts"
import type { Traces } from "./Environment.ts"

/** How long the program waits for the last of them when it ends. */
export const LAST_MILLIS = 1000
/** How long nothing is sent after it could not be; twice as long each time, up to a minute. */
const PAUSE_MILLIS = 1000
const LONGEST_PAUSE_MILLIS = 60_000

export interface Sender {
  readonly take: (span: Span) => void
}

/** One transmission is under way at a time. `send` says whether it was taken; `told` hears of each span what became of it. */
export const make = Effect.fnUntraced(function* (
  { batch, delayMillis, most }: Pick<Traces, "batch" | "delayMillis" | "most">,
  send: (spans: ReadonlyArray<Span>) => Effect.Effect<boolean>,
  told: (fate: "sent" | "dropped", count: number) => void
): Effect.fn.Return<Sender, never, Scope.Scope> {
  let waiting: Array<Span> = []
  const enough = Latch.makeUnsafe(false)

  const next = Effect.suspend(() => {
    const spans = waiting.slice(0, batch)
    waiting = waiting.slice(batch)
    if (waiting.length < batch) enough.closeUnsafe()
    return Effect.map(send(spans), (isTaken) => {
      told(isTaken ? "sent" : "dropped", spans.length)
      return isTaken
    })
  })
  const isEmpty = () => waiting.length === 0

  const work = Effect.gen(function* () {
    let pause = PAUSE_MILLIS
    while (true) {
      yield* Effect.raceFirst(Effect.sleep(delayMillis), enough.await)
      while (!isEmpty()) {
        if (yield* next) {
          pause = PAUSE_MILLIS
        } else {
          yield* Effect.sleep(pause)
          pause = Math.min(2 * pause, LONGEST_PAUSE_MILLIS)
        }
      }
    }
  })
  // What is still here when the program ends is sent once more, and then let go of.
  yield* Effect.addFinalizer(() =>
    Effect.whileLoop({ while: () => !isEmpty(), body: () => next, step: () => {} }).pipe(
      Effect.interruptible,
      Effect.timeoutOption(LAST_MILLIS)
    )
  )
  yield* Effect.forkScoped(work)

  return {
    take: (span) => {
      if (waiting.length >= most) return told("dropped", 1)
      waiting.push(span)
      if (waiting.length >= batch) enough.openUnsafe()
    }
  }
})
