/** Owns the endpoints of stewards: what is held, whatever happens to it, one text of it, and the one decision about it. */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup } from "effect/http-api"
import { Digest } from "../domain/Ids.ts"
import { Action, Reason } from "../domain/session/Turn.ts"
import { MayDecide, MaySee } from "./Access.ts"
import { gated } from "./Gated.ts"
import { InboxEvents } from "./InboxEvents.ts"
import { does, Once } from "./Once.ts"
import { problems } from "./Problem.ts"
import { DecisionOutput, InboxOutput, ViewOutput } from "./results/StewardResults.ts"
import { called, inputs, lastSeen } from "./Runs.ts"

export const DecisionBody = Schema.Struct({
  action: Action,
  /** The text that was shown, and the row that holds it. */
  digest: Digest,
  sequence: Schema.Int,
  reason: Schema.optionalKey(Schema.Literals(Reason.literals.filter((reason) => reason !== "expired"))),
  /** What is let out in place of the held text; of `edit` alone. */
  text: Schema.optionalKey(Schema.String),
  /** What is asked instead; of `redirect` alone. */
  prompt: Schema.optionalKey(Schema.String),
  ...inputs
})
export type DecisionBody = typeof DecisionBody.Type

/** The id of the held run, or of its session or runbook, or how exactly one begins. */
const turn = { turn: Schema.String.pipe(Schema.check(Schema.isPattern(/^[0-9a-f-]{1,36}$/u))) }

export class Steward extends HttpApiGroup.make("steward").add(
  HttpApiEndpoint.get("pending", "/steward/pending", {
    success: InboxOutput,
    error: problems(...called)
  }).middleware(MaySee),
  HttpApiEndpoint.get("stream", "/steward/stream", {
    headers: lastSeen,
    success: InboxEvents,
    error: problems(...called)
  }).middleware(MaySee),
  HttpApiEndpoint.get("view", "/steward/pending/:turn", {
    params: turn,
    success: ViewOutput,
    error: problems(...called)
  }).middleware(MayDecide),
  HttpApiEndpoint.post("decide", "/steward/pending/:turn/decision", {
    params: turn,
    payload: DecisionBody,
    success: gated(DecisionOutput),
    error: problems(...called, 410, 415)
  })
    .annotateMerge(does("decide"))
    .middleware(Once)
    .middleware(MayDecide)
) {}
