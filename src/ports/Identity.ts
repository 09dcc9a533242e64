/** Owns where fresh identifiers come from, so that tests can have the same ones twice. */
import { Context, type Effect, type Redacted } from "effect"
import type { RunId, SessionId, TokenId } from "../domain/Ids.ts"

export class Identity extends Context.Service<
  Identity,
  {
    readonly runId: Effect.Effect<RunId>
    readonly sessionId: Effect.Effect<SessionId>
    readonly tokenId: Effect.Effect<TokenId>
    /** A token's text: 256 random bits, in the form that `domain/access/Token` reads. */
    readonly token: Effect.Effect<Redacted.Redacted>
    /** A line no text can guess: 128 random bits between fixed marks. */
    readonly boundary: Effect.Effect<string>
  }
>()("io-iii/ports/Identity") {}
