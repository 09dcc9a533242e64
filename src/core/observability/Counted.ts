/** Owns the one place where what happens is counted: the journal itself, once it has made it durable. Counting fails nothing. */
import { Duration, Effect, Layer, Option } from "effect"
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

    /** What the rows before an append say. */
    const before = ({ stream, expected }: Append) => {
      const known = expected === 0 ? nothingKnown : runs.get(stream)
      return known
        ? Effect.succeed(known)
        : Effect.map(journal.read(stream, 0, expected), (rows) =>
            rows.reduce((known, { payload, at }) => {
              const event = Option.getOrUndefined(decode(payload))
              return event && isRunEvent(event)
                ? { ...tally(known, event, at).known, isUnderWay: false }
                : known
            }, nothingKnown)
          )
    }

    const count = Effect.fnUntraced(function* (append: Append, { at }: Committed) {
      let known = yield* before(append)
      for (const event of append.events) {
        if (!isRunEvent(event)) continue
        const counted = tally(known, event, at)
        ;({ known } = counted)
        counted.samples.forEach(meter.add)
      }
      runs.delete(append.stream)
      if (append.events.some(isEnding)) return
      runs.set(append.stream, known)
      const [oldest] = runs.keys()
      if (runs.size > MOST_KNOWN && oldest !== undefined) runs.delete(oldest)
    })

    const see = ({ appends }: Commit, committed: Committed, seconds: number) => {
      meter.add(sample("commitSeconds", {}, seconds))
      meter.add(
        sample(
          "commitRows",
          {},
          appends.reduce((rows, { events }) => rows + events.length, 0)
        )
      )
      return Effect.forEach(
        appends.filter(({ stream }) => stream.startsWith(RUN_PREFIX)),
        (append) => count(append, committed),
        { discard: true }
      ).pipe(Effect.ignore)
    }
    return {
      ...journal,
      commit: (commit) =>
        Effect.uninterruptible(
          Effect.flatMap(Effect.timed(journal.commit(commit)), ([took, committed]) =>
            Effect.as(see(commit, committed, Duration.toSeconds(took)), committed)
          )
        )
    }
  })
)
