/**
 * Owns what is read of a session's past: the record of each of its turns, without a text, and the conversation itself, as far
 * as it has left. What was discarded or is held has no way out here.
 */
import { Context, Effect, Layer, Option, Schema } from "effect"
import { Code, failure, inSession, type RuntimeFailure } from "../../domain/Failure.ts"
import {
  ContentId,
  Count,
  Mode,
  RunId,
  runStream,
  sessionStream,
  type StreamId,
  Timestamp
} from "../../domain/Ids.ts"
import { decode, type Row } from "../../domain/ledger/Ledger.ts"
import { countOf } from "../../domain/memory/Recall.ts"
import { SessionMode, Threshold, TurnStatus } from "../../domain/session/Turn.ts"
import { Journal } from "../../ports/Journal.ts"
import { Vault } from "../../ports/Vault.ts"
import { History } from "../ledger/History.ts"
import { giveBack, type Released, type ReleasedChunk } from "../run/Release.ts"
import { openKeys } from "../run/RunKeys.ts"
import { find } from "./SessionList.ts"
import { eventOf, load, type Place } from "./SessionStream.ts"
import { type Status, statusOf } from "./Status.ts"

/** One turn of a session, without its texts. */
export const TurnRecord = Schema.Struct({
  run: RunId,
  /** Place among the session's turns, from 0. */
  index: Count,
  mode: SessionMode,
  persona: Mode,
  /** `running` and `held` have not ended. */
  status: Schema.Literals([...TurnStatus.literals, "running", "held"]),
  /** Null when it was released or cancelled, or has not ended. */
  code: Schema.NullOr(Code),
  /** The threshold that a steward was asked for; null where none fired. */
  threshold: Schema.NullOr(Threshold),
  /** Whether it counts against the ceiling. */
  counts: Schema.Boolean,
  /** The earlier turn that it stands in place of; null for one that follows the newest. */
  insteadOf: Schema.NullOr(Count),
  promptChars: Count,
  /** How many memory records its model was given. */
  memoryKeys: Count,
  /** Of what is in the history of later turns; null where nothing whole left. */
  answerChars: Schema.NullOr(Count),
  /** Milliseconds of its calls, and its tokens; null before it has ended. */
  latencyMillis: Schema.NullOr(Count),
  tokens: Schema.NullOr(Count),
  startedAt: Timestamp,
  endedAt: Schema.NullOr(Timestamp)
})
export type TurnRecord = typeof TurnRecord.Type

/** A session and its turns, the oldest first. */
export interface Past {
  readonly status: Status
  readonly turns: ReadonlyArray<TurnRecord>
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
}

const PROMPT = ContentId.make("prompt")
const FILE = ContentId.make("file")
const FIRST_ROWS = 5

export class Transcripts extends Context.Service<
  Transcripts,
  {
    /** A session is named by its id or how that begins: `SESSION_NOT_FOUND`, `SESSION_AMBIGUOUS`, `LEDGER_BROKEN`. */
    readonly turns: (session: string) => Effect.Effect<Past, RuntimeFailure>
    /** The same with the texts. `SESSION_ERASED`. */
    readonly text: (session: string) => Effect.Effect<Transcript, RuntimeFailure>
    /** Null for a session without one, and for one that was erased. */
    readonly title: (session: string) => Effect.Effect<ReleasedChunk | null, RuntimeFailure>
  }
>()("io-iii/core/session/Transcripts") {
  static readonly layer = Layer.effect(
    Transcripts,
    Effect.gen(function* () {
      const history = yield* History
      const journal = yield* Journal
      const vault = yield* Vault

      const pastOf = Effect.fnUntraced(function* (place: Place): Effect.fn.Return<Past, RuntimeFailure> {
        const rows = yield* journal.read(sessionStream(place.session.session))
        const turns = yield* Effect.forEach(recordsIn(rows), (turn) =>
          Effect.map(rememberedBy(turn.run), (memoryKeys) => ({ ...turn, memoryKeys }))
        )
        return { status: statusOf(place), turns }
      })

      /** What was assembled is on one of the first rows of a run. */
      const rememberedBy = Effect.fnUntraced(function* (run: RunId) {
        const rows = yield* journal.read(runStream(run), 0, FIRST_ROWS)
        const assembled = rows
          .map(({ payload }) => Option.getOrNull(decode(payload)))
          .find((event) => event?._tag === "ContextAssembled")
        return countOf(assembled?.memory ?? [], "released")
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
        turns: Effect.fn("Transcripts.turns")(function* (prefix) {
          return yield* pastOf(yield* placeOf(prefix))
        }),
        text: Effect.fn("Transcripts.text")(function* (prefix) {
          const place = yield* placeOf(prefix)
          const { session, after } = place.session
          if (after.erased) return yield* inSession(session)(failure("SESSION_ERASED", "release"))
          const { status, turns } = yield* pastOf(place)
          return { status, title: yield* titleOf(place), said: yield* Effect.forEach(turns, saidIn) }
        }),
        title: Effect.fn("Transcripts.title")(function* (prefix) {
          return yield* titleOf(yield* placeOf(prefix))
        })
      })
    })
  )
}

/** Each turn as the last row that concerns it has it. */
const recordsIn = (rows: ReadonlyArray<Row>): ReadonlyArray<TurnRecord> => {
  const records = new Map<RunId, TurnRecord>()
  for (const row of rows) {
    const event = eventOf(row)
    switch (event?._tag) {
      case "TurnStarted": {
        const { run, persona, turn, promptChars } = event
        records.set(run, {
          run,
          index: turn.index,
          mode: turn.mode,
          persona,
          status: "running",
          code: null,
          threshold: null,
          counts: false,
          insteadOf: turn.insteadOf ?? null,
          promptChars,
          memoryKeys: 0,
          answerChars: null,
          latencyMillis: null,
          tokens: null,
          startedAt: row.at,
          endedAt: null
        })
        break
      }
      case "TurnHeld":
      case "TurnEnded": {
        const before = records.get(event.run)
        if (before) records.set(event.run, { ...before, ...changeBy(event, row.at) })
      }
    }
  }
  return [...records.values()]
}

type Change = NonNullable<ReturnType<typeof eventOf>> & { readonly _tag: "TurnHeld" | "TurnEnded" }

const changeBy = (event: Change, at: Timestamp): Partial<TurnRecord> =>
  event._tag === "TurnHeld"
    ? { status: "held", threshold: event.threshold }
    : {
        status: event.status,
        code: event.code,
        counts: event.counts,
        answerChars: event.answer?.chars ?? null,
        latencyMillis: event.latencyMillis,
        tokens: event.tokens,
        endedAt: at
      }
