/** Owns what whoever looks after the inbox is told: what is held, and then every hold and every decision, wherever they happen. */
import { Clock, Effect, Option, Schedule, Stream } from "effect"
import type { InboxEvent } from "../api/InboxEvents.ts"
import { inboxOutput, pendingOutput } from "../api/results/StewardResults.ts"
import { type Cursor, idOf } from "../api/Streams.ts"
import { heldIn } from "../core/session/Held.ts"
import { Steward } from "../core/session/Steward.ts"
import type { RuntimeFailure } from "../domain/Failure.ts"
import { RUN_PREFIX, type RunId, type StreamId, type Timestamp } from "../domain/Ids.ts"
import { decode, type Row } from "../domain/ledger/Ledger.ts"
import { Journal } from "../ports/Journal.ts"
import { decidedOf } from "./RunEvents.ts"

/** Whoever was away for longer than this is told how it stands, and not how it came to that. */
const FARTHEST = 10_000

const eventOf = ({ payload }: Row) => Option.getOrNull(decode(payload))
const at = (position: number) => idOf({ row: position, offset: 0 })

export const inboxEvents = Effect.gen(function* () {
  const journal = yield* Journal
  const steward = yield* Steward

  /** Of which turn or step a run's event is; null of a run by itself. */
  const aboutIn = Effect.fnUntraced(function* (stream: StreamId) {
    const [row] = yield* journal.read(stream, 0, 1)
    const accepted = row && eventOf(row)
    if (accepted?._tag !== "RunAccepted") return null
    const { run, turn, step } = accepted
    const index = turn?.index ?? step?.index
    return index === undefined
      ? null
      : {
          run_id: run,
          session_id: turn?.session ?? null,
          runbook_run_id: step?.runbook ?? null,
          turn_index: index
        }
  })

  const told = Effect.fnUntraced(function* (
    row: Row
  ): Effect.fn.Return<ReadonlyArray<InboxEvent>, RuntimeFailure> {
    if (!row.stream.startsWith(RUN_PREFIX)) return []
    const event = eventOf(row)
    const isHold = event?._tag === "GateEvaluated" && event.threshold !== null
    if (!isHold && event?._tag !== "StewardDecided") return []
    const about = yield* aboutIn(row.stream)
    if (about === null) return []
    const id = at(row.position)
    if (event._tag === "StewardDecided")
      return [{ id, event: "steward_decided", data: { ...about, ...decidedOf(event) } }]
    if (event.threshold === null) return []
    const held = Option.getOrNull(yield* heldIn(journal, row.stream))
    const data = {
      ...about,
      threshold_key: event.threshold,
      pending: held && pendingOutput(held.pending)
    }
    return [{ id, event: "steward_gate_triggered", data }]
  })

  /** Rejects what is overdue while somebody looks: nobody else may. */
  const expiring = (deadlines: ReadonlyMap<RunId, Timestamp>) =>
    Stream.fromSchedule(Schedule.spaced("1 second")).pipe(
      Stream.mapEffect(() =>
        Effect.flatMap(Clock.currentTimeMillis, (now) =>
          [...deadlines.values()].some((deadline) => deadline <= now)
            ? Effect.ignore(steward.expire)
            : Effect.void
        )
      ),
      Stream.drain
    )

  /**
   * How the inbox stands, and then everything after what a reader has seen, or from now on. Events name the row they are of; the
   * first is numbered as the reader's own place.
   */
  return Effect.fnUntraced(function* (lastSeen: Cursor | null) {
    const head = yield* journal.head
    const seen = lastSeen?.row ?? head
    const place = seen > head || head - seen > FARTHEST ? head : seen
    const pending = yield* steward.pending
    const deadlines = new Map(
      pending.flatMap(({ run, deadline }) => (deadline === null ? [] : [[run, deadline] as const]))
    )
    const note = (event: InboxEvent) =>
      Effect.sync(() => {
        if (event.event === "steward_decided") deadlines.delete(event.data.run_id)
        if (event.event !== "steward_gate_triggered") return
        const { run_id, pending } = event.data
        if (pending && pending.deadline !== null) deadlines.set(run_id, pending.deadline)
      })
    const state = {
      id: at(place),
      event: "inbox_state",
      data: inboxOutput(pending)
    } satisfies InboxEvent
    return Stream.make<ReadonlyArray<InboxEvent>>(state).pipe(
      Stream.concat(
        journal
          .followAll(place)
          .pipe(
            Stream.mapEffect(told),
            Stream.flattenIterable,
            Stream.tap(note),
            Stream.merge(expiring(deadlines), { haltStrategy: "left" })
          )
      )
    )
  })
})
