/**
 * Owns who reads streams that are open: the sign of life that all of them hear, and the end of those who are to hear no more. There
 * are many that only wait; what they wait for is one thing for all of them.
 */
import { Effect, Schedule, type Scope } from "effect"
import { Entrance } from "../core/access/Entrance.ts"
import type { Bearer } from "../domain/access/Token.ts"
import { Lives } from "./Lives.ts"

const BEAT = "15 seconds"

export interface Reader {
  /** Says that there is still somebody. */
  readonly beat: () => void
  /** Says what has been said, and then no more. */
  readonly end: () => void
  /** Says no more, also of what has been said and was not taken yet. */
  readonly cut: () => void
  /** Whether it only watches: then it ends when the server begins to. */
  readonly watches: boolean
}

/** Hears from now on, until it leaves. */
export type Join = (reader: Reader) => () => void

/** The readers of whoever is let in. */
export const audience: Effect.Effect<(bearer: Bearer) => Join, never, Entrance | Lives | Scope.Scope> =
  Effect.gen(function* () {
    const entrance = yield* Entrance
    const lives = yield* Lives
    const readers = new Set<Reader>()
    yield* Effect.sync(() => readers.forEach(({ beat }) => beat())).pipe(
      Effect.schedule(Schedule.spaced(BEAT)),
      Effect.forkScoped
    )
    const dismiss = (reader: Reader) => {
      if (reader.watches) reader.end()
    }
    yield* Effect.forkScoped(
      Effect.andThen(
        lives.draining,
        Effect.sync(() => readers.forEach(dismiss))
      )
    )
    return (bearer) => (reader) => {
      readers.add(reader)
      if (lives.isDraining()) dismiss(reader)
      const forget = entrance.whenEnded(bearer, reader.cut)
      return () => {
        readers.delete(reader)
        forget()
      }
    }
  })
