/** Owns what tests compare of a stream of an answer. */
import { Effect, Stream } from "effect"
import { reveal } from "../../src/domain/Content.ts"
import type { Delta, ProviderFailure } from "../../src/ports/Provider.ts"

/** What came out of a stream, in order: its deltas, then its failure if it had one. */
export const outcome = Effect.fnUntraced(function* (stream: Stream.Stream<Delta, ProviderFailure>) {
  const deltas: Array<Delta> = []
  const failure = yield* stream.pipe(
    Stream.runForEach((delta) => Effect.sync(() => deltas.push(delta))),
    Effect.flip,
    Effect.orElseSucceed(() => null)
  )
  return { deltas, failure }
})

/** The words of an answer. */
export const wordsOf = (deltas: ReadonlyArray<Delta>, tag: "Text" | "Thinking" = "Text"): string =>
  deltas.map((delta) => (delta._tag === tag ? reveal(delta.content) : "")).join("")

/** A delta with its words open to comparison. */
export const shape = (delta: Delta) =>
  delta._tag === "End" ? delta : { _tag: delta._tag, words: wordsOf([delta], delta._tag) }

/** The same bytes in pieces that end at these offsets. */
export const cutAt = (bytes: Uint8Array, cuts: ReadonlyArray<number>): ReadonlyArray<Uint8Array> => {
  const offsets = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b)
  return offsets.slice(1).map((offset, index) => bytes.subarray(offsets[index], offset))
}
