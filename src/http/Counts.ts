/** Owns the answer to whoever collects the counts of this process. What has to be asked for is asked when they are. */
import { Effect } from "effect"
import { waiting } from "../core/session/Held.ts"
import { sample } from "../domain/observability/Metrics.ts"
import { Journal } from "../ports/Journal.ts"
import { Meter } from "../ports/Meter.ts"

/** Empty where nothing is counted. */
export const countsOf = Effect.gen(function* () {
  const journal = yield* Journal
  const meter = yield* Meter
  return waiting(journal).pipe(
    Effect.map((held) => meter?.set(sample("pending", {}, held.length))),
    // Where the journal says nothing, the rest is told all the more.
    Effect.ignore,
    Effect.map(() => meter?.text() ?? "")
  )
})
