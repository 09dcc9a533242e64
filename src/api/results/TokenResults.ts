/** Owns the shapes in which tokens are printed as JSON; they change by addition alone. The token itself is in one of them. */
import { Schema } from "effect"
import { Role } from "../../domain/access/Role.ts"
import { standingOf, type TokenFacts, TokenStanding } from "../../domain/access/Token.ts"
import { LoginId, Principal, Timestamp, TokenId } from "../../domain/Ids.ts"

const TokenOutput = Schema.Struct({
  id: TokenId,
  name: Principal,
  role: Role,
  status: TokenStanding,
  issued_at: Timestamp,
  /** Null where it does not expire. */
  expires_at: Schema.NullOr(Timestamp),
  revoked_at: Schema.NullOr(Timestamp)
})

/** `io3 token create`: the only place and time where `token` is. */
export const IssuedOutput = Schema.Struct({ ...TokenOutput.fields, token: Schema.String })

/** `io3 token list`, the newest first. */
export const TokensOutput = Schema.Struct({ tokens: Schema.Array(TokenOutput) })

/** `io3 token revoke`. */
export const RevokedOutput = TokenOutput

/** `io3 token login`: the only place and time where what is offered is, in `url`. */
export const OfferedOutput = Schema.Struct({
  id: LoginId,
  token: TokenId,
  url: Schema.String,
  expires_at: Timestamp
})

export const tokenOutput = (facts: TokenFacts, now: number): typeof TokenOutput.Type => ({
  id: facts.id,
  name: facts.principal,
  role: facts.role,
  status: standingOf(facts, now),
  issued_at: facts.issuedAt,
  expires_at: facts.expiresAt,
  revoked_at: facts.revokedAt
})
