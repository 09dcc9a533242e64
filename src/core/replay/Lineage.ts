/** Owns the attempts at one run: each is a run of its own that names the one before, and only the first of two goes on. */
import { Deferred, Effect, Option } from "effect"
import { failure, inRun, type RuntimeFailure } from "../../domain/Failure.ts"
import { RUN_PREFIX, type RunId, runStream } from "../../domain/Ids.ts"
import { decode } from "../../domain/ledger/Ledger.ts"
import type { Journal, StreamInfo } from "../../ports/Journal.ts"
import { unwatched, type Watcher } from "../run/Request.ts"

type Reads = Pick<Journal["Service"], "info" | "read" | "streams">

const PAGE = 200

/** Of each run that somebody has gone on with since this one began: the first run that did. */
const attemptsSince = Effect.fnUntraced(function* (
  journal: Reads,
  run: RunId
): Effect.fn.Return<ReadonlyMap<RunId, RunId>, RuntimeFailure> {
  const found = new Map<RunId, RunId>()
  const began = Option.getOrNull(yield* journal.info(runStream(run)))
  if (!began) return found
  let before: number | null = null
  for (;;) {
    const page: ReadonlyArray<StreamInfo> = yield* journal.streams({
      prefix: RUN_PREFIX,
      openOnly: false,
      before,
      limit: PAGE
    })
    for (const { stream, first } of page) {
      if (first <= began.first) return found
      const row = (yield* journal.read(stream, 0, 1))[0]
      const accepted = row && Option.getOrNull(decode(row.payload))
      // The newest come first: what stays is the oldest.
      if (accepted?._tag === "RunAccepted" && accepted.source?.kind === "resume")
        found.set(accepted.source.run, accepted.run)
    }
    before = page.at(-1)?.first ?? null
    if (page.length < PAGE) return found
  }
})

/** The last attempt at what this run was to do: itself where nobody has gone on with it. */
export const lastAttempt = Effect.fnUntraced(function* (
  journal: Reads,
  run: RunId
): Effect.fn.Return<RunId, RuntimeFailure> {
  const attempts = yield* attemptsSince(journal, run)
  let last = run
  for (let next = attempts.get(last); next !== undefined; next = attempts.get(last)) last = next
  return last
})

/**
 * Goes on with a run as the only one. Of two who do at once both are on record by then, and whoever is second calls nobody:
 * its run is cancelled, and it fails with `RESUME_INVALID_STATE`.
 */
export const only = <A>(
  journal: Reads,
  source: RunId,
  watcher: Watcher = unwatched,
  attempt: (watcher: Watcher) => Effect.Effect<A, RuntimeFailure>
): Effect.Effect<A, RuntimeFailure> =>
  Effect.gen(function* () {
    const second = yield* Deferred.make<never, RuntimeFailure>()
    let isSecond = false
    const giveWay = (reason: RuntimeFailure) =>
      Effect.suspend(() => {
        isSecond = true
        return Effect.andThen(Deferred.fail(second, reason), Effect.never)
      })
    const watched: Watcher = {
      ...watcher,
      accepted: (facts) =>
        Effect.flatMap(attemptsSince(journal, source), (attempts) => {
          const first = attempts.get(source) ?? facts.run
          return first === facts.run
            ? watcher.accepted(facts)
            : giveWay(inRun(first)(failure("RESUME_INVALID_STATE", "setup")))
        }).pipe(Effect.catch(giveWay)),
      cancelled: (reason) => (isSecond || !watcher.cancelled ? Effect.void : watcher.cancelled(reason))
    }
    return yield* Effect.raceFirst(attempt(watched), Deferred.await(second))
  })
