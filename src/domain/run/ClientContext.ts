/** Owns what a client gives besides a prompt where it keeps its own conversation: its instructions, and what it says was said. */
import { Schema } from "effect"
import type { Content } from "../Content.ts"
import { ContentId, Count } from "../Ids.ts"
import { Kept, type NamedText } from "./Kept.ts"
import { canonicalMessages, chars, type Message, messagesIn } from "./Messages.ts"

/** Nobody here has seen any of it happen: it is the client's word. */
export interface Client {
  /** A section of the system message, after the persona contract; null where there are none. */
  readonly instructions: Content | null
  /** Earlier messages, the oldest first. */
  readonly history: ReadonlyArray<Message>
}

/** The same, as it is recorded. */
export const ClientRecord = Schema.Struct({
  instructions: Schema.NullOr(Kept),
  /** Null where there is none. */
  history: Schema.NullOr(Schema.Struct({ digest: Kept.fields.digest, chars: Count, messages: Count }))
})
export type ClientRecord = typeof ClientRecord.Type

const INSTRUCTIONS = ContentId.make("instructions")
/** The id of the segment too: nothing was left out of it exactly where it has this digest. */
const HISTORY = ContentId.make("history")

/** What is recorded of it, once its texts are kept. */
export const recordClient = (
  { instructions, history }: Client,
  keep: (id: ContentId, text: Content) => Kept
): ClientRecord => ({
  instructions: instructions && keep(INSTRUCTIONS, instructions),
  history:
    history.length === 0
      ? null
      : {
          digest: keep(HISTORY, canonicalMessages(history)).digest,
          chars: chars(history),
          messages: history.length
        }
})

/** The texts that a record names. */
export const textsOfClient = ({ instructions, history }: ClientRecord): ReadonlyArray<NamedText> => [
  ...(instructions ? [{ id: INSTRUCTIONS, digest: instructions.digest }] : []),
  ...(history ? [{ id: HISTORY, digest: history.digest }] : [])
]

/** What was given, from its record and its texts; null where one of them is not there, or is another. */
export const clientFrom = (
  { instructions, history }: ClientRecord,
  textOf: (id: ContentId) => Content | undefined
): Client | null => {
  const told = instructions ? textOf(INSTRUCTIONS) : null
  const packed = history && textOf(HISTORY)
  const messages = packed === null ? [] : packed && messagesIn(packed)
  return told === undefined || !messages || messages.length !== (history?.messages ?? 0)
    ? null
    : { instructions: told, history: messages }
}
