/** Owns the events of tokens: one was issued, one counts no more. The token itself is in none of them. */
import { Schema } from "effect"
import { Digest, Principal, Timestamp, TokenId } from "../Ids.ts"
import { Role } from "./Role.ts"

export const TokenIssued = Schema.TaggedStruct("TokenIssued", {
  token: TokenId,
  /** Whose it is: what runs that are asked for with it are recorded under. */
  principal: Principal,
  role: Role,
  /** Of the token: SHA-256 of `io3/token/v1`, a line break and its text, which has 256 random bits. */
  digest: Digest,
  /** From then on it counts no more; null, it counts until it is revoked. */
  expiresAt: Schema.NullOr(Timestamp)
})

export const TokenRevoked = Schema.TaggedStruct("TokenRevoked", { token: TokenId })

export const TokenEvent = Schema.Union([TokenIssued, TokenRevoked])
export type TokenEvent = typeof TokenEvent.Type
