/**
 * Owns the reading and the growing of a runbook's stream: its first row says what it began with, its last one where it stands.
 * What may happen to it is `domain/runbook/Execution`'s.
 */
import { Effect, Option, Result } from "effect"
import { isRunbookEvent } from "../../domain/Event.ts"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import { type RunId, runbookStream, type Timestamp } from "../../domain/Ids.ts"
import { decode, type Row } from "../../domain/ledger/Ledger.ts"
import type { Facts as HostFacts } from "../../domain/run/Bond.ts"
import { begun, consequence, decide, type Execution, type Facts } from "../../domain/runbook/Execution.ts"
import type { RunbookEvent } from "../../domain/runbook/RunbookEvent.ts"
import type { Append, Journal } from "../../ports/Journal.ts"
import { alone, type Companion, type Host } from "../run/Companion.ts"

/** A runbook, and the row it stands at. */
export interface Place {
  readonly execution: Execution
  readonly sequence: number
  readonly startedAt: Timestamp
  /** The time of the row. */
  readonly at: Timestamp
}

type Reads = Pick<Journal["Service"], "ends" | "info" | "read">

export const eventOf = (row: Row | undefined): RunbookEvent | null =>
  Option.getOrNull(
    Option.flatMap(Option.fromUndefinedOr(row), ({ payload }) =>
      Option.filter(decode(payload), isRunbookEvent)
    )
  )

/** Where these rows of a runbook's stream, from its first on, say that it stands. `LEDGER_BROKEN` where they are not those of one. */
export const placeIn = (run: RunId, rows: ReadonlyArray<Row>): Effect.Effect<Place, RuntimeFailure> =>
  Effect.suspend(() => {
    const [first] = rows
    const row = rows.at(-1)
    const started = eventOf(first)
    const last = row === first ? started : eventOf(row)
    const execution = started && begun(started)
    return first && row && last && execution && execution.run === run
      ? Effect.succeed({
          execution: { ...execution, after: last.after },
          sequence: row.seq,
          startedAt: first.at,
          at: row.at
        })
      : Effect.fail(failure("LEDGER_BROKEN", "setup"))
  })

/** `CHECKPOINT_NOT_FOUND`, and as `placeIn`. Two rows, however many there are. */
export const load = Effect.fnUntraced(function* (
  journal: Reads,
  run: RunId
): Effect.fn.Return<Place, RuntimeFailure> {
  const ends = yield* journal.ends(runbookStream(run))
  return yield* Option.isSome(ends) ? placeIn(run, ends.value.rows) : failure("CHECKPOINT_NOT_FOUND", "setup")
})

/** The same runbook as it stands now: what it began with does not change. One row, however much it began with. */
export const reload = Effect.fnUntraced(function* (
  journal: Reads,
  { execution, startedAt }: Place
): Effect.fn.Return<Place, RuntimeFailure> {
  const stream = runbookStream(execution.run)
  const info = yield* journal.info(stream)
  if (Option.isNone(info)) return yield* failure("CHECKPOINT_NOT_FOUND", "setup")
  const { seq, at } = info.value
  const last = eventOf((yield* journal.read(stream, seq - 1, seq))[0])
  if (!last) return yield* failure("LEDGER_BROKEN", "setup")
  return { execution: { ...execution, after: last.after }, sequence: seq, startedAt, at }
})

/**
 * What is added to a runbook's stream, what follows from it by itself, and where it stands then. Fails where one of it cannot
 * happen there.
 */
export const grow = (
  place: Place,
  facts: ReadonlyArray<Facts>
): Result.Result<{ readonly append: Append; readonly place: Place }, RuntimeFailure> => {
  const events: Array<RunbookEvent> = []
  let { after } = place.execution
  const stands = (): Execution => ({ ...place.execution, after })
  const due = [...facts]
  const next = () => due.shift() ?? consequence(stands())
  for (let one = next(); one !== null; one = next()) {
    const decided = decide(stands(), one)
    if (Result.isFailure(decided)) return Result.fail(decided.failure)
    events.push(decided.success)
    ;({ after } = decided.success)
  }
  return Result.succeed({
    append: {
      stream: runbookStream(place.execution.run),
      expected: place.sequence,
      events,
      sealed: [],
      key: null
    },
    place: { ...place, execution: stands(), sequence: place.sequence + events.length }
  })
}

/** A runbook as what its steps are written beside. */
export const hostOf = (place: Place): Host => ({
  grow: (facts) =>
    Result.map(grow(place, facts.filter(isRunbookFacts)), ({ append, place: after }) => ({
      append,
      host: hostOf(after)
    }))
})

const isRunbookFacts = (facts: HostFacts): facts is Facts => isRunbookEvent(facts)

/** The companion of a runbook's step; of one that was read before, what it began with is known. */
export const companionOf = (journal: Reads, runbook: RunId, known: Place | null = null): Companion => ({
  ...alone,
  of: { runbook },
  load: Effect.map(
    Effect.suspend(() => (known ? reload(journal, known) : load(journal, runbook))),
    hostOf
  ),
  conflict: "RUNBOOK_CONFLICT"
})
