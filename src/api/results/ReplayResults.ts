/** Owns the shapes in which `io3 resume` and `io3 replay` report, for programs that read them; they change by addition alone. */
import { toldOf } from "../../domain/run/Run.ts"
import { Schema } from "effect"
import type { Again } from "../../core/replay/Again.ts"
import { Code, Kind } from "../../domain/Failure.ts"
import { Count, RunbookId, RunId } from "../../domain/Ids.ts"
import { FailureOutput, RunLine, RunOutput, runOutput } from "./RunResults.ts"
import { FollowLine, RunbookOutput } from "./RunbookResults.ts"
import { type Rested, TurnLine, TurnOutput, turnOutput } from "./TurnResults.ts"

export const Doing = Schema.Literals(["resume", "replay"])
export type Doing = typeof Doing.Type

const lineage = {
  mode: Doing,
  /** What was gone on with, or done again. */
  source_run_id: RunId
}

/** A run by itself, as `io3 run` prints one. */
export const RunAgainOutput = Schema.Struct({
  ...RunOutput.fields,
  ...lineage,
  status: Schema.Literal("success"),
  runbook_id: Schema.Null
})

/** A turn, as `io3 session continue` prints one. */
export const TurnAgainOutput = Schema.Struct({
  ...TurnOutput.fields,
  ...lineage,
  status: Schema.Literals(["success", "held"]),
  runbook_id: Schema.Null
})

const { metadata_projection, ...standing } = RunbookOutput.fields

/** A runbook, as `io3 runbook run` prints one. */
export const RunbookAgainOutput = Schema.Struct({
  ...standing,
  ...lineage,
  status: Schema.Literals(["success", "error", "paused"]),
  metadata: metadata_projection
})

/** What kept it from being done. */
export const AgainFailureOutput = Schema.Struct({
  ...FailureOutput.fields,
  mode: Doing,
  source_run_id: Schema.NullOr(RunId),
  runbook_id: Schema.NullOr(RunbookId),
  failed_step_index: Schema.NullOr(Count),
  failure_kind: Kind,
  failure_code: Code,
  terminated_early: Schema.Boolean
})

/** One line of either with `--output ndjson`; the last is `finished`, `paused` or `failed`. */
export const AgainLine = Schema.Union([
  RunLine.members[0],
  RunLine.members[1],
  TurnLine.members[0],
  ...FollowLine.members,
  Schema.Struct({ type: Schema.Literal("finished"), ...RunAgainOutput.fields }),
  Schema.Struct({ type: Schema.Literal("finished"), ...TurnAgainOutput.fields }),
  Schema.Struct({ type: Schema.Literals(["finished", "paused", "failed"]), ...RunbookAgainOutput.fields }),
  Schema.Struct({ type: Schema.Literal("failed"), ...AgainFailureOutput.fields })
])

type RunAgain = Extract<Again, { readonly _tag: "Run" }>

export const runAgainOutput = (
  mode: Doing,
  { run, source, rest, leftOut, memory, state }: RunAgain
): typeof RunAgainOutput.Type | null =>
  rest._tag === "Held"
    ? null
    : {
        ...runOutput({ run, released: rest.released, leftOut, memory, ...toldOf(state) }),
        status: "success",
        mode,
        source_run_id: source,
        runbook_id: null
      }

export const turnAgainOutput = (
  mode: Doing,
  { source }: RunAgain,
  rested: Rested
): typeof TurnAgainOutput.Type => {
  const { status, ...turn } = turnOutput(rested)
  return {
    ...turn,
    status: status === "ok" ? "success" : status,
    mode,
    source_run_id: source,
    runbook_id: null
  }
}

export const runbookAgainOutput = (
  mode: Doing,
  { metadata_projection, status, ...rest }: RunbookOutput
): typeof RunbookAgainOutput.Type => ({
  ...rest,
  status: status === "ok" ? "success" : status,
  mode,
  source_run_id: mode === "replay" && rest.source ? rest.source.run : rest.run_id,
  metadata: metadata_projection
})
