/**
 * Owns how an answer is printed while it is made: what is waited for, its pieces as they come, and who is told when it is
 * cancelled.
 */
import { Clock, Effect, Option, Stream } from "effect"
import type { Frame } from "../../core/run/Frames.ts"
import type { Accepted } from "../../core/run/Request.ts"
import type { RuntimeFailure } from "../../domain/Failure.ts"
import { standIn } from "../../domain/run/Route.ts"
import { writer } from "../AnswerText.ts"
import { complain } from "../Complaint.ts"
import { type Format, hasReader, write } from "../Output.ts"
import { progress } from "../Progress.ts"

/** An answer that is there by then is not announced. */
const PATIENCE = "2 seconds"

/** A reader that went away cancelled the run, and knows; whoever else did gets the run's name, and is not waited for. */
export const sayCancelled = (wanted: Format) => (reason: RuntimeFailure) =>
  hasReader()
    ? Effect.asVoid(Effect.forkDetach(complain({ wanted, reason }), { startImmediately: true }))
    : Effect.void

/** Who is asked, whether what they say is judged first, and for how long that has been going on. */
const waitingFor = ({ route, audit }: Accepted, millis: number): string =>
  [
    `asking ${(route.selected ?? standIn).target}`,
    ...(audit ? ["audited before any of it is shown"] : []),
    `${Math.floor(millis / 1000)} s`
  ].join(" · ")

const following = Effect.fnUntraced(function* <Result>(
  frames: Stream.Stream<Frame<Result>, RuntimeFailure>,
  quiet: boolean
) {
  const out = yield* writer
  const line = yield* progress(!quiet)
  const asked = yield* Clock.currentTimeMillis
  let begun = false
  let result = Option.none<Result>()
  // Before it is said that it was cancelled, which is said while the frames end.
  const seen = Stream.transformPull(frames, (pull) =>
    Effect.succeed(Effect.onInterrupt(pull, () => line.gone))
  )
  yield* seen.pipe(
    Stream.runForEach((frame) => {
      switch (frame._tag) {
        case "Accepted": {
          const waiting = Effect.map(Clock.currentTimeMillis, (now) => waitingFor(frame.facts, now - asked))
          return line.show(waiting, PATIENCE)
        }
        case "Chunk": {
          const said = out(frame.chunk.text)
          if (begun) return said
          begun = true
          return Effect.andThen(line.gone, said)
        }
        case "Finished":
          result = Option.some(frame.result)
          return line.gone
      }
    }),
    // A reader that stalls must not hold up whoever stops the run: the last line break is not waited for.
    Effect.onError(() => Effect.sync(() => begun && process.stdout.write("\n")))
  )
  if (begun) yield* write("\n")
  return { begun, result }
})

/**
 * Prints pieces as they come, and on a terminal before the first one what it waits for, unless it is to be `quiet`. `begun` is
 * false where none came: an audited answer, or an empty one, comes whole.
 */
export const follow = <Result>(frames: Stream.Stream<Frame<Result>, RuntimeFailure>, quiet: boolean) =>
  Effect.scoped(following(frames, quiet))
