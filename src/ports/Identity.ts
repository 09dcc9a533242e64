/** Owns where fresh identifiers come from, so that tests can have the same ones twice. */
import { Context, type Effect } from "effect"
import type { RunId, SessionId } from "../domain/Ids.ts"

export class Identity extends Context.Service<
  Identity,
  {
    readonly runId: Effect.Effect<RunId>
    readonly sessionId: Effect.Effect<SessionId>
    /** A line no text can guess: 128 random bits between fixed marks. */
    readonly boundary: Effect.Effect<string>
  }
>()("io-iii/ports/Identity") {}
