/** Owns how an answer is printed while it is made: its pieces as they come, and who is told when it is cancelled. */
import { Effect, Option, Stream } from "effect"
import type { Frame } from "../../core/run/Frames.ts"
import type { RuntimeFailure } from "../../domain/Failure.ts"
import { writer } from "../AnswerText.ts"
import { complain } from "../Complaint.ts"
import { type Format, hasReader, write } from "../Output.ts"

/** A reader that went away cancelled the run, and knows; whoever else did gets the run's name, and is not waited for. */
export const sayCancelled = (wanted: Format) => (reason: RuntimeFailure) =>
  hasReader()
    ? Effect.asVoid(Effect.forkDetach(complain({ wanted, reason }), { startImmediately: true }))
    : Effect.void

/** Prints pieces as they come. `begun` is false where none came: an audited answer, or an empty one, comes whole. */
export const follow = Effect.fnUntraced(function* <Result, E>(frames: Stream.Stream<Frame<Result>, E>) {
  const out = yield* writer
  let begun = false
  let result = Option.none<Result>()
  yield* frames.pipe(
    Stream.runForEach((frame) => {
      if (frame._tag === "Chunk") begun = true
      if (frame._tag === "Finished") result = Option.some(frame.result)
      return frame._tag === "Chunk" ? out(frame.chunk.text) : Effect.void
    }),
    // A reader that stalls must not hold up whoever stops the run: the last line break is not waited for.
    Effect.onError(() => Effect.sync(() => begun && process.stdout.write("\n")))
  )
  if (begun) yield* write("\n")
  return { begun, result }
})
