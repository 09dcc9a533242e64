/** Owns the events of the inbox: what is held and what was decided, in every session and runbook, without a word of it. */
import { Schema } from "effect"
import { HttpApiSchema } from "effect/http-api"
import { Count, RunId, SessionId } from "../domain/Ids.ts"
import { Threshold } from "../domain/session/Turn.ts"
import { InboxOutput, PendingOutput } from "./results/StewardResults.ts"
import { decided, event } from "./Streams.ts"

const about = {
  run_id: RunId,
  /** Null for a step of a runbook. */
  session_id: Schema.NullOr(SessionId),
  /** The runbook it is a step of; null in a session. */
  runbook_run_id: Schema.NullOr(RunId),
  /** Place among the session's turns or the runbook's steps, from 0. */
  turn_index: Count
}

export const InboxEvent = Schema.Union([
  /** Everything that is held, first of all. */
  event("inbox_state", InboxOutput),
  /** Something more is held; `pending` is null where it was decided by now. */
  event(
    "steward_gate_triggered",
    Schema.Struct({ ...about, threshold_key: Threshold, pending: Schema.NullOr(PendingOutput) })
  ),
  event("steward_decided", Schema.Struct({ ...about, ...decided }))
])
export type InboxEvent = typeof InboxEvent.Type

export const InboxEvents = HttpApiSchema.StreamSse({ events: InboxEvent })
