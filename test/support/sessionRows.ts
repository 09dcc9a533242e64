/** Owns looks into the record at what was decided about a run. */
import { Effect, Option } from "effect"
import type { Event } from "../../src/domain/Event.ts"
import { type RunId, runStream } from "../../src/domain/Ids.ts"
import { decode } from "../../src/domain/ledger/Ledger.ts"
import type { StewardDecided } from "../../src/domain/Event.ts"
import { Journal } from "../../src/ports/Journal.ts"

const isDecision = (event: Event): event is typeof StewardDecided.Type => event._tag === "StewardDecided"

const eventsOf = Effect.fnUntraced(function* (run: RunId) {
  const rows = yield* (yield* Journal).read(runStream(run))
  return rows.flatMap(({ payload }) => Option.toArray(decode(payload)))
})

export const decisionsIn = (run: RunId) => Effect.map(eventsOf(run), (events) => events.filter(isDecision))
