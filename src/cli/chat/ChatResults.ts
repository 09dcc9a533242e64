/** Owns the lines that `io3 chat --output json` and `ndjson` print, one for each turn; they change by addition alone. */
import { Schema } from "effect"
import { Code } from "../../domain/Failure.ts"
import { RunId, SessionId } from "../../domain/Ids.ts"
import { Threshold, TurnStatus } from "../../domain/session/Turn.ts"
import { FailureOutput, RunOutput } from "../../api/results/RunResults.ts"
import { SessionOutput, TranscriptOutput } from "../../api/results/SessionResults.ts"
import { TurnOutput } from "../../api/results/TurnResults.ts"

const about = { session_id: SessionId, run_id: RunId }

export const ChatLine = Schema.Union([
  /** A turn that was asked here and came to rest: its answer has left, or waits for a steward. */
  Schema.Struct({ type: Schema.Literal("turn"), ...TurnOutput.fields }),
  /** One that did not. */
  Schema.Struct({ type: Schema.Literal("failed"), ...FailureOutput.fields }),
  /** Said again where something was to be sent: the turn before waits still. */
  Schema.Struct({
    type: Schema.Literal("held"),
    status: Schema.Literal("held"),
    ...about,
    threshold_key: Threshold
  }),
  /** What came of a turn that was held, or was asked elsewhere. */
  Schema.Struct({ type: Schema.Literal("released"), ...about, ...RunOutput.fields }),
  Schema.Struct({
    type: Schema.Literal("discarded"),
    ...about,
    status: TurnStatus,
    error_code: Schema.NullOr(Code)
  }),
  Schema.Struct({ type: Schema.Literal("status"), ...SessionOutput.fields }),
  Schema.Struct({ type: Schema.Literal("history"), ...TranscriptOutput.fields })
])
