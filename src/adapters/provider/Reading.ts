/** Owns how the pieces of a body become what is said in an answer, up to its end or what is wrong with it; a reader knows the words. */
import { Cause, Effect, Option, Pull, Result, Stream } from "effect"
import { type Delta, ProviderFailure } from "../../ports/Provider.ts"

/** What a reader has found: a delta, or what makes an answer of none. Nothing after that, or after an `End`, counts. */
export type Read = Result.Result<Delta, ProviderFailure>

/** Reads one answer. */
export interface Reader {
  readonly push: (piece: Uint8Array) => ReadonlyArray<Read>
  /** What is left to say when the body is over. */
  readonly last: () => ReadonlyArray<Read>
}

/**
 * The answer in a body: one stream, whatever a reader does, because there is one for each piece of each answer. A body that is
 * over before its answer fails with `unfinished`.
 */
export const reading = (
  bytes: Stream.Stream<Uint8Array, ProviderFailure>,
  begin: () => Reader,
  unfinished: ProviderFailure
): Stream.Stream<Delta, ProviderFailure> =>
  Stream.transformPull(bytes, (pull) =>
    Effect.sync(() => {
      const reader = begin()
      let over: Pull.Pull<never, ProviderFailure> | null = null

      const taken = (found: ReadonlyArray<Read>): Pull.Pull<Deltas, ProviderFailure> => {
        const deltas: Array<Delta> = []
        for (const read of found) {
          if (over) break
          if (Result.isFailure(read)) over = Effect.fail(read.failure)
          else {
            deltas.push(read.success)
            if (read.success._tag === "End") over = Cause.done()
          }
        }
        const [first, ...rest] = deltas
        return first ? Effect.succeed([first, ...rest]) : next
      }

      const more = Pull.catchDone(
        Effect.map(pull, (pieces) => pieces.flatMap((piece) => reader.push(piece))),
        () => Effect.sync(() => [...reader.last(), Result.fail(unfinished)])
      )
      const next: Pull.Pull<Deltas, ProviderFailure> = Effect.suspend(
        () => over ?? Effect.flatMap(more, taken)
      )
      return next
    })
  )

/** What makes an answer of none, and leads to no other place. */
export const failed = (code: ProviderFailure["code"]): Read =>
  Result.fail(new ProviderFailure({ code, fallback: null }))

/** The answer in a stream of events. One that is over before its answer has an outcome that nobody knows. */
export const spoken = (
  events: Stream.Stream<string, ProviderFailure>,
  begin: () => { readonly push: (data: string) => ReadonlyArray<Read> }
): Stream.Stream<Delta, ProviderFailure> =>
  events.pipe(
    Stream.mapAccum(begin, (reader, data) => [reader, reader.push(data)]),
    Stream.mapEffect(Effect.fromResult),
    Stream.concat(Stream.fail(new ProviderFailure({ code: "PROVIDER_OUTCOME_UNKNOWN", fallback: null }))),
    Stream.takeUntil((delta) => delta._tag === "End")
  )

/** A value from JSON text. There is one for each token: a Schema from JSON text would have a fiber to itself each time. */
export const jsonIn = Option.liftThrowable((text: string): unknown => JSON.parse(text))

type Deltas = readonly [Delta, ...Array<Delta>]
