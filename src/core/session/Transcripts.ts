/**
 * Owns what is read of a session's past: the record of each of its turns, without a text, and the conversation itself, as far
 * as it has left. What was discarded or is held has no way out here.
 */
import { Context, Effect, Layer, Option } from "effect"
import { failure, inSession, type RuntimeFailure } from "../../domain/Failure.ts"
import { ContentId, runStream, type SessionId, sessionStream, type StreamId } from "../../domain/Ids.ts"
import { countOf } from "../../domain/memory/Recall.ts"
import { glance } from "../../domain/run/Glance.ts"
import { Journal, TOGETHER } from "../../ports/Journal.ts"
import { type StreamVault, Vault } from "../../ports/Vault.ts"
import { leftBy } from "../../domain/ledger/Disclosure.ts"
import type { RunState } from "../../domain/run/Run.ts"
import { leftIn } from "../ledger/History.ts"
import { runOf } from "../ledger/Soundness.ts"
import { giveBack, type Released, type ReleasedChunk } from "../run/Release.ts"
import { openKeys } from "../run/RunKeys.ts"
import { find, places as placesOf } from "./SessionList.ts"
import { load, type Place } from "./SessionStream.ts"
import { type Status, statusOf } from "./Status.ts"
import { everything, type Range, type TurnRecord, turnsOf } from "./TurnRecords.ts"

/** A session and its turns, or those of a range, the oldest first. */
export interface Past {
  readonly status: Status
  readonly turns: ReadonlyArray<TurnRecord>
  /** Where the range goes on, as it was asked for; null at the end. */
  readonly next: number | null
}

/** A turn with what was asked, and what has left of what was answered. */
export interface Said {
  readonly turn: TurnRecord
  /** Null when it was erased. */
  readonly prompt: ReleasedChunk | null
  /** Text that came beside the prompt; null without any. */
  readonly file: ReleasedChunk | null
  /** Null where nothing left, or what left was erased. */
  readonly answer: Released | null
}

/** A session as it was said. */
export interface Transcript {
  readonly status: Status
  readonly title: ReleasedChunk | null
  readonly said: ReadonlyArray<Said>
  readonly next: number | null
}

/** Part of the list of sessions, by their titles. */
export interface Titles {
  readonly titles: ReadonlyArray<{ readonly session: SessionId; readonly title: ReleasedChunk | null }>
  readonly next: number | null
}

/** A turn, and its run as it stands; null where that is broken. */
interface Seen {
  readonly turn: TurnRecord
  readonly state: RunState | null
}

const PROMPT = ContentId.make("prompt")
const FILE = ContentId.make("file")

export class Transcripts extends Context.Service<
  Transcripts,
  {
    /** A session is named by its id or how that begins: `SESSION_NOT_FOUND`, `SESSION_AMBIGUOUS`, `LEDGER_BROKEN`. */
    readonly turns: (session: string, range?: Range) => Effect.Effect<Past, RuntimeFailure>
    /** The same with the texts; none is opened of a turn that is not asked for. `SESSION_ERASED`. */
    readonly text: (session: string, range?: Range) => Effect.Effect<Transcript, RuntimeFailure>
    /** Null for a session without one, and for one that was erased. */
    readonly title: (session: string) => Effect.Effect<ReleasedChunk | null, RuntimeFailure>
    /** The titles of the newest sessions, page by page as `Sessions.list` has them. */
    readonly titles: (limit: number, cursor: number | null) => Effect.Effect<Titles, RuntimeFailure>
  }
>()("io-iii/core/session/Transcripts") {
  static readonly layer = Layer.effect(
    Transcripts,
    Effect.gen(function* () {
      const journal = yield* Journal
      const vault = yield* Vault

      const seenIn = Effect.fnUntraced(function* (place: Place, range: Range) {
        const { turns, next } = yield* turnsOf(journal, place, range)
        return { seen: yield* Effect.forEach(turns, seen, TOGETHER), next }
      })

      /** A turn with what its run says of it. */
      const seen = Effect.fnUntraced(function* (
        turn: Omit<TurnRecord, "memoryKeys" | "tokensAtGate" | "glance">
      ): Effect.fn.Return<Seen, RuntimeFailure> {
        const stream = runStream(turn.run)
        const state = Option.getOrNull(runOf(stream, yield* journal.read(stream)))
        const memoryKeys = countOf(state?.context?.memory ?? [], "released")
        const tokensAtGate = state?.gate?.tokens ?? null
        return { turn: { ...turn, memoryKeys, tokensAtGate, glance: state && glance(state) }, state }
      })

      const placeOf = (prefix: string) => Effect.flatMap(find(journal, prefix), (id) => load(journal, id))

      /** The keys of a stream; null where they were destroyed. */
      const keysOf = Effect.fnUntraced(function* (stream: StreamId) {
        const wrapped = yield* journal.key(stream)
        return Option.isSome(wrapped) ? yield* openKeys(journal, vault, stream, wrapped.value) : null
      })

      /** A sealed text; null where there is none. */
      const textOf = Effect.fnUntraced(function* (stream: StreamId, keys: StreamVault | null, id: ContentId) {
        const sealed = keys && Option.getOrNull(yield* journal.sealed(stream, id))
        return keys && sealed ? giveBack(yield* keys.unseal(sealed)) : null
      })

      const saidIn = Effect.fnUntraced(function* ({
        turn,
        state
      }: Seen): Effect.fn.Return<Said, RuntimeFailure> {
        const stream = runStream(turn.run)
        const hasEnded = turn.endedAt !== null
        if (hasEnded && !state) return yield* failure("LEDGER_BROKEN", "release")
        const keys = yield* keysOf(stream)
        const left = hasEnded && state && !state.erased ? leftBy(state) : null
        if (left && !keys) return yield* failure("VAULT_CONTENT_UNREADABLE", "release")
        const answer = left && keys ? leftIn(journal, keys, stream, left) : Effect.succeed(null)
        const [prompt, file, said] = yield* Effect.all(
          [textOf(stream, keys, PROMPT), textOf(stream, keys, FILE), answer],
          TOGETHER
        )
        return { turn, prompt, file, answer: said }
      })

      const titleOf = Effect.fnUntraced(function* ({ session: { session, after } }: Place) {
        if (after.title === null || after.erased) return null
        const stream = sessionStream(session)
        return yield* textOf(stream, yield* keysOf(stream), after.title)
      })

      return Transcripts.of({
        turns: Effect.fn("Transcripts.turns")(function* (prefix, range = everything) {
          const place = yield* placeOf(prefix)
          const { seen, next } = yield* seenIn(place, range)
          return { status: statusOf(place), turns: seen.map(({ turn }) => turn), next }
        }),
        text: Effect.fn("Transcripts.text")(function* (prefix, range = everything) {
          const place = yield* placeOf(prefix)
          const { session, after } = place.session
          if (after.erased) return yield* inSession(session)(failure("SESSION_ERASED", "release"))
          const { seen, next } = yield* seenIn(place, range)
          const said = yield* Effect.forEach(seen, saidIn, TOGETHER)
          return { status: statusOf(place), title: yield* titleOf(place), said, next }
        }),
        title: Effect.fn("Transcripts.title")(function* (prefix) {
          return yield* titleOf(yield* placeOf(prefix))
        }),
        titles: Effect.fn("Transcripts.titles")(function* (limit, cursor) {
          const { places, next } = yield* placesOf(journal, limit, cursor)
          const titles = yield* Effect.forEach(
            places,
            (place) => Effect.map(titleOf(place), (title) => ({ session: place.session.session, title })),
            TOGETHER
          )
          return { titles, next }
        })
      })
    })
  )
}
