/** Owns what has ended in a session since somebody looked, at the cost of what is new alone. */
import { Context, Effect, Layer } from "effect"
import type { Code, RuntimeFailure } from "../../domain/Failure.ts"
import { type RunId, type SessionId, sessionStream } from "../../domain/Ids.ts"
import type { TurnStatus } from "../../domain/session/Turn.ts"
import { Journal } from "../../ports/Journal.ts"
import { eventOf } from "./SessionStream.ts"

/** A turn that has ended. */
export interface Ended {
  readonly run: RunId
  /** Place among the session's turns, from 0. */
  readonly index: number
  readonly status: TurnStatus
  /** Null when it was released or cancelled. */
  readonly code: Code | null
}

export class News extends Context.Service<
  News,
  {
    /** The turns that ended after a row of the session, in order, and the row up to which it was looked. */
    readonly after: (
      session: SessionId,
      row: number
    ) => Effect.Effect<{ readonly ended: ReadonlyArray<Ended>; readonly row: number }, RuntimeFailure>
  }
>()("io-iii/core/session/News") {
  static readonly layer = Layer.effect(
    News,
    Effect.map(Journal, (journal) =>
      News.of({
        after: Effect.fn("News.after")(function* (session, row) {
          const rows = yield* journal.read(sessionStream(session), row)
          const ended = rows.flatMap((one): ReadonlyArray<Ended> => {
            const event = eventOf(one)
            if (event?._tag !== "TurnEnded") return []
            const { run, index, status, code } = event
            return [{ run, index, status, code }]
          })
          return { ended, row: rows.at(-1)?.seq ?? row }
        })
      })
    )
  )
}
