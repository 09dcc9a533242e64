/** Owns telling a model's thinking aloud from its answer where both come in one text. */
import { Content } from "../../domain/Content.ts"
import type { Delta } from "../../ports/Provider.ts"

const OPEN = "<think>"
const CLOSE = "</think>"

/**
 * Splits off one `<think>` block at the very start of an answer, together with the blank lines around it. Such a mark
 * later in the text is part of the answer. Text that may yet turn out to be a mark is held back until that is clear.
 */
export class Thoughts {
  #state: "start" | "thinking" | "after" | "answer" = "start"
  #held = ""

  push(text: string): ReadonlyArray<Delta> {
    this.#held += text
    const deltas: Array<Delta> = []
    if (this.#state === "start") this.#open()
    if (this.#state === "thinking") deltas.push(...this.#think())
    if (this.#state === "after") this.#skipBlank()
    if (this.#state === "answer") deltas.push(...this.#take("Text", this.#held.length))
    return deltas
  }

  /** What was still held back when the answer ended. */
  end(): ReadonlyArray<Delta> {
    return this.#take(this.#state === "thinking" ? "Thinking" : "Text", this.#held.length)
  }

  #open(): void {
    const text = this.#held.trimStart()
    if (text.startsWith(OPEN)) {
      this.#held = text.slice(OPEN.length)
      this.#state = "thinking"
    } else if (!OPEN.startsWith(text)) {
      this.#state = "answer"
    }
  }

  #think(): ReadonlyArray<Delta> {
    const close = this.#held.indexOf(CLOSE)
    if (close === -1) return this.#take("Thinking", this.#held.length - heldBack(this.#held))
    const thought = this.#take("Thinking", close)
    this.#held = this.#held.slice(CLOSE.length)
    this.#state = "after"
    return thought
  }

  #skipBlank(): void {
    this.#held = this.#held.trimStart()
    if (this.#held !== "") this.#state = "answer"
  }

  #take(tag: "Text" | "Thinking", length: number): ReadonlyArray<Delta> {
    const text = this.#held.slice(0, length)
    this.#held = this.#held.slice(length)
    return text === "" ? [] : [{ _tag: tag, content: Content.of(text) }]
  }
}

/** How much of the end of `text` may be the beginning of the closing mark. */
const heldBack = (text: string): number => {
  for (let length = Math.min(CLOSE.length - 1, text.length); length > 0; length--) {
    if (CLOSE.startsWith(text.slice(-length))) return length
  }
  return 0
}
