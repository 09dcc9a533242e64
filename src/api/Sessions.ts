/** Owns the endpoints of sessions: a conversation turn by turn, how it stands, what was said, and whoever watches it. */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from "effect/http-api"
import { Count, Mode, PackId } from "../domain/Ids.ts"
import { SessionMode } from "../domain/session/Turn.ts"
import { MayRead, MayRun, MaySee } from "./Access.ts"
import { gated } from "./Gated.ts"
import { does, Once } from "./Once.ts"
import { anywhere, problems } from "./Problem.ts"
import {
  PastOutput,
  SessionOutput,
  SessionsOutput,
  TitlesOutput,
  TranscriptOutput
} from "./results/SessionResults.ts"
import { TurnOutput } from "./results/TurnResults.ts"
import { called, inputs, lastSeen, pages } from "./Runs.ts"
import { Events } from "./Streams.ts"

export const StartBody = Schema.Struct({
  mode: Schema.optionalKey(SessionMode),
  persona_mode: Schema.optionalKey(Mode),
  audit: Schema.optionalKey(Schema.Boolean),
  title: Schema.optionalKey(Schema.String),
  memory_packs: Schema.optionalKey(Schema.Array(PackId)),
  /** Asks the first turn at once. */
  prompt: Schema.optionalKey(Schema.String)
})

export const TurnBody = Schema.Struct({
  prompt: Schema.String,
  /** The routing mode of this turn; else the session's. */
  persona_mode: Schema.optionalKey(Mode),
  /** The earlier turn that it is asked in place of, as if the conversation ended before that one. */
  instead_of: Schema.optionalKey(Count),
  ...inputs
})
export type TurnBody = typeof TurnBody.Type

export const ModeBody = Schema.Struct({ mode: SessionMode })
export const TitleBody = Schema.Struct({ title: Schema.String })

/** A session's id, or how exactly one begins. */
export const session = { session: Schema.String.pipe(Schema.check(Schema.isPattern(/^[0-9a-f-]{1,36}$/u))) }

const place = Schema.NumberFromString.pipe(Schema.check(Schema.isInt(), Schema.isGreaterThanOrEqualTo(0)))
/** Which turns: the newest, as many as `limit`, of those before one; or the oldest after one. All of them where nothing is said. */
export const range = {
  limit: pages.limit,
  before: Schema.optionalKey(place),
  after: Schema.optionalKey(place)
}

const Done = gated(Schema.Struct({ ...TurnOutput.fields, status: Schema.Literal("ok") }))
/** A turn that waits for a steward. */
const Held = gated(Schema.Struct({ ...TurnOutput.fields, status: Schema.Literal("held") })).pipe(
  HttpApiSchema.status(202)
)
const Begun = SessionOutput.pipe(HttpApiSchema.status(201))

export class Sessions extends HttpApiGroup.make("sessions").add(
  HttpApiEndpoint.post("start", "/session/start", {
    payload: StartBody,
    success: [Begun, Done, Held],
    error: problems(...called, 415)
  })
    .annotateMerge(does("start"))
    .middleware(Once)
    .middleware(MayRun),
  HttpApiEndpoint.get("list", "/session", {
    query: pages,
    success: SessionsOutput,
    error: problems(...anywhere)
  }).middleware(MaySee),
  HttpApiEndpoint.get("titles", "/session/titles", {
    query: pages,
    success: gated(TitlesOutput),
    error: problems(...anywhere)
  }).middleware(MayRead),
  HttpApiEndpoint.get("show", "/session/:session", {
    params: session,
    query: range,
    success: PastOutput,
    error: problems(...anywhere, 404)
  }).middleware(MaySee),
  HttpApiEndpoint.get("state", "/session/:session/state", {
    params: session,
    success: SessionOutput,
    error: problems(...anywhere, 404)
  }).middleware(MaySee),
  HttpApiEndpoint.get("history", "/session/:session/history", {
    params: session,
    query: range,
    success: gated(TranscriptOutput),
    error: problems(...anywhere, 404, 410)
  }).middleware(MayRead),
  HttpApiEndpoint.get("stream", "/session/:session/stream", {
    params: session,
    headers: lastSeen,
    success: Events,
    error: problems(...anywhere, 404)
  }).middleware(MayRead),
  HttpApiEndpoint.post("turn", "/session/:session/turn", {
    params: session,
    payload: TurnBody,
    success: [Done, Held, Events],
    error: problems(...called, 415)
  })
    .annotateMerge(does("turn"))
    .middleware(Once)
    .middleware(MayRun),
  HttpApiEndpoint.post("mode", "/session/:session/mode", {
    params: session,
    payload: ModeBody,
    success: SessionOutput,
    error: problems(...anywhere, 404, 409, 413, 415)
  }).middleware(MayRun),
  HttpApiEndpoint.patch("title", "/session/:session", {
    params: session,
    payload: TitleBody,
    success: SessionOutput,
    error: problems(...anywhere, 404, 409, 410, 413, 415)
  }).middleware(MayRun),
  HttpApiEndpoint.delete("close", "/session/:session", {
    params: session,
    success: SessionOutput,
    error: problems(...anywhere, 404, 409)
  }).middleware(MayRun)
) {}
