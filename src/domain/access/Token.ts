/**
 * Owns the life of tokens, and whom one that is shown belongs to. Their texts are known to nobody but their holders: what is
 * held against one another are digests, every letter of every one.
 */
import { Result, Schema } from "effect"
import type { Code } from "../Failure.ts"
import { type Digest, type LoginId, Principal, Timestamp, TokenId } from "../Ids.ts"
import type { Hash } from "../ledger/Ledger.ts"
import { cookieDigested, evolveLogin, isOffered, isTaken, type Login, offerDigested } from "./Login.ts"
import { Role } from "./Role.ts"
import type { TokenEvent } from "./TokenEvent.ts"

/** Whether a token counts. */
export const TokenStanding = Schema.Literals(["valid", "expired", "revoked"])
export type TokenStanding = typeof TokenStanding.Type

/** One token as it is known of; its digest and its logins stay behind. */
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
  /** The pages that were offered a login with it. */
  readonly logins: ReadonlyMap<LoginId, Login>
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
  if ("digest" in event && isTold(tokens, event.digest)) return null
  if (event._tag === "TokenIssued") {
    const { token: id, principal, role, digest, expiresAt } = event
    if (tokens.has(id) || principal === LOCAL) return null
    const issuedAt = Timestamp.make(at)
    const logins: Token["logins"] = new Map()
    const issued = { id, principal, role, digest, issuedAt, expiresAt, revokedAt: null, logins }
    return new Map(tokens).set(id, issued)
  }
  const known = "token" in event ? tokens.get(event.token) : holderOf(tokens, event.login)
  if (known === undefined || known.revokedAt !== null) return null
  if (event._tag === "TokenRevoked")
    return new Map(tokens).set(known.id, { ...known, revokedAt: Timestamp.make(at) })
  const login = evolveLogin(holderOf(tokens, event.login)?.logins.get(event.login), event, at)
  return (
    login && new Map(tokens).set(known.id, { ...known, logins: new Map(known.logins).set(login.id, login) })
  )
}

const isTold = (tokens: Tokens, digest: Digest): boolean =>
  [...tokens.values()].some(
    (token) =>
      token.digest === digest ||
      [...token.logins.values()].some(({ offer, cookie }) => offer === digest || cookie === digest)
  )

/** Whose login it is. */
const holderOf = (tokens: Tokens, login: LoginId): Token | undefined =>
  [...tokens.values()].find(({ logins }) => logins.has(login))

export const standingOf = ({ revokedAt, expiresAt }: TokenFacts, now: number): TokenStanding =>
  revokedAt !== null ? "revoked" : expiresAt !== null && expiresAt <= now ? "expired" : "valid"

/** Whether any of them counts. */
export const hasValid = (tokens: Tokens, now: number): boolean =>
  [...tokens.values()].some((token) => standingOf(token, now) === "valid")

/** Whether nobody comes in without one: time alone opens no door, somebody has to revoke what has expired. */
export const isClosedBy = (tokens: Tokens): boolean =>
  [...tokens.values()].some(({ revokedAt }) => revokedAt === null)

/** What came with a request: nothing, something that is no token, or a token or a page's cookie, by its digest. */
export type Shown =
  | { readonly _tag: "Nothing" }
  | { readonly _tag: "Unreadable" }
  | { readonly _tag: "Token" | "Cookie"; readonly digest: Digest }

/** The lines of a request that may show something; null where they do not. A cookie is one that counts as shown. */
export interface Showing {
  readonly authorization: string | null
  readonly cookie: string | null
}

/** Reads what is shown: a token, and where none is shown, the cookie. */
export const shownIn = ({ authorization, cookie }: Showing, hash: Hash): Shown => {
  if (authorization === null)
    return cookie === null
      ? { _tag: "Nothing" }
      : { _tag: "Cookie", digest: hash(cookieDigested(cookie)) as Digest }
  const text = /^bearer +(\S+) *$/iu.exec(authorization)?.[1] ?? ""
  return TOKEN.test(text) ? { _tag: "Token", digest: hash(digested(text)) as Digest } : { _tag: "Unreadable" }
}

/** Whose request it is. */
export interface Bearer {
  readonly principal: Principal
  /** Null for the user of this machine. */
  readonly role: Role | null
  readonly token: TokenId | null
  /** The login by whose cookie it came; null where the token itself was shown. */
  readonly login: LoginId | null
}

/** Who is let in where nobody needs a token. */
export const local: Bearer = { principal: LOCAL, role: null, token: null, login: null }

/** `TOKEN_REQUIRED`, `TOKEN_UNKNOWN`, `TOKEN_REVOKED`, `TOKEN_EXPIRED`, `LOGIN_INVALID`. */
export const bearerOf = (shown: Shown, tokens: Tokens, now: number): Result.Result<Bearer, Code> => {
  if (shown._tag === "Nothing") return Result.fail("TOKEN_REQUIRED")
  if (shown._tag === "Unreadable") return Result.fail("TOKEN_UNKNOWN")
  const found = foundBy(shown, tokens)
  if (found === null) return Result.fail(shown._tag === "Token" ? "TOKEN_UNKNOWN" : "LOGIN_INVALID")
  const { token, login } = found
  const standing = standingOf(token, now)
  return standing === "valid"
    ? Result.succeed({ principal: token.principal, role: token.role, token: token.id, login })
    : Result.fail(standing === "revoked" ? "TOKEN_REVOKED" : "TOKEN_EXPIRED")
}

/** Whether there is nothing to find out about what was shown: it is of one of these, or can be of none. */
export const isKnown = (shown: Shown, tokens: Tokens): boolean =>
  !("digest" in shown) || foundBy(shown, tokens) !== null

/** Whether whoever was let in so would be still. */
export const stays = ({ token: id, login }: Bearer, tokens: Tokens, now: number): boolean => {
  const token = id === null ? undefined : tokens.get(id)
  if (token === undefined || standingOf(token, now) !== "valid") return false
  const taken = login === null ? undefined : token.logins.get(login)
  return login === null || (taken !== undefined && isTaken(taken))
}

/** The login that this text was offered for, and may be taken: of a token that counts, in time. */
export const offeredAs = (text: string, tokens: Tokens, hash: Hash, now: number): Login | null => {
  const digest = hash(offerDigested(text)) as Digest
  let found: Login | null = null
  for (const token of tokens.values())
    for (const login of token.logins.values())
      if (isSame(login.offer, digest) && isOffered(login, now) && standingOf(token, now) === "valid")
        found = login
  return found
}

interface Found {
  readonly token: Token
  readonly login: LoginId | null
}

const foundBy = ({ _tag, digest }: Extract<Shown, { digest: Digest }>, tokens: Tokens): Found | null =>
  (_tag === "Token" ? withDigest : withCookie)(tokens, digest)

/** Goes through all of them, whichever it is. */
const withDigest = (tokens: Tokens, digest: Digest): Found | null => {
  let found: Found | null = null
  for (const token of tokens.values()) found = isSame(token.digest, digest) ? { token, login: null } : found
  return found
}

const withCookie = (tokens: Tokens, digest: Digest): Found | null => {
  let found: Found | null = null
  for (const token of tokens.values())
    for (const login of token.logins.values())
      if (isTaken(login) && isSame(login.cookie ?? "", digest)) found = { token, login: login.id }
  return found
}

/** Takes as long for any two: no letter of either decides when it ends. */
export const isSame = (one: Pick<string, "charCodeAt">, other: Pick<string, "charCodeAt">): boolean => {
  let different = 0
  for (let at = 0; at < DIGITS; at++) different |= one.charCodeAt(at) ^ other.charCodeAt(at)
  return different === 0
}
const DIGITS = 64
