/** Owns which streams stand together: a session's or a runbook's with those of all its runs, and a run's by itself. */
import { Effect, Option } from "effect"
import type { RuntimeFailure } from "../../domain/Failure.ts"
import {
  RUN_PREFIX,
  RUNBOOK_PREFIX,
  type RunId,
  runStream,
  SESSION_PREFIX,
  type StreamId
} from "../../domain/Ids.ts"
import { decode, type Row } from "../../domain/ledger/Ledger.ts"
import type { Journal } from "../../ports/Journal.ts"
import { named } from "./Named.ts"
import { endsAt } from "./Soundness.ts"

/** The runs that a session's or a runbook's rows name, each once, in the order of their beginnings. */
export const runsIn = (rows: ReadonlyArray<Row>): ReadonlyArray<RunId> => [
  ...new Set(
    rows.flatMap(({ payload }) => {
      const event = Option.getOrNull(decode(payload))
      return event?._tag === "TurnStarted" || event?._tag === "StepStarted" ? [event.run] : []
    })
  )
]

/** The stream of the one run, session or runbook whose id begins with `prefix`. `RUN_NOT_FOUND`, `RUN_AMBIGUOUS`. */
export const find = (
  journal: Pick<Journal["Service"], "streams">,
  prefix: string
): Effect.Effect<StreamId, RuntimeFailure> =>
  Effect.map(named(journal, prefix, [RUN_PREFIX, SESSION_PREFIX, RUNBOOK_PREFIX]), ({ stream }) => stream)

/**
 * The rows of a stream and of the runs that it names, as far as the journal went when they were begun to be read: what is
 * written in one commit is there as a whole, or not at all.
 */
export const rowsWith = Effect.fnUntraced(function* (
  { head, read }: Pick<Journal["Service"], "head" | "read">,
  stream: StreamId
) {
  const last = yield* head
  const upTo = (name: StreamId) =>
    Effect.map(read(name), (rows) => rows.filter(({ position }) => position <= last))
  const own = yield* upTo(stream)
  const streams = [stream, ...(stream.startsWith(RUN_PREFIX) ? [] : runsIn(own).map(runStream))]
  const others = yield* Effect.forEach(streams.slice(1), upTo)
  return { streams, rows: [own, ...others].flat() }
})

/** The same, and the first stream that does not end where its head says; null where each does. */
export const wholeWith = Effect.fnUntraced(function* (
  { head, info, read }: Pick<Journal["Service"], "head" | "info" | "read">,
  stream: StreamId
) {
  let lost: Pick<Row, "position" | "stream" | "seq"> | null = null
  const whole = Effect.fnUntraced(function* (name: StreamId) {
    // Its head is looked up before its rows: those may be more by then, but not others.
    const known = Option.getOrNull(yield* info(name))
    const rows = yield* read(name)
    if (!known || !endsAt(rows.slice(0, known.seq), known))
      lost ??= rows.at(-1) ?? { position: 0, stream: name, seq: 0 }
    return rows
  })
  const { rows } = yield* rowsWith({ head, read: whole }, stream)
  return { rows, lost }
})
