/**
 * Owns the life of tokens, and whom one that is shown belongs to. Their texts are known to nobody but their holders: what is
 * held against one another are digests, every letter of every one.
 */
import { Result, Schema } from "effect"
import type { Code } from "../Failure.ts"
import { type Digest, Principal, Timestamp, TokenId } from "../Ids.ts"
import type { Hash } from "../ledger/Ledger.ts"
import { Role } from "./Role.ts"
import type { TokenEvent } from "./TokenEvent.ts"

/** Whether a token counts. */
export const TokenStanding = Schema.Literals(["valid", "expired", "revoked"])
export type TokenStanding = typeof TokenStanding.Type

/** One token as it is known of; `digest` stays behind. */
export const TokenFacts = Schema.Struct({
  id: TokenId,
  principal: Principal,
  role: Role,
  issuedAt: Timestamp,
  expiresAt: Schema.NullOr(Timestamp),
  revokedAt: Schema.NullOr(Timestamp)
})
export type TokenFacts = typeof TokenFacts.Type

export interface Token extends TokenFacts {
  readonly digest: Digest
}

/** In the order in which they were issued. */
export type Tokens = ReadonlyMap<TokenId, Token>

export const noTokens: Tokens = new Map()

/** The user of this machine, whom no token stands for. */
export const LOCAL = Principal.make("local")

/** What a token looks like: 256 bits behind a mark that tells it from other secrets. */
export const TOKEN_MARK = "io3_"
const TOKEN = /^io3_[A-Za-z0-9_-]{43}$/u

/** What the digest of a token is of. */
export const digested = (text: string): string => `io3/token/v1\n${text}`

/** Folds an event in; null where it cannot have happened: ids and digests come once, and a token is revoked once. */
export const evolve = (tokens: Tokens, event: TokenEvent, at: number): Tokens | null => {
  const known = tokens.get(event.token)
  if (event._tag === "TokenRevoked") {
    if (known === undefined || known.revokedAt !== null) return null
    return new Map(tokens).set(event.token, { ...known, revokedAt: Timestamp.make(at) })
  }
  const { token: id, principal, role, digest, expiresAt } = event
  const isNew = known === undefined && ![...tokens.values()].some((other) => other.digest === digest)
  if (!isNew || principal === LOCAL) return null
  const issued = { id, principal, role, digest, issuedAt: Timestamp.make(at), expiresAt, revokedAt: null }
  return new Map(tokens).set(id, issued)
}

export const standingOf = ({ revokedAt, expiresAt }: TokenFacts, now: number): TokenStanding =>
  revokedAt !== null ? "revoked" : expiresAt !== null && expiresAt <= now ? "expired" : "valid"

/** Whether any of them counts. */
export const hasValid = (tokens: Tokens, now: number): boolean =>
  [...tokens.values()].some((token) => standingOf(token, now) === "valid")

/** Whether nobody comes in without one: time alone opens no door, somebody has to revoke what has expired. */
export const isClosedBy = (tokens: Tokens): boolean =>
  [...tokens.values()].some(({ revokedAt }) => revokedAt === null)

/** What came with a request: nothing, something that is no token, or one, by its digest. */
export type Shown =
  | { readonly _tag: "Nothing" }
  | { readonly _tag: "Unreadable" }
  | { readonly _tag: "Token"; readonly digest: Digest }

/** Reads `Authorization`, null where it is not there. */
export const shownIn = (header: string | null, hash: Hash): Shown => {
  if (header === null) return { _tag: "Nothing" }
  const text = /^bearer +(\S+) *$/iu.exec(header)?.[1] ?? ""
  return TOKEN.test(text) ? { _tag: "Token", digest: hash(digested(text)) as Digest } : { _tag: "Unreadable" }
}

/** Whose request it is. */
export interface Bearer {
  readonly principal: Principal
  /** Null for the user of this machine. */
  readonly role: Role | null
  readonly token: TokenId | null
}

/** Who is let in where nobody needs a token. */
export const local: Bearer = { principal: LOCAL, role: null, token: null }

/** `TOKEN_REQUIRED`, `TOKEN_UNKNOWN`, `TOKEN_REVOKED`, `TOKEN_EXPIRED`. */
export const bearerOf = (shown: Shown, tokens: Tokens, now: number): Result.Result<Bearer, Code> => {
  if (shown._tag === "Nothing") return Result.fail("TOKEN_REQUIRED")
  const token = shown._tag === "Token" ? withDigest(tokens, shown.digest) : null
  if (token === null) return Result.fail("TOKEN_UNKNOWN")
  const standing = standingOf(token, now)
  return standing === "valid"
    ? Result.succeed({ principal: token.principal, role: token.role, token: token.id })
    : Result.fail(standing === "revoked" ? "TOKEN_REVOKED" : "TOKEN_EXPIRED")
}

/** Goes through all of them, whichever it is. */
const withDigest = (tokens: Tokens, digest: Digest): Token | null => {
  let found: Token | null = null
  for (const token of tokens.values()) found = isSame(token.digest, digest) ? token : found
  return found
}

/** Takes as long for any two: no letter of either decides when it ends. */
export const isSame = (one: Pick<string, "charCodeAt">, other: Pick<string, "charCodeAt">): boolean => {
  let different = 0
  for (let at = 0; at < DIGITS; at++) different |= one.charCodeAt(at) ^ other.charCodeAt(at)
  return different === 0
}
const DIGITS = 64
