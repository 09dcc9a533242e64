/** Owns what a session begins with, and the first rows of its stream. */
import { Effect } from "effect"
import type { Content } from "../../domain/Content.ts"
import type { RuntimeFailure } from "../../domain/Failure.ts"
import {
  type Mode,
  type PackId,
  type Principal,
  sessionStream,
  type Surface,
  Timestamp
} from "../../domain/Ids.ts"
import { begin, type Beginning, type Facts } from "../../domain/session/Session.ts"
import type { Origin, SessionStarted } from "../../domain/session/SessionEvent.ts"
import type { SessionMode, Terms } from "../../domain/session/Turn.ts"
import type { Append } from "../../ports/Journal.ts"
import type { StreamVault } from "../../ports/Vault.ts"
import { grow, type Place } from "./SessionStream.ts"
import { entitled } from "./Title.ts"

/** What a session is to begin with. */
export interface Start {
  readonly mode: SessionMode
  readonly persona: Mode
  readonly audit: boolean
  readonly title: Content | null
  /** The memory packs of its turns; null: those that are configured for sessions. */
  readonly packs: ReadonlyArray<PackId> | null
  readonly principal: Principal
  readonly surface: Surface
}

/** What a session that comes from elsewhere brings along. */
export interface Brought {
  readonly origin: Origin
  readonly terms: Terms
  readonly beginning: Beginning
}

/** Everything that is recorded of a beginning. */
type About = Omit<Facts<typeof SessionStarted.Type>, "_tag" | "packs"> & {
  /** None at all where it is empty; null leaves each turn to those of its mode. */
  readonly packs: ReadonlyArray<PackId> | null
}

/** The rows of a session that begins, its title among them if it has one, and where it stands then. */
export const firstRows = Effect.fnUntraced(function* (
  keys: StreamVault,
  { packs, ...about }: About,
  beginning: Beginning,
  title: Content | null
): Effect.fn.Return<{ readonly append: Append; readonly place: Place }, RuntimeFailure> {
  const facts = { _tag: "SessionStarted", ...about, ...(packs && { packs }) } as const
  const started = begin(facts, beginning)
  const { session, persona, audit, terms, principal } = about
  const { after } = started
  const place = { session: { session, persona, audit, terms, after, known: null }, sequence: 1, ...untimed }
  const titled = title ? yield* entitled(keys, started.after, title, principal) : null
  const more = yield* Effect.fromResult(grow(place, titled ? [titled.facts] : [], titled?.sealed))
  return {
    append: {
      stream: sessionStream(session),
      expected: 0,
      events: [started, ...more.append.events],
      sealed: more.append.sealed,
      key: keys.wrapped
    },
    place: more.place
  }
})

const untimed = { startedAt: Timestamp.make(0), at: Timestamp.make(0) }
