/**
 * Owns the logins of pages while a server runs: what was offered is taken once, whoever else tries, and what was taken is ended.
 * What is offered is not decided here: nothing that is asked over HTTP makes a right out of nothing.
 */
import { Clock, Context, Effect, Layer, Redacted, Result } from "effect"
import { cookieDigested } from "../../domain/access/Login.ts"
import { bearerOf, offeredAs, type Showing, shownIn } from "../../domain/access/Token.ts"
import type { LoginEvent } from "../../domain/access/TokenEvent.ts"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import { tokensStream } from "../../domain/Ids.ts"
import { Identity } from "../../ports/Identity.ts"
import { Journal } from "../../ports/Journal.ts"
import { Vault } from "../../ports/Vault.ts"
import { Entrance } from "./Entrance.ts"

export class Logins extends Context.Service<
  Logins,
  {
    /** Uses an offer up, and gives the cookie for it, this once. `LOGIN_INVALID` where there is none, or none any more. */
    readonly take: (offer: Redacted.Redacted) => Effect.Effect<Redacted.Redacted, RuntimeFailure>
    /** Ends the login whose cookie is shown; where none is, there is nothing to end. */
    readonly end: (showing: Showing) => Effect.Effect<void, RuntimeFailure>
  }
>()("io-iii/core/access/Logins") {
  static readonly layer = Layer.effect(
    Logins,
    Effect.gen(function* () {
      const entrance = yield* Entrance
      const identity = yield* Identity
      const journal = yield* Journal
      const { fingerprint } = yield* Vault

      const append = (expected: number, event: LoginEvent) =>
        journal.commit({
          appends: [{ stream: tokensStream, expected, events: [event], sealed: [], key: null }]
        })

      /** Where somebody else was first it is looked again; once it is written, everybody here knows. */
      const written = <A>(effect: Effect.Effect<A, RuntimeFailure>) =>
        Effect.tap(
          Effect.retry(effect, { while: ({ code }) => code === "JOURNAL_CONFLICT", times: 20 }),
          () => entrance.standing
        )

      const takeOnce = Effect.fnUntraced(function* (offer: Redacted.Redacted) {
        const { place, tokens } = yield* entrance.standing
        const now = yield* Clock.currentTimeMillis
        const login = offeredAs(Redacted.value(offer), tokens, fingerprint, now)
        if (login === null) return yield* failure("LOGIN_INVALID", "setup")
        const cookie = yield* identity.token
        const digest = fingerprint(cookieDigested(Redacted.value(cookie)))
        yield* append(place.seq, { _tag: "LoginTaken", login: login.id, digest })
        return cookie
      })

      const endOnce = Effect.fnUntraced(function* (showing: Showing) {
        const { place, tokens } = yield* entrance.standing
        const bearer = bearerOf(shownIn(showing, fingerprint), tokens, yield* Clock.currentTimeMillis)
        const login = Result.isSuccess(bearer) ? bearer.success.login : null
        if (login !== null) yield* append(place.seq, { _tag: "LoginEnded", login })
      })

      return Logins.of({
        take: Effect.fn("Logins.take")(function* (offer) {
          return yield* written(takeOnce(offer))
        }),
        end: Effect.fn("Logins.end")(function* (showing) {
          yield* written(endOnce(showing))
        })
      })
    })
  )
}
