/** Owns a journal whose answers come in an order that a property test draws. */
import { Effect } from "effect"
import type * as fc from "fast-check"
import { Journal } from "../../src/ports/Journal.ts"

/** What is let go is done before anything else is: a commit takes a turn of the event loop, and another to be told. */
export const settling = async (release: () => Promise<void>) => {
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve))
  await release()
  await turn()
  await turn()
  await turn()
}

/** A journal that answers when the scheduler says so. */
export const scheduled = (journal: Journal["Service"], scheduler: fc.Scheduler): Journal["Service"] => {
  const turn = <A, E>(what: string, effect: Effect.Effect<A, E>) =>
    Effect.andThen(
      Effect.promise(() => scheduler.schedule(Promise.resolve(), what)),
      effect
    )
  return Journal.of({
    ...journal,
    commit: (commit) => turn("commit", journal.commit(commit)),
    read: (...args) => turn("read", journal.read(...args)),
    info: (stream) => turn("info", journal.info(stream)),
    streams: (filter) => turn("streams", journal.streams(filter))
  })
}
