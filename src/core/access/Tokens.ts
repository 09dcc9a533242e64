/**
 * Owns the tokens that people and programs ask with over HTTP: issued, listed and revoked, and offered to a page. What is kept of
 * one is its digest; its text is known here once, when it is made.
 */
import { Clock, Context, Effect, Layer, Redacted } from "effect"
import type { Role } from "../../domain/access/Role.ts"
import { OFFER_MILLIS, offerDigested } from "../../domain/access/Login.ts"
import { digested, LOCAL, standingOf, type Token, type TokenFacts } from "../../domain/access/Token.ts"
import type { TokenEvent } from "../../domain/access/TokenEvent.ts"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import { type LoginId, type Principal, Timestamp, tokensStream } from "../../domain/Ids.ts"
import { Identity } from "../../ports/Identity.ts"
import { Journal } from "../../ports/Journal.ts"
import { Vault } from "../../ports/Vault.ts"
import { placeOf } from "./TokenStream.ts"

export interface Wish {
  /** Whose it is to be. */
  readonly principal: Principal
  readonly role: Role
  /** From when on it counts no more; null, never. */
  readonly expiresAt: Timestamp | null
}

export interface Issued {
  readonly facts: TokenFacts
  /** Shown once, to whoever has asked for it. */
  readonly text: Redacted.Redacted
}

/** A page may log in once with `text`, as the token's holder. */
export interface Offered {
  readonly login: LoginId
  readonly facts: TokenFacts
  /** Shown once, to whoever has asked for it. */
  readonly text: Redacted.Redacted
  /** When it is offered no more. */
  readonly until: Timestamp
}

export class Tokens extends Context.Service<
  Tokens,
  {
    /** `TOKEN_NAME_INVALID` for the local user's name, `TOKEN_EXPIRY_INVALID`. */
    readonly issue: (wish: Wish) => Effect.Effect<Issued, RuntimeFailure>
    /** All of them, the newest first. */
    readonly list: Effect.Effect<ReadonlyArray<TokenFacts>, RuntimeFailure>
    /** The one whose id begins so; one that is revoked stays so. `TOKEN_NOT_FOUND`, `TOKEN_AMBIGUOUS`. */
    readonly revoke: (prefix: string) => Effect.Effect<TokenFacts, RuntimeFailure>
    /** A login for a page with the one whose id begins so. `TOKEN_NOT_FOUND`, `TOKEN_AMBIGUOUS`, `TOKEN_REVOKED`, `TOKEN_EXPIRED`. */
    readonly offer: (prefix: string) => Effect.Effect<Offered, RuntimeFailure>
  }
>()("io-iii/core/access/Tokens") {
  static readonly layer = Layer.effect(
    Tokens,
    Effect.gen(function* () {
      const identity = yield* Identity
      const journal = yield* Journal
      const { fingerprint } = yield* Vault

      const load = Effect.flatMap(journal.read(tokensStream), (rows) =>
        Effect.fromResult(placeOf(fingerprint, rows))
      )

      const append = (expected: number, event: TokenEvent) =>
        journal.commit({
          appends: [{ stream: tokensStream, expected, events: [event], sealed: [], key: null }]
        })

      /** What somebody else has written meanwhile is looked at. */
      const again = <A>(effect: Effect.Effect<A, RuntimeFailure>) =>
        Effect.retry(effect, { while: ({ code }) => code === "JOURNAL_CONFLICT", times: 20 })

      const issue = Effect.fn("Tokens.issue")(function* ({ principal, role, expiresAt }: Wish) {
        if (principal === LOCAL) return yield* failure("TOKEN_NAME_INVALID", "setup")
        if (expiresAt !== null && expiresAt <= (yield* Clock.currentTimeMillis)) {
          return yield* failure("TOKEN_EXPIRY_INVALID", "setup")
        }
        const id = yield* identity.tokenId
        const text = yield* identity.token
        const digest = fingerprint(digested(Redacted.value(text)))
        const event = { _tag: "TokenIssued", token: id, principal, role, digest, expiresAt } as const
        const { at } = yield* again(Effect.flatMap(load, ({ place }) => append(place.seq, event)))
        return { facts: { id, principal, role, issuedAt: at, expiresAt, revokedAt: null }, text }
      })

      const named = Effect.fnUntraced(function* (prefix: string) {
        const place = yield* load
        const found = [...place.tokens.values()].filter(({ id }) => id.startsWith(prefix))
        const [token, ...others] = found
        if (token === undefined || prefix === "") return yield* failure("TOKEN_NOT_FOUND", "setup")
        if (others.length > 0) return yield* failure("TOKEN_AMBIGUOUS", "setup")
        return { token, sequence: place.place.seq }
      })

      const revokeOnce = (prefix: string) =>
        Effect.gen(function* () {
          const { token, sequence } = yield* named(prefix)
          if (token.revokedAt !== null) return factsOf(token)
          const { at } = yield* append(sequence, { _tag: "TokenRevoked", token: token.id })
          return { ...factsOf(token), revokedAt: at }
        })

      const offerOnce = Effect.fnUntraced(function* (prefix: string) {
        const { token, sequence } = yield* named(prefix)
        const standing = standingOf(token, yield* Clock.currentTimeMillis)
        if (standing !== "valid")
          return yield* failure(standing === "revoked" ? "TOKEN_REVOKED" : "TOKEN_EXPIRED", "setup")
        const login = yield* identity.loginId
        const text = yield* identity.token
        const digest = fingerprint(offerDigested(Redacted.value(text)))
        const event = { _tag: "LoginOffered", login, token: token.id, digest } as const
        const { at } = yield* append(sequence, event)
        return { login, facts: factsOf(token), text, until: Timestamp.make(at + OFFER_MILLIS) }
      })

      return Tokens.of({
        issue,
        list: Effect.map(load, ({ tokens }) => [...tokens.values()].map(factsOf).toReversed()),
        revoke: Effect.fn("Tokens.revoke")(function* (prefix) {
          return yield* again(revokeOnce(prefix))
        }),
        offer: Effect.fn("Tokens.offer")(function* (prefix) {
          return yield* again(offerOnce(prefix))
        })
      })
    })
  )
}

const factsOf = ({ digest: _digest, logins: _logins, ...facts }: Token): TokenFacts => facts
