/** Owns the one place where what happens is counted: the journal itself, once it has made it durable. Counting fails nothing. */
import { Effect, Layer, Option } from "effect"
import { isEnding, isRunEvent } from "../../domain/Event.ts"
import { RUN_PREFIX, type StreamId } from "../../domain/Ids.ts"
import { decode } from "../../domain/ledger/Ledger.ts"
import { sample } from "../../domain/observability/Metrics.ts"
import { type Known, nothingKnown, tally } from "../../domain/observability/Tally.ts"
import { type Append, type Commit, type Committed, Journal } from "../../ports/Journal.ts"
import { Meter } from "../../ports/Meter.ts"

/** Of how many runs that have not ended something is remembered; the others are read again. */
const MOST_KNOWN = 10_000

/** The journal, counted; itself where nobody counts. */
export const counted: Layer.Layer<Journal, never, Journal> = Layer.effect(
  Journal,
  Effect.gen(function* () {
    const journal = yield* Journal
    const meter = yield* Meter
    if (meter === null) return journal
    const runs = new Map<StreamId, Known>()

    /** What the rows before an append say, as they are read again. */
    const readBefore = ({ stream, expected }: Append) =>
      Effect.map(journal.read(stream, 0, expected), (rows) =>
        rows.reduce((known, { payload, at }) => {
          const event = Option.getOrUndefined(decode(payload))
          return event && isRunEvent(event) ? { ...tally(known, event, at).known, isUnderWay: false } : known
        }, nothingKnown)
      )

    const count = ({ stream, events }: Append, { at }: Committed, before: Known): void => {
      let known = before
      for (const event of events) {
        if (!isRunEvent(event)) continue
        const counted = tally(known, event, at)
        ;({ known } = counted)
        counted.samples.forEach(meter.add)
      }
      runs.delete(stream)
      if (events.some(isEnding)) return
      runs.set(stream, known)
      const [oldest] = runs.keys()
      if (runs.size > MOST_KNOWN && oldest !== undefined) runs.delete(oldest)
    }

    /** Mostly what was before is known, and nothing is waited for. */
    const see = ({ appends }: Commit, committed: Committed, seconds: number): Effect.Effect<void> => {
      const rows = appends.reduce((sum, { events }) => sum + events.length, 0)
      meter.add(sample("commitSeconds", {}, seconds))
      meter.add(sample("commitRows", {}, rows))
      const unknown: Array<Append> = []
      for (const append of appends) {
        if (!append.stream.startsWith(RUN_PREFIX)) continue
        const known = append.expected === 0 ? nothingKnown : runs.get(append.stream)
        if (known) count(append, committed, known)
        else unknown.push(append)
      }
      if (unknown.length === 0) return Effect.void
      return Effect.forEach(
        unknown,
        (append) => Effect.map(readBefore(append), (known) => count(append, committed, known)),
        { discard: true }
      ).pipe(Effect.ignore)
    }
    return {
      ...journal,
      commit: (commit) =>
        Effect.uninterruptible(
          Effect.clockWith((clock) => {
            const began = clock.monotonicTimeNanosUnsafe()
            return Effect.flatMap(journal.commit(commit), (committed) => {
              const seconds = Number(clock.monotonicTimeNanosUnsafe() - began) / 1e9
              return Effect.as(see(commit, committed, seconds), committed)
            })
          })
        )
    }
  })
)
