/**
 * Owns the events of tokens: one was issued, one counts no more, and what a page shows in its place. No text that lets anybody
 * in is in any of them.
 */
import { Schema } from "effect"
import { Digest, LoginId, Principal, Timestamp, TokenId } from "../Ids.ts"
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

/** Whoever has the text that this is the digest of may log in with a page as the token's holder: once, and soon. */
export const LoginOffered = Schema.TaggedStruct("LoginOffered", {
  login: LoginId,
  token: TokenId,
  /** Of what is offered: SHA-256 of `io3/login/v1`, a line break and a text of 256 random bits. */
  digest: Digest
})

/** Somebody did; what was offered is used up. */
export const LoginTaken = Schema.TaggedStruct("LoginTaken", {
  login: LoginId,
  /** Of the cookie: SHA-256 of `io3/cookie/v1`, a line break and a text of 256 random bits. */
  digest: Digest
})

/** They have logged out: the cookie counts no more. */
export const LoginEnded = Schema.TaggedStruct("LoginEnded", { login: LoginId })

export const LoginEvent = Schema.Union([LoginOffered, LoginTaken, LoginEnded])
export type LoginEvent = typeof LoginEvent.Type

export const TokenEvent = Schema.Union([TokenIssued, TokenRevoked, ...LoginEvent.members])
export type TokenEvent = typeof TokenEvent.Type
