/** Holds what goes to a reader to its bounds: what is said, what is dropped, how much is held, and that no other stream gets through. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Latch, Stream } from "effect"
import { HttpServerResponse } from "effect/http"
import type { Reader } from "../../src/http/Audience.ts"
import type { StreamPlace } from "../../src/http/Room.ts"
import { isTold, respondFile, respondLines } from "../../src/http/Streaming.ts"

/** A place whose reader is told by the test. */
const seat = () => {
  const seen: { reader: Reader | null; hasLeft: boolean } = { reader: null, hasLeft: false }
  const join = (reader: Reader) => {
    seen.reader = reader
    return () => (seen.hasLeft = true)
  }
  return { seen, place: { join } as unknown as StreamPlace }
}

const bytesOf = ({ body }: HttpServerResponse.HttpServerResponse) =>
  Stream.orDie(body._tag === "Stream" ? Stream.decodeText(body.stream) : Stream.die("it is no stream"))

const lines = (place: StreamPlace, all: Stream.Stream<string>) =>
  Effect.map(respondLines(place, all, { last: "last", headers: {} }), bytesOf)

const settled = Effect.yieldNow.pipe(Effect.repeat({ times: 50 }))

describe("a stream to a reader", () => {
  it.effect("says all there is, and leaves its place", () =>
    Effect.gen(function* () {
      const { seen, place } = seat()
      const told = yield* lines(place, Stream.make("a", "b"))
      assert.strictEqual(yield* Stream.mkString(told), "ab")
      assert.isTrue(seen.hasLeft)
    })
  )

  it.effect("says what has been said before it ends, and nothing of it once it is cut off", () =>
    Effect.scoped(
      Effect.gen(function* () {
        for (const [how, rest] of [
          ["end", "bc"],
          ["cut", "last"]
        ] as const) {
          const { seen, place } = seat()
          const all = Stream.concat(
            Stream.make("a"),
            Stream.concat(Stream.fromIterable(["b", "c"]), Stream.never)
          )
          const pull = yield* Stream.toPull(yield* lines(place, all))
          const first = (yield* pull).join("")
          yield* settled
          seen.reader?.[how]()
          const after: Array<string> = []
          while (true) {
            const next = yield* Effect.exit(pull)
            if (next._tag === "Failure") break
            after.push(...next.value)
          }
          assert.strictEqual(first + after.join(""), how === "end" ? "abc" : first + rest)
        }
      })
    )
  )

  it.effect("is cut off also when all has been said, as long as not all of it was taken", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const { seen, place } = seat()
        const more = yield* Latch.make(false)
        const rest = Stream.unwrap(Effect.as(more.await, Stream.make("b", "c")))
        const pull = yield* Stream.toPull(yield* lines(place, Stream.concat(Stream.make("a"), rest)))
        const first = (yield* pull).join("")
        yield* more.open
        yield* settled
        assert.isFalse(seen.hasLeft)
        seen.reader?.cut()
        const after: Array<string> = []
        while (true) {
          const next = yield* Effect.exit(pull)
          if (next._tag === "Failure") break
          after.push(...next.value)
        }
        assert.strictEqual(first + after.join(""), "alast")
        assert.isTrue(seen.hasLeft)
      })
    )
  )

  it.effect("is said to be alive between two events, and not in a file", () =>
    Effect.gen(function* () {
      const beats = Effect.fnUntraced(function* (
        respond: (place: StreamPlace, all: Stream.Stream<string>) => Effect.Effect<Stream.Stream<string>>
      ) {
        const { seen, place } = seat()
        const beating = Stream.fromEffect(Effect.sync(() => seen.reader?.beat()))
        const all = Stream.concat(Stream.drain(beating), Stream.make("a"))
        return yield* Stream.mkString(yield* respond(place, all))
      })
      assert.strictEqual(yield* beats(lines), ": \n\na")
      const file = (place: StreamPlace, all: Stream.Stream<string>) =>
        Effect.map(respondFile(place, all, "application/x-ndjson"), bytesOf)
      assert.strictEqual(yield* beats(file), "a")
    })
  )

  it.effect("holds little of what its reader does not take", () =>
    Effect.scoped(
      Effect.gen(function* () {
        let said = 0
        const { place } = seat()
        const all = Stream.map(Stream.forever(Stream.make("x")), (text) => (said++, text))
        const pull = yield* Stream.toPull(yield* lines(place, all))
        yield* pull
        yield* settled
        assert.isAtMost(said, 40)
      })
    )
  )

  it.effect("is known from any other, which does not get through", () =>
    Effect.gen(function* () {
      const { place } = seat()
      const told = yield* respondLines(place, Stream.empty, { last: "", headers: {} })
      assert.isTrue(isTold(told))
      assert.isTrue(isTold(HttpServerResponse.setHeader(told, "x-io3-anything", "1")))
      assert.isTrue(isTold(HttpServerResponse.text("whole")))
      assert.isFalse(isTold(HttpServerResponse.stream(Stream.empty)))
    })
  )
})
