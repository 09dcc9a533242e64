/** Owns the endpoints of runs: one governed answer, whole or as it comes, and what is on record of those before. */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from "effect/http-api"
import { CapabilityId, Mode, PackId, RunId } from "../domain/Ids.ts"
import { Detail, Page, Release } from "../domain/ledger/Records.ts"
import { Standing } from "../domain/run/Standing.ts"
import { FileRef } from "../domain/server/Upload.ts"
import { MayRead, MayRun, MaySee } from "./Access.ts"
import { gated } from "./Gated.ts"
import { does, Once } from "./Once.ts"
import { anywhere, problems } from "./Problem.ts"
import { RunOutput } from "./results/RunResults.ts"
import { Events } from "./Streams.ts"

/** What may go into a run or a turn besides its words. */
export const inputs = {
  audit: Schema.optionalKey(Schema.Boolean),
  /** Text that stands beside the prompt. */
  file: Schema.optionalKey(Schema.String),
  /** The same, as it was sent up before. */
  file_ref: Schema.optionalKey(FileRef),
  capability_id: Schema.optionalKey(CapabilityId),
  /** What the capability is given: any JSON. */
  capability_payload: Schema.optionalKey(Schema.Json),
  /** The same as JSON text. */
  capability_payload_json: Schema.optionalKey(Schema.String),
  /** Left out, what the configuration gives; empty, none. */
  memory_packs: Schema.optionalKey(Schema.Array(PackId)),
  no_health_check: Schema.optionalKey(Schema.Boolean),
  no_constellation_check: Schema.optionalKey(Schema.Boolean)
}

export const RunBody = Schema.Struct({
  mode: Mode,
  prompt: Schema.String,
  ...inputs,
  /** Whether the run goes on when whoever asked goes away. */
  detach: Schema.optionalKey(Schema.Boolean)
})
export type RunBody = typeof RunBody.Type

/** How a list is asked for: as many as, and where the page before ended. */
export const pages = {
  limit: Schema.optionalKey(
    Schema.NumberFromString.pipe(Schema.check(Schema.isInt(), Schema.isBetween({ minimum: 1, maximum: 200 })))
  ),
  cursor: Schema.optionalKey(
    Schema.NumberFromString.pipe(Schema.check(Schema.isInt(), Schema.isGreaterThanOrEqualTo(0)))
  )
}

/** `Last-Event-ID`, as browsers send it. */
export const lastSeen = { "last-event-id": Schema.optionalKey(Schema.String) }

/** A run's id, or how exactly one begins. */
export const run = { run: Schema.String.pipe(Schema.check(Schema.isPattern(/^[0-9a-f-]{1,36}$/u))) }

const { message, ...result } = RunOutput.fields.result.fields

export const answerFields = {
  ...RunOutput.fields,
  result: Schema.Struct({ ...result, message: Schema.optionalKey(message) })
}

/** As `io3 run` prints it. `message` and a capability's output are left out where the server lets no text out. */
export const Answer = gated(Schema.Struct(answerFields))

export const Cancelled = Schema.Struct({ run_id: RunId, cancelled: Schema.Literal(true) })

/** What any call of a model may come to. */
export const called = [...anywhere, 404, 409, 413, 422, 429, 502, 504] as const

export class Runs extends HttpApiGroup.make("runs").add(
  HttpApiEndpoint.post("run", "/run", {
    payload: RunBody,
    success: [Answer, Events],
    error: problems(...called, 415)
  })
    .annotateMerge(does("run"))
    .middleware(Once)
    .middleware(MayRun),
  HttpApiEndpoint.get("list", "/run", {
    query: { ...pages, standing: Schema.optionalKey(Standing), mode: Schema.optionalKey(Mode) },
    success: Page,
    error: problems(...anywhere)
  }).middleware(MaySee),
  HttpApiEndpoint.get("find", "/run/:run", {
    params: run,
    success: Detail,
    error: problems(...anywhere, 404)
  }).middleware(MaySee),
  HttpApiEndpoint.get("text", "/run/:run/text", {
    params: run,
    success: Answer,
    error: problems(...anywhere, 404, 410)
  }).middleware(MayRead),
  HttpApiEndpoint.get("receipt", "/run/:run/receipt", {
    params: run,
    success: Release,
    error: problems(...anywhere, 404, 409)
  }).middleware(MaySee),
  HttpApiEndpoint.get("stream", "/run/:run/stream", {
    params: run,
    headers: lastSeen,
    success: Events,
    error: problems(...anywhere, 404, 410)
  }).middleware(MayRead),
  HttpApiEndpoint.post("cancel", "/run/:run/cancel", {
    params: run,
    success: Cancelled.pipe(HttpApiSchema.status(202)),
    error: problems(...anywhere, 404, 409, 413, 415)
  }).middleware(MayRun)
) {}
