/** Owns the reading of projections from the journal: of one run, or the metadata of every run that has ended. */
import { Context, Effect, Layer, Option, Stream } from "effect"
import { isRunbookEvent, isRunEvent } from "../../domain/Event.ts"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import { RUN_PREFIX, type RunId, runbookStream, runStream, type StreamId } from "../../domain/Ids.ts"
import { decode, type Row } from "../../domain/ledger/Ledger.ts"
import type { Declared } from "../../domain/projection/EngineEvents.ts"
import type { Metadata } from "../../domain/projection/Metadata.ts"
import { lifecycle, type LifecycleEvent } from "../../domain/projection/RunbookEvents.ts"
import { project, type Projection } from "../../domain/projection/Projection.ts"
import { endsRunAsWritten, type Moment } from "../../domain/run/Timeline.ts"
import { Journal } from "../../ports/Journal.ts"
import type { MetadataLog } from "../../ports/MetadataLog.ts"

/** Rows held at one time. */
const PAGE = 1000

export class Projections extends Context.Service<
  Projections,
  {
    /** `RUN_NOT_FOUND` when there is no such run, or its rows are not those of one. */
    readonly of: (run: RunId) => Effect.Effect<Projection, RuntimeFailure>
    /** The lifecycle events of a runbook; none where there is no such runbook. */
    readonly lifecycle: (run: RunId) => Effect.Effect<ReadonlyArray<LifecycleEvent>, RuntimeFailure>
    /** The metadata of every run that has ended, in the order of their endings. A run that is broken has none. */
    readonly ended: Stream.Stream<Metadata, RuntimeFailure>
    /** Makes the log anew; returns how many records it has. Runs may end meanwhile. */
    readonly rebuild: (log: MetadataLog["Service"]) => Effect.Effect<number, RuntimeFailure>
  }
>()("io-iii/core/ledger/Projections") {
  static readonly layer = Layer.effect(
    Projections,
    Effect.map(Journal, (journal) => {
      const after = (position: number, reached: (position: number) => void = () => {}) =>
        Stream.paginate(
          position,
          Effect.fnUntraced(function* (from) {
            const rows = yield* journal.scan(from, PAGE)
            const to = rows.at(-1)?.position ?? from
            reached(to)
            const records = yield* Effect.forEach(rows.filter(isEndOfRun), ({ stream }) =>
              metadataOf(journal, stream)
            )
            const further = rows.length < PAGE ? Option.none<number>() : Option.some(to)
            return [records.flatMap(Option.toArray), further] as const
          })
        )

      return Projections.of({
        of: Effect.fn("Projections.of")(function* (run) {
          const projection = yield* projectionOf(journal, runStream(run))
          return Option.isSome(projection) ? projection.value : yield* failure("RUN_NOT_FOUND", "setup")
        }),
        lifecycle: Effect.fn("Projections.lifecycle")((run) =>
          Effect.map(journal.read(runbookStream(run)), lifecycleIn)
        ),
        ended: after(0),
        rebuild: Effect.fn("Projections.rebuild")(function* (log) {
          let last = 0
          const all = after(0, (position) => {
            last = position
          })
          return yield* log.replace(
            all,
            Stream.suspend(() => after(last))
          )
        })
      })
    })
  )
}

const isEndOfRun = ({ stream, payload }: Row): boolean =>
  stream.startsWith(RUN_PREFIX) && endsRunAsWritten(payload)

/** What is projected from the rows of a run's stream; `None` when they are not those of such a run. */
export const projectionIn = Effect.fnUntraced(function* (
  journal: Pick<Journal["Service"], "read">,
  stream: StreamId,
  rows: ReadonlyArray<Row>
) {
  const moments = momentsOf(rows)
  if (Option.isNone(moments)) return Option.none<Projection>()
  return projected(stream, moments.value, yield* declaredIn(journal, moments.value))
})

/** What the runbook of a step has declared of it: that stands in the runbook's first row. */
const declaredIn = Effect.fnUntraced(function* (
  journal: Pick<Journal["Service"], "read">,
  [first]: ReadonlyArray<Moment>
) {
  const step = first?.event._tag === "RunAccepted" ? first.event.step : undefined
  if (!step) return null
  const [row] = yield* journal.read(runbookStream(step.runbook), 0, 1)
  const started = row && Option.getOrNull(decode(row.payload))
  if (started?._tag !== "RunbookStarted") return null
  const task = started.steps[step.index]?.task
  return task ? { runbook: started.runbook, task } : null
})

const projected = (
  stream: StreamId,
  moments: ReadonlyArray<Moment>,
  declared: Declared | null
): Option.Option<Projection> =>
  Option.filter(project(moments, declared), ({ trace }) => RUN_PREFIX + trace.trace_id === stream)

const projectionOf = (journal: Journal["Service"], stream: StreamId) =>
  Effect.flatMap(journal.read(stream), (rows) => projectionIn(journal, stream, rows))

/** The lifecycle of a runbook, from the rows of its stream; rows that cannot be read are left out. */
export const lifecycleIn = (rows: ReadonlyArray<Row>): ReadonlyArray<LifecycleEvent> =>
  lifecycle(
    rows.flatMap(({ at, payload }) =>
      Option.match(Option.filter(decode(payload), isRunbookEvent), {
        onNone: () => [],
        onSome: (event) => [{ at, event }]
      })
    )
  )

/** The record of an ended run; `None` when it has not ended, or is broken. */
export const metadataOf = (journal: Journal["Service"], stream: StreamId) =>
  Effect.map(projectionOf(journal, stream), recorded)

/** The same, of a run by itself whose moments are known. */
export const metadataIn = (stream: StreamId, moments: ReadonlyArray<Moment>): Option.Option<Metadata> =>
  recorded(projected(stream, moments, null))

const recorded = (projection: Option.Option<Projection>): Option.Option<Metadata> =>
  Option.flatMap(projection, ({ metadata }) => Option.fromNullOr(metadata))

const momentsOf = (rows: ReadonlyArray<Row>): Option.Option<ReadonlyArray<Moment>> =>
  Option.all(
    rows.map(({ at, payload }) =>
      Option.flatMap(decode(payload), (event) =>
        isRunEvent(event) ? Option.some({ at, event }) : Option.none()
      )
    )
  )
