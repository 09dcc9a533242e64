/**
 * Owns who comes in while a server runs: the tokens as they stand now, whoever changes them, and the end of what somebody has
 * open who comes in no more.
 */
import { Clock, Context, Effect, Layer, Result, Schedule, Stream } from "effect"
import {
  type Bearer,
  bearerOf,
  hasValid,
  isClosedBy,
  isKnown,
  local,
  type Showing,
  type Shown,
  shownIn,
  stays
} from "../../domain/access/Token.ts"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import { type LoginId, type TokenId, tokensStream } from "../../domain/Ids.ts"
import type { Row } from "../../domain/ledger/Ledger.ts"
import { type Address, addressOf } from "../../domain/server/Address.ts"
import { Configuration } from "../../ports/Configuration.ts"
import { Journal } from "../../ports/Journal.ts"
import { Vault } from "../../ports/Vault.ts"
import { after, type TokenPlace, unissued } from "./TokenStream.ts"

/** How often it is looked whether a token has expired, and until the stream is tried again where it could not be read. */
const LOOK = "500 millis"
const AGAIN = "1 second"
/** How long somebody waits for that who shows a token that nobody knows yet. */
const PATIENT_MILLIS = 1000
/** So often in a row it may be unreadable before nobody comes in. */
const PATIENCE = 5

export class Entrance extends Context.Service<
  Entrance,
  {
    /**
     * Whose request it is, by what it shows; what nobody knows is looked for among what another process has just written. Where nobody needs a token, it is the local user's, whatever it says.
     * `TOKEN_REQUIRED`, `TOKEN_UNKNOWN`, `TOKEN_REVOKED`, `TOKEN_EXPIRED`, `LOGIN_INVALID`; `LEDGER_BROKEN` and `JOURNAL_*` where it
     * is not known which tokens there are.
     */
    readonly bearer: (showing: Showing) => Effect.Effect<Bearer, RuntimeFailure>
    /** Where the stream of tokens stands, everything that anybody has written before included. As `bearer` fails. */
    readonly standing: Effect.Effect<TokenPlace, RuntimeFailure>
    /** Completes when what this one has open is to end. */
    readonly ended: (bearer: Bearer) => Effect.Effect<void>
    /** Calls then, once, unless it was told before not to. */
    readonly whenEnded: (bearer: Bearer, call: () => void) => () => void
    /** From the first token on that was not revoked, nobody comes in without one for as long as this runs. */
    readonly isClosed: () => boolean
    /** Where to listen, as far as it is not for everybody. `ADDRESS_UNGUARDED`. */
    readonly address: (host: string, port: number) => Effect.Effect<Address, RuntimeFailure>
  }
>()("io-iii/core/access/Entrance") {
  /** Fails where the tokens cannot be read: then nothing is to be served. */
  static readonly layer = Layer.effect(
    Entrance,
    Effect.gen(function* () {
      const journal = yield* Journal
      const { fingerprint } = yield* Vault
      const { settings } = yield* Configuration
      const names = settings.runtime.server?.hosts ?? []

      let standing = unissued(fingerprint)
      let isClosed = false
      let trouble: RuntimeFailure | null = null
      let failures = 0
      const open = new Map<
        TokenId | LoginId | null,
        { readonly bearer: Bearer; readonly calls: Set<() => void> }
      >()

      const whenEnded = (bearer: Bearer, call: () => void) => {
        const id = bearer.login ?? bearer.token
        const { calls } = open.get(id) ?? { calls: new Set() }
        open.set(id, { bearer, calls: calls.add(call) })
        return () => void calls.delete(call)
      }

      /** Ends what is open of those who come in no more. */
      const look = (now: number): void => {
        for (const [id, { bearer, calls }] of open) {
          if (id === null ? !isClosed : stays(bearer, standing.tokens, now)) continue
          open.delete(id)
          for (const call of calls) call()
        }
      }

      /** Whoever reads them first takes them in; to the other they are nothing new. */
      const take = Effect.fnUntraced(function* (rows: ReadonlyArray<Row>) {
        const now = yield* Clock.currentTimeMillis
        yield* Effect.suspend(() => {
          for (const row of rows) {
            if (row.seq <= standing.place.seq) continue
            const next = after(fingerprint, standing, row)
            if (Result.isFailure(next)) return Effect.fail(next.failure)
            standing = next.success
          }
          isClosed ||= isClosedBy(standing.tokens)
          look(now)
          return Effect.void
        })
      })

      const taken = Effect.flatMap(
        Effect.suspend(() => journal.read(tokensStream, standing.place.seq)),
        take
      )

      const catchUp = Effect.gen(function* () {
        yield* taken
        trouble = null
        failures = 0
      })

      const follow = Effect.suspend(() =>
        Stream.runForEach(journal.follow(tokensStream, standing.place.seq), (row) => take([row]))
      )

      const letIn = Effect.fnUntraced(function* (shown: Shown) {
        if (!isClosed) return local
        const found = bearerOf(shown, standing.tokens, yield* Clock.currentTimeMillis)
        return yield* Effect.mapError(Effect.fromResult(found), (code) => failure(code, "setup"))
      })

      yield* catchUp
      yield* Effect.andThen(catchUp, follow).pipe(
        Effect.tapError((reason) =>
          Effect.sync(() => {
            if (reason.code === "LEDGER_BROKEN" || ++failures > PATIENCE) trouble = reason
          })
        ),
        Effect.retry(Schedule.spaced(AGAIN)),
        Effect.forkScoped
      )
      yield* Clock.currentTimeMillis.pipe(
        Effect.map(look),
        Effect.repeat(Schedule.spaced(LOOK)),
        Effect.forkScoped
      )

      return Entrance.of({
        standing: Effect.suspend(() => (trouble ? Effect.fail(trouble) : Effect.map(taken, () => standing))),
        bearer: (showing) =>
          Effect.suspend(() => {
            if (trouble) return Effect.fail(trouble)
            const shown = shownIn(showing, fingerprint)
            return isKnown(shown, standing.tokens)
              ? letIn(shown)
              : Effect.andThen(Effect.timeoutOption(taken, PATIENT_MILLIS), letIn(shown))
          }),
        ended: (bearer) =>
          Effect.callback((resume) => {
            const forget = whenEnded(bearer, () => resume(Effect.void))
            return Effect.sync(forget)
          }),
        whenEnded,
        isClosed: () => isClosed,
        address: (host, port) =>
          Effect.flatMap(Clock.currentTimeMillis, (now) => {
            const found = addressOf({ host, port, names }, hasValid(standing.tokens, now))
            return Effect.mapError(Effect.fromResult(found), (code) => failure(code, "setup"))
          })
      })
    })
  )
}
