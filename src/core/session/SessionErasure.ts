/** Owns the erasure of a session: the keys of its title and of all its turns' texts are destroyed in one commit. */
import { Context, Effect, Layer, Schema } from "effect"
import { failure, inSession, type RuntimeFailure } from "../../domain/Failure.ts"
import { Count, type Principal, SessionId, sessionStream } from "../../domain/Ids.ts"
import { Journal } from "../../ports/Journal.ts"
import { erasuresOf, scrubbing } from "../ledger/Erasure.ts"
import { runsIn } from "../ledger/Hosted.ts"
import { grow, load } from "./SessionStream.ts"
import { Sessions } from "./Sessions.ts"

export const ErasedSession = Schema.Struct({
  session: SessionId,
  /** How many runs' texts were destroyed with it; those that were erased before are not among them. */
  runs: Count,
  /** Whether nothing is left in the journal's log either; see `Erased` of `core/ledger/Erasure`. */
  scrubbed: Schema.Boolean
})
export type ErasedSession = typeof ErasedSession.Type

export class SessionErasure extends Context.Service<
  SessionErasure,
  {
    /**
     * Closes a session if it is open, and erases it. `SESSION_CONFLICT` while a turn runs, `SESSION_ERASED` the second time,
     * `LEDGER_BROKEN` when a turn's rows are not those of a run.
     */
    readonly erase: (session: string, principal: Principal) => Effect.Effect<ErasedSession, RuntimeFailure>
  }
>()("io-iii/core/session/SessionErasure") {
  static readonly layer = Layer.effect(
    SessionErasure,
    Effect.gen(function* () {
      const journal = yield* Journal
      const sessions = yield* Sessions

      const destroy = Effect.fnUntraced(function* (session: SessionId, principal: Principal) {
        const place = yield* load(journal, session)
        if (place.session.after.erased) return yield* failure("SESSION_ERASED", "setup")
        const { append } = yield* Effect.fromResult(grow(place, [{ _tag: "SessionErased", principal }]))
        const runs = runsIn(yield* journal.read(sessionStream(session)))
        const erasures = yield* erasuresOf(journal, runs, principal)
        yield* journal.commit({ appends: [...erasures, { ...append, erase: true }] })
        return erasures.length
      })

      return SessionErasure.of({
        erase: Effect.fn("SessionErasure.erase")(function* (prefix, principal) {
          const { session } = yield* sessions.close(prefix, principal)
          const runs = yield* destroy(session, principal).pipe(
            // Somebody else wrote first: look again.
            Effect.retry({ while: ({ code }) => code === "JOURNAL_CONFLICT", times: 3 }),
            Effect.mapError(inSession(session))
          )
          return { session, runs, scrubbed: yield* scrubbing(journal) }
        })
      })
    })
  )
}
