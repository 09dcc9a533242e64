/** Owns what a turn may read of its session: the newest turns whose answers left, from their sealed texts. */
import { Context, Effect, Layer, Option } from "effect"
import { Content } from "../../domain/Content.ts"
import { type Conversation, type Exchange, historyLimit } from "../../domain/run/Conversation.ts"
import type { RuntimeFailure } from "../../domain/Failure.ts"
import { ContentId, type RunId, runStream, sessionStream } from "../../domain/Ids.ts"
import type { TurnEnded } from "../../domain/session/SessionEvent.ts"
import type { Answered } from "../../domain/session/Turn.ts"
import { Configuration } from "../../ports/Configuration.ts"
import { Journal } from "../../ports/Journal.ts"
import { Vault } from "../../ports/Vault.ts"
import { openKeys } from "../run/RunKeys.ts"
import { eventOf, type Place } from "./SessionStream.ts"

/** A turn that let something out. */
export interface Spoken {
  readonly run: RunId
  readonly index: number
  readonly answer: Answered
}

/** However short they are, no more turns are looked at: each costs the opening of its keys. */
const MOST_TURNS = 200

/** Rows of a session that are looked at together. */
const ROWS = 64

const PROMPT = ContentId.make("prompt")
const FILE = ContentId.make("file")

export class Conversations extends Context.Service<
  Conversations,
  {
    /** As much of a session as a turn that begins there could use; its cost is that of what is read, not of the session. */
    readonly of: (place: Place) => Effect.Effect<Conversation, RuntimeFailure>
    /** The turns that let something out, the newest first, until `enough` of them were seen. */
    readonly spoken: (
      place: Place,
      enough: (spoken: ReadonlyArray<Spoken>) => boolean
    ) => Effect.Effect<ReadonlyArray<Spoken>, RuntimeFailure>
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

      const spoken = Effect.fnUntraced(function* (
        { session, sequence }: Place,
        enough: (spoken: ReadonlyArray<Spoken>) => boolean
      ) {
        const found: Array<Spoken> = []
        for (let to = sequence; to > 0 && found.length < session.after.answers && !enough(found);) {
          const from = Math.max(0, to - ROWS)
          const rows = yield* journal.read(sessionStream(session.session), from, to)
          for (const row of rows.toReversed()) {
            const event = eventOf(row)
            if (event?._tag === "TurnEnded" && event.answer) found.push(spokenIn(event, event.answer))
          }
          to = from
        }
        return found
      })

      const exchange = Effect.fnUntraced(function* ({ run, answer }: Spoken) {
        const stream = runStream(run)
        const wrapped = yield* journal.key(stream)
        if (Option.isNone(wrapped)) return Option.none()
        const keys = yield* openKeys(journal, vault, stream, wrapped.value)
        const text = Effect.fnUntraced(function* (id: ContentId) {
          const sealed = yield* journal.sealed(stream, id)
          return Option.isSome(sealed) ? Option.some(yield* keys.unseal(sealed.value)) : Option.none()
        })
        const prompt = yield* text(PROMPT)
        // Nothing is sealed of an answer without a letter.
        const said = Option.getOrElse(yield* text(answer.content), () => Content.empty)
        const file = Option.getOrNull(yield* text(FILE))
        return keys.digest(answer.content, said) === answer.digest
          ? Option.map(prompt, (prompt): Exchange => ({ prompt, file, answer: said }))
          : Option.none()
      })

      const of = Effect.fn("Conversations.of")(function* (place: Place) {
        // Prompts are not counted: the assembly counts to the letter.
        const recent = yield* spoken(
          place,
          (all) =>
            all.length >= MOST_TURNS || all.reduce((sum, { answer }) => sum + answer.chars + 1, 0) > most
        )
        const exchanges: Array<Exchange> = []
        let chars = 0
        for (const one of recent.slice(0, MOST_TURNS)) {
          const read = yield* exchange(one)
          if (Option.isNone(read)) continue
          const { prompt, file, answer } = read.value
          chars += prompt.length + answer.length + (file?.length ?? 0)
          exchanges.unshift(read.value)
          if (chars > most) break
        }
        return { exchanges, answers: place.session.after.answers }
      })

      return Conversations.of({ of, spoken, exchange })
    })
  )
}

const spokenIn = ({ run, index }: typeof TurnEnded.Type, answer: Answered): Spoken => ({ run, index, answer })
