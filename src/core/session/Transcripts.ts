/**
 * Owns what is read of a session's past: the record of each of its turns, without a text, and the conversation itself, as far
 * as it has left. What was discarded or is held has no way out here.
 */
import { Context, Effect, Layer, Option } from "effect"
import { failure, inSession, type RuntimeFailure } from "../../domain/Failure.ts"
import { ContentId, runStream, type SessionId, sessionStream, type StreamId } from "../../domain/Ids.ts"
import { countOf } from "../../domain/memory/Recall.ts"
import { glance } from "../../domain/run/Glance.ts"
import { Journal } from "../../ports/Journal.ts"
import { Vault } from "../../ports/Vault.ts"
import { History } from "../ledger/History.ts"
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
      const history = yield* History
      const journal = yield* Journal
      const vault = yield* Vault

      const pastOf = Effect.fnUntraced(function* (
        place: Place,
        range: Range
      ): Effect.fn.Return<Past, RuntimeFailure> {
        const { turns, next } = yield* turnsOf(journal, place, range)
        return { status: statusOf(place), turns: yield* Effect.forEach(turns, seen), next }
      })

      /** A turn with what its run says of it. */
      const seen = Effect.fnUntraced(function* (turn: Omit<TurnRecord, "memoryKeys" | "glance">) {
        const stream = runStream(turn.run)
        const state = Option.getOrNull(runOf(stream, yield* journal.read(stream)))
        const memoryKeys = countOf(state?.context?.memory ?? [], "released")
        return { ...turn, memoryKeys, glance: state && glance(state) }
      })

      const placeOf = (prefix: string) => Effect.flatMap(find(journal, prefix), (id) => load(journal, id))

      /** Sealed texts of a stream, by their ids; null where there is none, or its key was destroyed. */
      const textsOf = Effect.fnUntraced(function* (stream: StreamId) {
        const wrapped = yield* journal.key(stream)
        const keys = Option.isSome(wrapped) ? yield* openKeys(journal, vault, stream, wrapped.value) : null
        return Effect.fnUntraced(function* (id: ContentId) {
          const sealed = keys && Option.getOrNull(yield* journal.sealed(stream, id))
          return keys && sealed ? giveBack(yield* keys.unseal(sealed)) : null
        })
      })

      /** What has left of a turn, as its receipt has it. */
      const answerOf = ({ run, endedAt }: TurnRecord) =>
        endedAt === null
          ? Effect.succeed(null)
          : history.text(run).pipe(
              Effect.map(({ released }) => released),
              Effect.catchIf(
                ({ code }) => code === "RECEIPT_NOT_FOUND" || code === "RUN_ERASED",
                () => Effect.succeed(null)
              )
            )

      const saidIn = Effect.fnUntraced(function* (turn: TurnRecord): Effect.fn.Return<Said, RuntimeFailure> {
        const text = yield* textsOf(runStream(turn.run))
        return { turn, prompt: yield* text(PROMPT), file: yield* text(FILE), answer: yield* answerOf(turn) }
      })

      const titleOf = Effect.fnUntraced(function* ({ session: { session, after } }: Place) {
        if (after.title === null || after.erased) return null
        return yield* (yield* textsOf(sessionStream(session)))(after.title)
      })

      return Transcripts.of({
        turns: Effect.fn("Transcripts.turns")(function* (prefix, range = everything) {
          return yield* pastOf(yield* placeOf(prefix), range)
        }),
        text: Effect.fn("Transcripts.text")(function* (prefix, range = everything) {
          const place = yield* placeOf(prefix)
          const { session, after } = place.session
          if (after.erased) return yield* inSession(session)(failure("SESSION_ERASED", "release"))
          const { status, turns, next } = yield* pastOf(place, range)
          return { status, title: yield* titleOf(place), said: yield* Effect.forEach(turns, saidIn), next }
        }),
        title: Effect.fn("Transcripts.title")(function* (prefix) {
          return yield* titleOf(yield* placeOf(prefix))
        }),
        titles: Effect.fn("Transcripts.titles")(function* (limit, cursor) {
          const { places, next } = yield* placesOf(journal, limit, cursor)
          const titles = yield* Effect.forEach(places, (place) =>
            Effect.map(titleOf(place), (title) => ({ session: place.session.session, title }))
          )
          return { titles, next }
        })
      })
    })
  )
}
