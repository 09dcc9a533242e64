/** Owns times for the events of a run, for property tests of what is projected from them. */
import { Schema } from "effect"
import type { RunEvent } from "../../src/domain/Event.ts"
import { Timestamp } from "../../src/domain/Ids.ts"
import type { Moment } from "../../src/domain/run/Timeline.ts"

/** Milliseconds from one event to the next, over and over. */
export const Gaps = Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 90_000 }))).check(
  Schema.isMinLength(1),
  Schema.isMaxLength(16)
)

export const timed = (
  events: ReadonlyArray<RunEvent>,
  gaps: ReadonlyArray<number>
): ReadonlyArray<Moment> => {
  let at = 1_795_000_000_000
  return events.map((event, index) => {
    at += gaps[index % gaps.length] ?? 0
    return { at: Timestamp.make(at), event }
  })
}
