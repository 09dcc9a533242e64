/** Owns which sessions there are: the one whose id begins in a way, and all of them, page by page. */
import { Effect, Option, Schema } from "effect"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import { Count, SESSION_PREFIX, SessionId } from "../../domain/Ids.ts"
import type { Journal, StreamInfo } from "../../ports/Journal.ts"
import { named } from "../ledger/Named.ts"
import { unbroken } from "../ledger/Unbroken.ts"
import { type Place, placeIn } from "./SessionStream.ts"
import { Status, statusOf } from "./Status.ts"

/** Part of a list. */
export const SessionPage = Schema.Struct({
  sessions: Schema.Array(Status),
  /** How many there are besides that are broken: the others are listed all the same. */
  broken: Count,
  next: Schema.NullOr(Count)
})
export type SessionPage = typeof SessionPage.Type

const PAGE = 200

const unknown = { missing: "SESSION_NOT_FOUND", ambiguous: "SESSION_AMBIGUOUS" } as const
const isSessionId = Schema.is(SessionId)

/** Whether there is one with a whole id, its stream says. `SESSION_NOT_FOUND`, `SESSION_AMBIGUOUS`. */
export const find = Effect.fnUntraced(function* (
  journal: Pick<Journal["Service"], "streams">,
  prefix: string
): Effect.fn.Return<SessionId, RuntimeFailure> {
  if (isSessionId(prefix)) return prefix
  const { stream } = yield* named(journal, prefix, [SESSION_PREFIX], unknown)
  const id = stream.slice(SESSION_PREFIX.length)
  return isSessionId(id) ? id : yield* failure(unknown.missing, "setup")
})

/** The newest sessions first; `cursor` is where a page before ended. */
export const page = (
  journal: Pick<Journal["Service"], "ends" | "streams">,
  limit: number,
  cursor: number | null
): Effect.Effect<SessionPage, RuntimeFailure> =>
  Effect.map(places(journal, limit, cursor), ({ places, ...rest }) => ({
    sessions: places.map(statusOf),
    ...rest
  }))

interface Places {
  readonly places: ReadonlyArray<Place>
  readonly broken: number
  readonly next: number | null
}

/** The same, as they stand. */
export const places = Effect.fnUntraced(function* (
  journal: Pick<Journal["Service"], "ends" | "streams">,
  limit: number,
  cursor: number | null
): Effect.fn.Return<Places, RuntimeFailure> {
  const infos: Array<StreamInfo> = []
  for (let before = cursor; ;) {
    const more: ReadonlyArray<StreamInfo> = yield* journal.streams({
      prefix: SESSION_PREFIX,
      openOnly: false,
      before,
      limit: Math.min(PAGE, limit + 1 - infos.length)
    })
    infos.push(...more)
    before = more.at(-1)?.first ?? null
    if (more.length === 0 || infos.length > limit) break
  }
  const shown = infos.slice(0, limit)
  const places = yield* unbroken(shown, ({ stream }) =>
    Effect.flatMap(
      journal.ends(stream),
      Option.match({ onNone: () => Effect.fail(failure("LEDGER_BROKEN", "setup")), onSome: placeIn })
    )
  )
  return {
    places,
    broken: shown.length - places.length,
    next: infos.length > limit ? (shown.at(-1)?.first ?? null) : null
  }
})
