/**
 * Owns the one place where an ending is seen, whoever brought it about: the journal itself, once it has made it durable.
 * It appends the run's metadata in the background; nothing that goes wrong there reaches the run.
 */
import { type Cause, Effect, Fiber, Layer, Option, Queue, Stream } from "effect"
import { anatomy } from "../../domain/Defect.ts"
import { endsRun, isRunEvent } from "../../domain/Event.ts"
import type { RuntimeFailure } from "../../domain/Failure.ts"
import type { StreamId } from "../../domain/Ids.ts"
import type { Moment } from "../../domain/run/Timeline.ts"
import { Configuration } from "../../ports/Configuration.ts"
import { type Commit, type Committed, Journal } from "../../ports/Journal.ts"
import { MetadataLog } from "../../ports/MetadataLog.ts"
import { metadataIn, metadataOf } from "./Projections.ts"

/** The journal, watched for endings; itself where `logging.metadata.enabled` is false. */
export const watched: Layer.Layer<Journal, never, Journal | MetadataLog | Configuration> = Layer.effect(
  Journal,
  Effect.gen(function* () {
    const journal = yield* Journal
    const log = yield* MetadataLog
    const { settings } = yield* Configuration
    if (settings.logging.logging.metadata?.enabled === false) return journal

    const begun = new Begun()
    const ended = yield* Queue.unbounded<Ended, Cause.Done>()
    const quietly = <A>(effect: Effect.Effect<A, RuntimeFailure>, otherwise: A) =>
      effect.pipe(
        Effect.catch(({ code }) => Effect.as(Effect.logDebug(code), otherwise)),
        Effect.catchDefect((defect) => Effect.as(Effect.logDebug(anatomy(defect)), otherwise))
      )
    const metadata = ({ stream, moments }: Ended) =>
      moments ? Effect.sync(() => metadataIn(stream, moments)) : metadataOf(journal, stream)
    const record = (runs: ReadonlyArray<Ended>) =>
      Effect.forEach(runs, (run) => quietly(metadata(run), Option.none())).pipe(
        Effect.flatMap((found) => quietly(log.append(found.flatMap(Option.toArray)), undefined))
      )
    const writer = yield* Effect.forkDetach(Stream.runForEachArray(Stream.fromQueue(ended), record))
    // What has ended has its line before the journal is closed.
    yield* Effect.addFinalizer(() => Effect.andThen(Queue.end(ended), Fiber.await(writer)))

    const see = (commit: Commit, committed: Committed) =>
      Effect.sync(() => begun.take(commit, committed).forEach((run) => Queue.offerUnsafe(ended, run)))
    return {
      ...journal,
      commit: (commit) =>
        Effect.uninterruptible(Effect.tap(journal.commit(commit), (committed) => see(commit, committed)))
    }
  })
)

/** A run that has ended. Its moments are null where this process has not written all of them, in commits of their own. */
interface Ended {
  readonly stream: StreamId
  readonly moments: ReadonlyArray<Moment> | null
}

/** The runs that this process has begun and not ended: what it wrote of them need not be read again. */
class Begun {
  readonly #runs = new Map<StreamId, ReadonlyArray<Moment>>()

  /** Takes in what has become durable; returns the runs that have ended with it. */
  take({ appends }: Commit, { at }: Committed): ReadonlyArray<Ended> {
    return appends.flatMap(({ stream, expected, events }) => {
      const before = expected === 0 ? [] : this.#runs.get(stream)
      const moments =
        // Others may have written in between; and rows that several streams share a commit for need not all have its time.
        before?.length === expected && appends.length === 1 && events.every(isRunEvent)
          ? [...before, ...events.map((event) => ({ at, event }))]
          : null
      const hasEnded = events.some(endsRun)
      if (moments && !hasEnded) this.#runs.set(stream, moments)
      else this.#runs.delete(stream)
      return hasEnded ? [{ stream, moments }] : []
    })
  }

  /** A run that could not be gone on with may be somebody else's by now, and end elsewhere. */
  forget({ appends }: Commit): void {
    for (const { stream } of appends) this.#runs.delete(stream)
  }
}
