/** Owns where fresh identifiers come from, so that tests can have the same ones twice. */
import { Context, type Effect, type Redacted } from "effect"
import type { LoginId, RunId, SessionId, TokenId } from "../domain/Ids.ts"

export class Identity extends Context.Service<
  Identity,
  {
    readonly runId: Effect.Effect<RunId>
    readonly sessionId: Effect.Effect<SessionId>
    readonly tokenId: Effect.Effect<TokenId>
    readonly loginId: Effect.Effect<LoginId>
    /** The text of a token, of an offer to log in, or of a cookie: 256 random bits, in the form that `domain/access/Token` reads. */
    readonly token: Effect.Effect<Redacted.Redacted>
    /** A line no text can guess: 128 random bits between fixed marks. */
    readonly boundary: Effect.Effect<string>
  }
>()("io-iii/ports/Identity") {}
