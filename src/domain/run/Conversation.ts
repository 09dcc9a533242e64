/** Owns what of earlier turns goes into a context: the newest, each whole, as far as there is room. */
import { Content } from "../Content.ts"
import { attached } from "./Attachment.ts"
import { bytes, chars, type Message } from "./Messages.ts"
import type { Settings } from "../config/Settings.ts"

/** An earlier turn: what was asked, and what left. */
export interface Exchange {
  readonly prompt: Content
  readonly file: Content | null
  readonly answer: Content
}

/** What a turn may read of its session. */
export interface Conversation {
  /** The newest turns whose answers left, the oldest of them first. */
  readonly exchanges: ReadonlyArray<Exchange>
  /** How many such turns there are in the session. */
  readonly answers: number
}

/** What earlier turns may take up. */
interface Room {
  readonly chars: number
  readonly bytes: number
}

/** Most code points of earlier turns. */
export const historyLimit = ({ history_limit_chars, context_limit_chars }: Settings["runtime"]): number =>
  history_limit_chars ?? (context_limit_chars > 0 ? Math.floor(context_limit_chars / 2) : MOST_HISTORY_CHARS)
const MOST_HISTORY_CHARS = 16_000

/** A token of written language has more bytes than this. What is certified is an upper bound all the same. */
const LEAST_BYTES_PER_TOKEN = 3

/** An answer has to fit into the window too. */
export const roomBeside = (
  { runtime }: Settings,
  window: number,
  messages: ReadonlyArray<Message>
): Room => ({
  chars: Math.min(
    historyLimit(runtime),
    runtime.context_limit_chars > 0 ? runtime.context_limit_chars - chars(messages) : Infinity
  ),
  bytes: LEAST_BYTES_PER_TOKEN * (window - runtime.max_output_tokens) - bytes(messages)
})

/** The newest exchanges that fit, each whole, as the messages that they were. */
export const recent = (
  exchanges: ReadonlyArray<Exchange>,
  settings: Settings,
  room: Room
): ReadonlyArray<ReadonlyArray<Message>> =>
  newest(
    exchanges,
    ({ prompt, file, answer }) => {
      const asked = attached(settings, file)
      return [
        { role: "user", content: asked ? Content.concat([asked.content, "\n\n", prompt]) : prompt },
        { role: "assistant", content: answer }
      ]
    },
    room
  )

/** The newest of earlier messages that fit, each whole. */
export const recentMessages = (messages: ReadonlyArray<Message>, room: Room): ReadonlyArray<Message> =>
  newest(messages, (message) => [message], room).flat()

const newest = <A>(
  all: ReadonlyArray<A>,
  messagesOf: (one: A) => ReadonlyArray<Message>,
  room: Room
): ReadonlyArray<ReadonlyArray<Message>> => {
  const kept: Array<ReadonlyArray<Message>> = []
  let left = room
  for (const one of all.toReversed()) {
    const messages = messagesOf(one)
    left = { chars: left.chars - chars(messages), bytes: left.bytes - bytes(messages) }
    if (left.chars < 0 || left.bytes < 0) break
    kept.unshift(messages)
  }
  return kept
}
