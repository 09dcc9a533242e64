/** Owns the beginning of a turn: where it stands in its session, what it may read of it, and who may have to be asked. */
import { Context, Effect, Layer } from "effect"
import { failure, inSession, type RuntimeFailure } from "../../domain/Failure.ts"
import { refusal, turnFrom } from "../../domain/session/Session.ts"
import { Journal } from "../../ports/Journal.ts"
import { inSpan } from "../observability/Spans.ts"
import type { RunRequest, Watcher } from "../run/Request.ts"
import { Runs, type TurnRest } from "../run/Runs.ts"
import type { Preceding } from "../run/Companion.ts"
import { isSessionEvent } from "../../domain/Event.ts"
import type { Source } from "../../domain/run/Seat.ts"
import { Conversations } from "./Conversations.ts"
import { companionOf, grow, hostOf, type Place } from "./SessionStream.ts"

/** A request, and the earlier turn that it is asked in place of. */
export interface Asked extends RunRequest {
  readonly insteadOf?: number | null
}

export class Turns extends Context.Service<
  Turns,
  {
    /**
     * Runs the next turn of a session that stands there, in place of an earlier one (`TURN_NOT_FOUND`) where the request names one. `SESSION_CONFLICT` when it has moved or a turn is under way,
     * `SESSION_PAUSED`, `SESSION_AT_LIMIT`, `SESSION_NOT_ACTIVE`; else what its run fails with. With `preceding`, the end of
     * the turn before is written with this one's beginning, or not at all.
     */
    readonly run: (
      place: Place,
      request: Asked,
      watcher?: Watcher,
      preceding?: Preceding | null,
      source?: Source | null
    ) => Effect.Effect<TurnRest, RuntimeFailure>
  }
>()("io-iii/core/session/Turns") {
  static readonly layer = Layer.effect(
    Turns,
    Effect.gen(function* () {
      const conversations = yield* Conversations
      const journal = yield* Journal
      const runs = yield* Runs

      return Turns.of({
        run: Effect.fn("Turns.run")(function* (seen, asked, watcher, preceding = null, source = null) {
          const { insteadOf = null, ...request } = asked
          const named = inSession(seen.session.session)
          // What is to be ended with this turn's beginning counts by then.
          const ended = preceding && isSessionEvent(preceding.facts) ? [preceding.facts] : []
          const { after } = (yield* Effect.fromResult(grow(seen, ended))).place.session
          if (after.status !== "active" || after.open) {
            return yield* named(failure(refusal({ ...seen.session, after }), "setup"))
          }
          const place =
            insteadOf === null ? seen : yield* Effect.mapError(conversations.knowing(seen, insteadOf), named)
          const { session } = place
          const { thresholds, expirySeconds } = session.terms
          const at = turnFrom({ ...session, after }, insteadOf)
          if (at === null) return yield* named(failure("TURN_NOT_FOUND", "setup"))
          const turn = {
            session: session.session,
            ...at,
            mode: after.mode,
            thresholds,
            expirySeconds
          }
          const conversation = yield* conversations.of(place, insteadOf)
          const companion = { ...companionOf(journal, session.session), seen: hostOf(place), preceding }
          const begun = runs
            .turn(
              {
                ...request,
                audit: request.audit || session.audit,
                packs: request.packs ?? session.packs ?? null
              },
              { at: { turn }, conversation, companion },
              watcher,
              source
            )
            .pipe(Effect.mapError(named))
          const about = { "gen_ai.conversation.id": session.session, "io3.turn.index": turn.index }
          return yield* inSpan("turn", () => about, begun)
        })
      })
    })
  )
}
