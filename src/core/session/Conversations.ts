/** Owns what a turn may read of its session: the newest turns of its branch whose answers left, from their sealed texts. */
import { Context, Effect, Layer, Option } from "effect"
import { Content } from "../../domain/Content.ts"
import { type Conversation, type Exchange, historyLimit } from "../../domain/run/Conversation.ts"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import { ContentId, type RunId, runStream, sessionStream } from "../../domain/Ids.ts"
import { around, type Begun, fromNewest, isOn, passed } from "../../domain/session/Lineage.ts"
import { turnFrom } from "../../domain/session/Session.ts"
import type { TurnEnded, TurnStarted } from "../../domain/session/SessionEvent.ts"
import type { Answered } from "../../domain/session/Turn.ts"
import { Configuration } from "../../ports/Configuration.ts"
import { Journal, TOGETHER } from "../../ports/Journal.ts"
import { type Sealed, Vault } from "../../ports/Vault.ts"
import { openKeys } from "../run/RunKeys.ts"
import { eventOf, type Place } from "./SessionStream.ts"
import { rowOf } from "./TurnRecords.ts"

/** A turn that let something out. */
export interface Spoken {
  readonly run: RunId
  readonly index: number
  readonly answer: Answered
}

/** However short they are, no more turns are looked at: each costs the opening of its keys. */
const MOST_TURNS = 200

/** Turns whose texts are asked for together: the last of them may be more than is wanted. */
const AT_ONCE = TOGETHER.concurrency

/** Rows of a session that are looked at together. */
const ROWS = 64

const PROMPT = ContentId.make("prompt")
const FILE = ContentId.make("file")

export class Conversations extends Context.Service<
  Conversations,
  {
    /**
     * As much of a session as a turn that begins there, or one in place of an earlier one, could use; its cost is that of what is
     * read, not of the session. `TURN_NOT_FOUND` where that is not known.
     */
    readonly of: (place: Place, insteadOf?: number | null) => Effect.Effect<Conversation, RuntimeFailure>
    /** The same session, with one of its turns known. `TURN_NOT_FOUND`. */
    readonly knowing: (place: Place, index: number) => Effect.Effect<Place, RuntimeFailure>
    /** What was asked and answered in a turn; `None` when its texts were erased. */
    readonly exchange: (spoken: Spoken) => Effect.Effect<Option.Option<Exchange>, RuntimeFailure>
  }
>()("io-iii/core/session/Conversations") {
  static readonly layer = Layer.effect(
    Conversations,
    Effect.gen(function* () {
      const { settings } = yield* Configuration
      const journal = yield* Journal
      const vault = yield* Vault
      const most = historyLimit(settings.runtime)

      /** The turns of a branch that let something out, the newest first, until `enough` of them were seen. */
      const spoken = Effect.fnUntraced(function* (
        place: Place,
        insteadOf: number | null,
        answers: number,
        enough: (spoken: ReadonlyArray<Spoken>) => boolean
      ) {
        const { session, after } = place.session
        const found: Array<Spoken> = []
        let way = insteadOf === null ? fromNewest(after.turns) : around(insteadOf)
        let to = place.sequence
        while (to > 0 && found.length < answers && !enough(found)) {
          // What lies between is of no matter.
          if (!way.isOn) to = Math.min(to, (yield* rowOf(journal, place, way.at + 1)) ?? to)
          const from = Math.max(0, to - ROWS)
          const rows = yield* journal.read(sessionStream(session), from, to)
          for (const row of rows.toReversed()) {
            const event = eventOf(row)
            if (event?._tag === "TurnEnded" && event.answer && isOn(way, event.index))
              found.push(spokenIn(event, event.answer))
            if (event?._tag === "TurnStarted") way = passed(way, lineageOf(event))
          }
          to = from
        }
        return found
      })

      const knowing = Effect.fnUntraced(function* (place: Place, index: number) {
        const { session } = place
        const seq = yield* rowOf(journal, place, index + 1)
        const event =
          seq === null
            ? null
            : eventOf((yield* journal.read(sessionStream(session.session), seq - 1, seq))[0])
        if (event?._tag !== "TurnStarted" || event.turn.index !== index)
          return yield* failure("TURN_NOT_FOUND", "setup")
        const { answers } = event.turn
        return { ...place, session: { ...session, known: { index, answers, earlier: null } } }
      })

      const exchange = Effect.fnUntraced(function* ({ run, answer }: Spoken) {
        const stream = runStream(run)
        const sealed = (id: ContentId) => journal.sealed(stream, id)
        const [wrapped, asked, answered, given] = yield* Effect.all(
          [journal.key(stream), sealed(PROMPT), sealed(answer.content), sealed(FILE)],
          TOGETHER
        )
        if (Option.isNone(wrapped)) return Option.none<Exchange>()
        const keys = yield* openKeys(journal, vault, stream, wrapped.value)
        const text = (found: Option.Option<Sealed>) =>
          Option.isSome(found) ? keys.unseal(found.value) : Effect.succeed(null)
        const prompt = yield* text(asked)
        // Nothing is sealed of an answer without a letter.
        const said = (yield* text(answered)) ?? Content.empty
        const file = yield* text(given)
        return keys.digest(answer.content, said) === answer.digest && prompt
          ? Option.some<Exchange>({ prompt, file, answer: said })
          : Option.none<Exchange>()
      })

      const of = Effect.fn("Conversations.of")(function* (place: Place, insteadOf: number | null = null) {
        const at = turnFrom(place.session, insteadOf)
        if (at === null) return yield* failure("TURN_NOT_FOUND", "setup")
        const { answers } = at
        // Prompts are not counted: the assembly counts to the letter.
        const recent = yield* spoken(
          place,
          insteadOf,
          answers,
          (all) =>
            all.length >= MOST_TURNS || all.reduce((sum, { answer }) => sum + answer.chars + 1, 0) > most
        )
        const exchanges: Array<Exchange> = []
        let chars = 0
        for (let at = 0; at < Math.min(recent.length, MOST_TURNS) && chars <= most; at += AT_ONCE) {
          const some = recent.slice(at, at + AT_ONCE)
          for (const one of yield* Effect.forEach(
            some,
            (spoken) => Effect.result(exchange(spoken)),
            TOGETHER
          )) {
            if (chars > most) break
            // What is wrong with one that is not used is of no matter.
            const read = yield* Effect.fromResult(one)
            if (Option.isNone(read)) continue
            const { prompt, file, answer } = read.value
            chars += prompt.length + answer.length + (file?.length ?? 0)
            exchanges.unshift(read.value)
          }
        }
        return { exchanges, answers }
      })

      return Conversations.of({ of, knowing, exchange })
    })
  )
}

const lineageOf = ({ turn: { index, insteadOf } }: typeof TurnStarted.Type): Begun => ({
  index,
  insteadOf: insteadOf ?? null
})

const spokenIn = ({ run, index }: typeof TurnEnded.Type, answer: Answered): Spoken => ({ run, index, answer })
