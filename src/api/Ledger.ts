/** Owns the endpoints of the record: its head, its streams, and all of it under a signature. */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from "effect/http-api"
import { Checkpoint } from "../domain/ledger/Head.ts"
import { StreamHead, StreamRecord } from "../domain/ledger/Records.ts"
import { MaySee } from "./Access.ts"
import { anywhere, problems } from "./Problem.ts"

export const LedgerHead = Schema.Struct({
  /** Signed, and null where nothing is recorded yet. */
  head: Schema.NullOr(Checkpoint),
  /** The newest streams by their last rows. */
  streams: Schema.Array(StreamHead)
})

/** The id of a run, a session or a runbook, or how exactly one begins; or `config`. */
const stream = { stream: Schema.String.pipe(Schema.check(Schema.isPattern(/^(?:[0-9a-f-]{1,36}|config)$/u))) }

export class Ledger extends HttpApiGroup.make("ledger").add(
  HttpApiEndpoint.get("head", "/ledger/head", {
    success: LedgerHead,
    error: problems(...anywhere)
  }).middleware(MaySee),
  HttpApiEndpoint.get("export", "/ledger/export", {
    success: HttpApiSchema.StreamUint8Array({ contentType: "application/x-ndjson" }),
    error: problems(...anywhere, 404)
  }).middleware(MaySee),
  HttpApiEndpoint.get("stream", "/ledger/:stream", {
    params: stream,
    success: StreamRecord,
    error: problems(...anywhere, 404)
  }).middleware(MaySee)
) {}
