/** Owns the endpoints of runbooks: several runs in a row, gone on with, and done again. */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from "effect/http-api"
import { Mode } from "../domain/Ids.ts"
import { SessionMode } from "../domain/session/Turn.ts"
import { MayRead, MayRun, MaySee } from "./Access.ts"
import { gated } from "./Gated.ts"
import { does, Once } from "./Once.ts"
import { anywhere, problems } from "./Problem.ts"
import { RunAgainOutput, RunbookAgainOutput, TurnAgainOutput } from "./results/ReplayResults.ts"
import { RunbookPastOutput, RunbooksOutput, RunbookTextsOutput } from "./results/RunbookHistoryResults.ts"
import { RunbookBoundsOutput, RunbookOutput } from "./results/RunbookResults.ts"
import { answerFields, called, pages, run } from "./Runs.ts"

export const RunbookBody = Schema.Struct({
  /** As in a runbook's file. */
  runbook: Schema.Record(Schema.String, Schema.Json),
  audit: Schema.optionalKey(Schema.Boolean),
  session_mode: Schema.optionalKey(SessionMode),
  persona_mode: Schema.optionalKey(Mode)
})
export type RunbookBody = typeof RunbookBody.Type

export const ResumeBody = Schema.Struct({
  accept_config: Schema.optionalKey(Schema.Boolean),
  audit: Schema.optionalKey(Schema.Boolean)
})
export const ReplayBody = Schema.Struct({ audit: Schema.optionalKey(Schema.Boolean) })

/** As `io3 run` prints a run by itself, with what it was made of. */
export const AnswerAgain = gated(Schema.Struct({ ...RunAgainOutput.fields, result: answerFields.result }))

/** Once as what has come to rest, and once, with another status, as what waits for a steward. */
const standing = <Fields extends Schema.Struct.Fields, Rest extends string, Waits extends string>(
  fields: Fields,
  rest: ReadonlyArray<Rest>,
  waits: Waits
) =>
  [
    gated(Schema.Struct({ ...fields, status: Schema.Literals(rest) })),
    gated(Schema.Struct({ ...fields, status: Schema.Literal(waits) })).pipe(HttpApiSchema.status(202))
  ] as const

const Ran = standing(RunbookOutput.fields, ["ok", "error"], "paused")
const RanAgain = standing(RunbookAgainOutput.fields, ["success", "error"], "paused")
const TurnsAgain = standing(TurnAgainOutput.fields, ["success"], "held")

export class Runbooks extends HttpApiGroup.make("runbooks").add(
  HttpApiEndpoint.post("run", "/runbook", {
    payload: RunbookBody,
    success: Ran,
    error: problems(...called, 415)
  })
    .annotateMerge(does("runbook"))
    .middleware(Once)
    .middleware(MayRun),
  HttpApiEndpoint.post("bounds", "/runbook/bounds", {
    payload: RunbookBody,
    success: RunbookBoundsOutput,
    error: problems(...called, 415)
  }).middleware(MayRun),
  HttpApiEndpoint.get("list", "/runbook", {
    query: pages,
    success: RunbooksOutput,
    error: problems(...anywhere)
  }).middleware(MaySee),
  HttpApiEndpoint.get("show", "/runbook/:run", {
    params: run,
    success: RunbookPastOutput,
    error: problems(...anywhere, 404)
  }).middleware(MaySee),
  HttpApiEndpoint.get("texts", "/runbook/:run/text", {
    params: run,
    success: gated(RunbookTextsOutput),
    error: problems(...anywhere, 404, 410)
  }).middleware(MayRead),
  HttpApiEndpoint.post("resume", "/runbook/:run/resume", {
    params: run,
    payload: ResumeBody,
    success: RanAgain,
    error: problems(...called, 410, 415)
  })
    .annotateMerge(does("resume"))
    .middleware(Once)
    .middleware(MayRun),
  HttpApiEndpoint.post("replay", "/runbook/:run/replay", {
    params: run,
    payload: ReplayBody,
    success: RanAgain,
    error: problems(...called, 410, 415)
  })
    .annotateMerge(does("replay"))
    .middleware(Once)
    .middleware(MayRun),
  HttpApiEndpoint.post("resumeRun", "/run/:run/resume", {
    params: run,
    payload: ResumeBody,
    success: [AnswerAgain, ...TurnsAgain],
    error: problems(...called, 410, 415)
  })
    .annotateMerge(does("resume"))
    .middleware(Once)
    .middleware(MayRun),
  HttpApiEndpoint.post("replayRun", "/run/:run/replay", {
    params: run,
    payload: ReplayBody,
    success: [AnswerAgain, ...TurnsAgain],
    error: problems(...called, 410, 415)
  })
    .annotateMerge(does("replay"))
    .middleware(Once)
    .middleware(MayRun)
) {}
