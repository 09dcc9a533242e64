/** Owns messages as a model is sent them: their sizes, their limit, and the arithmetic that tells whether they were read whole. */
import { Content } from "../Content.ts"
import type { Limit } from "../Failure.ts"

export interface Message {
  readonly role: "system" | "user" | "assistant"
  readonly content: Content
}

export const chars = (messages: ReadonlyArray<Message>): number =>
  messages.reduce((sum, message) => sum + message.content.length, 0)

export const bytes = (messages: ReadonlyArray<Message>): number =>
  messages.reduce((sum, message) => sum + message.content.bytes, 0)

/** How far messages are over the limit in code points, or null when they are within; 0 allows any number. */
export const overLimit = (messages: ReadonlyArray<Message>, allowed: number): Limit | null => {
  if (allowed === 0) return null
  const actual = chars(messages)
  return actual > allowed ? { actual, allowed, unit: "characters" } : null
}

/** One text that stands for the messages in a digest: role and length-prefixed content, so that no two lists collide. */
export const canonicalMessages = (messages: ReadonlyArray<Message>): Content =>
  Content.concat(messages.flatMap(({ role, content }) => [`${role} ${content.bytes}\n`, content, "\n"]))

/** The messages that such a text stands for; null where it stands for none. */
export const messagesIn = (canonical: Content): ReadonlyArray<Message> | null => {
  const messages: Array<Message> = []
  const isWhole = canonical.use((text) => {
    const all = new TextEncoder().encode(text)
    let at = 0
    while (at < all.length) {
      const line = all.indexOf(NEWLINE, at)
      const [role, size] = decoder.decode(all.subarray(at, line)).split(" ")
      const end = line + 1 + Number(size)
      if (line < 0 || (role !== "system" && role !== "user" && role !== "assistant") || all[end] !== NEWLINE)
        return false
      messages.push({ role, content: Content.of(decoder.decode(all.subarray(line + 1, end))) })
      at = end + 1
    }
    return true
  })
  return isWhole ? messages : null
}
const NEWLINE = 10
/** A mark at the beginning of a text is part of it. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true })

/** A guess for display alone; what is certified is an upper bound (`Bounds.inputBound`). */
export const estimateTokens = (content: Content): number => Math.ceil(content.bytes / 4)

/** No tokenizer in use packs this many bytes of varied text into one token. */
const MOST_BYTES_PER_TOKEN = 12
const TOO_SHORT_TO_JUDGE = 2048

/**
 * Whether a provider that reports `tokens` read clearly less than `messages`. Runs of one repeated character are
 * counted once: tokenizers do pack those.
 */
export const wasTruncated = (messages: ReadonlyArray<Message>, tokens: number): boolean => {
  // Counted once or as often as they stand, there are no more than these.
  const most = bytes(messages)
  if (most < TOO_SHORT_TO_JUDGE || tokens * MOST_BYTES_PER_TOKEN >= most) return false
  const varied = messages.reduce((sum, { content }) => sum + content.use(variedBytes), 0)
  return varied >= TOO_SHORT_TO_JUDGE && tokens * MOST_BYTES_PER_TOKEN < varied
}
const variedBytes = (text: string): number => Content.of(text.replaceAll(/(.)\1+/gsu, "$1")).bytes
