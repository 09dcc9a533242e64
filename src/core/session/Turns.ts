/** Owns the beginning of a turn: where it stands in its session, what it may read of it, and who may have to be asked. */
import { Context, Effect, Layer } from "effect"
import { failure, inSession, type RuntimeFailure } from "../../domain/Failure.ts"
import { refusal, turnAt } from "../../domain/session/Session.ts"
import type { RunRequest, Watcher } from "../run/Request.ts"
import { Runs, type TurnRest } from "../run/Runs.ts"
import type { Preceding } from "./Companion.ts"
import { Conversations } from "./Conversations.ts"
import { grow, type Place } from "./SessionStream.ts"

export class Turns extends Context.Service<
  Turns,
  {
    /**
     * Runs the next turn of a session that stands there. `SESSION_CONFLICT` when it has moved or a turn is under way,
     * `SESSION_PAUSED`, `SESSION_AT_LIMIT`, `SESSION_NOT_ACTIVE`; else what its run fails with. With `preceding`, the end of
     * the turn before is written with this one's beginning, or not at all.
     */
    readonly run: (
      place: Place,
      request: RunRequest,
      watcher?: Watcher,
      preceding?: Preceding | null
    ) => Effect.Effect<TurnRest, RuntimeFailure>
  }
>()("io-iii/core/session/Turns") {
  static readonly layer = Layer.effect(
    Turns,
    Effect.gen(function* () {
      const conversations = yield* Conversations
      const runs = yield* Runs

      return Turns.of({
        run: Effect.fn("Turns.run")(function* (place, request, watcher, preceding = null) {
          const { session } = place
          // What is to be ended with this turn's beginning counts by then.
          const { after } = preceding
            ? (yield* Effect.fromResult(grow(place, [preceding.facts]))).place.session
            : session
          if (after.status !== "active" || after.open) {
            return yield* inSession(session.session)(failure(refusal({ ...session, after }), "setup"))
          }
          const { thresholds, expirySeconds } = session.terms
          const turn = {
            session: session.session,
            ...turnAt(after),
            mode: after.mode,
            thresholds,
            expirySeconds
          }
          const conversation = yield* conversations.of(place)
          const companion = { session: session.session, seen: place, preceding, closing: null }
          return yield* runs
            .turn(
              { ...request, audit: request.audit || session.audit },
              { turn, conversation, companion },
              watcher
            )
            .pipe(Effect.mapError(inSession(session.session)))
        })
      })
    })
  )
}
