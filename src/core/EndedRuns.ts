/**
 * Owns the one place where an ending is seen, whoever brought it about: the journal itself, once it has made it durable.
 * It appends the run's metadata in the background; nothing that goes wrong there reaches the run.
 */
import { type Cause, Effect, Fiber, Layer, Option, Queue, Stream } from "effect"
import { anatomy } from "../domain/Defect.ts"
import { endsRun } from "../domain/Event.ts"
import type { StreamId } from "../domain/Ids.ts"
import { Configuration } from "../ports/Configuration.ts"
import { type Commit, Journal } from "../ports/Journal.ts"
import { MetadataLog } from "../ports/MetadataLog.ts"
import { metadataOf } from "./Projections.ts"

/** The journal, watched for endings; itself where `logging.metadata.enabled` is false. */
export const watched: Layer.Layer<Journal, never, Journal | MetadataLog | Configuration> = Layer.effect(
  Journal,
  Effect.gen(function* () {
    const journal = yield* Journal
    const log = yield* MetadataLog
    const { settings } = yield* Configuration
    if (settings.logging.logging.metadata?.enabled === false) return journal

    const ended = yield* Queue.unbounded<StreamId, Cause.Done>()
    const record = (stream: StreamId) =>
      metadataOf(journal, stream).pipe(
        Effect.flatMap(Option.match({ onNone: () => Effect.void, onSome: log.append })),
        Effect.catch(({ code }) => Effect.logDebug(code)),
        Effect.catchDefect((defect) => Effect.logDebug(anatomy(defect)))
      )
    const writer = yield* Effect.forkDetach(Stream.runForEach(Stream.fromQueue(ended), record))
    // What has ended has its line before the journal is closed.
    yield* Effect.addFinalizer(() => Effect.andThen(Queue.end(ended), Fiber.await(writer)))

    const see = ({ appends }: Commit) =>
      Effect.sync(() => {
        for (const { stream, events } of appends) if (events.some(endsRun)) Queue.offerUnsafe(ended, stream)
      })
    return {
      ...journal,
      commit: (commit) => Effect.uninterruptible(Effect.tap(journal.commit(commit), see(commit)))
    }
  })
)
