/** Owns an answer while it arrives, and what it amounts to when the call is over. */
import { Exit, Option } from "effect"
import type { CallPermit } from "../../domain/run/Bounds.ts"
import { Content } from "../../domain/Content.ts"
import { type Message, wasTruncated } from "../../domain/run/Messages.ts"
import type { CallSettled } from "../../domain/Event.ts"
import type { Delta, End, ProviderFailure } from "../../ports/Provider.ts"

/** What came of a call. `text` is what was produced, whole or not; the digest is the caller's to add. */
export interface Settlement {
  readonly settled: Omit<typeof CallSettled.Type, "digest">
  readonly text: Content
}

/** More bytes than this for each permitted token is not an answer, whatever a provider says. */
const MOST_BYTES_PER_TOKEN = 1024

type Ended = Pick<typeof CallSettled.Type, "outcome" | "code" | "fallback">
const ok: Ended = { outcome: "ok", code: null, fallback: null }
const cancelled: Ended = { outcome: "cancelled", code: null, fallback: null }
const unknown: Ended = { outcome: "indeterminate", code: "PROVIDER_OUTCOME_UNKNOWN", fallback: null }
const failed = (code: Ended["code"], fallback: Ended["fallback"] = null): Ended => ({
  outcome: "failed",
  code,
  fallback
})

/** Blank text at either end is left out, so that what streams is what is sealed. */
export class Answer {
  readonly #permit: CallPermit
  readonly #millis: () => number
  readonly #pieces: Array<Content> = []
  #blank: Content = Content.empty
  #bytes = 0
  #thinkingChars = 0
  #firstToken: number | null = null
  #end: typeof End.Type | null = null

  constructor(permit: CallPermit, millis: () => number) {
    this.#permit = permit
    this.#millis = millis
  }

  get oversize(): boolean {
    return this.#bytes > (this.#permit.reservation.outputTokens + 1) * MOST_BYTES_PER_TOKEN
  }

  /** Takes a delta in and returns the part of the answer that is certain now. */
  receive(delta: Delta): Option.Option<Content> {
    if (delta._tag === "End") {
      this.#end = delta
      return Option.none()
    }
    this.#firstToken ??= this.#millis()
    this.#bytes += delta.content.bytes
    if (delta._tag === "Thinking") {
      this.#thinkingChars += delta.content.length
      return Option.none()
    }
    const waiting = Content.concat([this.#blank, delta.content])
    const text = this.#pieces.length === 0 ? waiting.use((all) => Content.of(all.trimStart())) : waiting
    const certain = text.use((all) => Content.of(all.trimEnd()))
    this.#blank = text.slice(certain.length)
    if (certain.isBlank) return Option.none()
    this.#pieces.push(certain)
    return Option.some(certain)
  }

  settle(
    exit: Exit.Exit<void, ProviderFailure>,
    messages: ReadonlyArray<Message>,
    latencyMillis: number,
    started: number
  ): Settlement {
    const text = Content.concat(this.#pieces)
    const { outcome, code, fallback } = this.#outcome(exit, messages, latencyMillis)
    return {
      text,
      settled: {
        _tag: "CallSettled",
        purpose: this.#permit.purpose,
        attempt: this.#permit.attempt,
        outcome,
        code,
        fallback: this.#firstToken === null ? fallback : null,
        inputTokens: credible(this.#end?.inputTokens, this.#permit.reservation.inputTokens),
        outputTokens: credible(this.#end?.outputTokens, this.#permit.reservation.outputTokens),
        latencyMillis,
        firstTokenMillis: this.#firstToken === null ? null : this.#firstToken - started,
        finish: this.#end?.finish ?? null,
        chars: text.length,
        thinkingChars: this.#thinkingChars
      }
    }
  }

  #outcome(
    exit: Exit.Exit<void, ProviderFailure>,
    messages: ReadonlyArray<Message>,
    latencyMillis: number
  ): Ended {
    if (Exit.isFailure(exit)) {
      const cause = Option.getOrUndefined(Exit.findErrorOption(exit))
      if (cause)
        return cause.code === "PROVIDER_OUTCOME_UNKNOWN" ? unknown : failed(cause.code, cause.fallback)
      return Exit.hasInterrupts(exit) ? cancelled : failed("INTERNAL_ERROR")
    }
    if (this.#end === null) return unknown
    // It came at the very moment it was given up on.
    if (latencyMillis > this.#permit.reservation.wallMillis) return failed("PROVIDER_TIMEOUT")
    const read = credible(this.#end.inputTokens, this.#permit.reservation.inputTokens)
    return read !== null && wasTruncated(messages, read) ? failed("CONTEXT_TRUNCATED") : ok
  }
}

/** A count that is none, or above what was certified, is a lie: it is not taken down. */
const credible = (count: number | null | undefined, certified: number): number | null =>
  typeof count === "number" && Number.isSafeInteger(count) && count >= 0 && count <= certified ? count : null
