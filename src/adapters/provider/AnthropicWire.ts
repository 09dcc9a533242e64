/** Owns the shapes of Anthropic's Messages API and what each of them means; it opens no connection. */
import { Option, Result, Schema, Stream } from "effect"
import { Content, reveal } from "../../domain/Content.ts"
import type { Format, Sampling } from "../../domain/run/Generation.ts"
import { Count, ModelName } from "../../domain/Ids.ts"
import type { Finish } from "../../domain/run/Receipt.ts"
import type { Intent } from "../../ports/Journal.ts"
import { type Call, type Delta, ProviderFailure } from "../../ports/Provider.ts"
import { loosened, schemaIn } from "./JsonFormat.ts"
import { failed, jsonIn, type Read, spoken } from "./Reading.ts"
import { events } from "./ServerSentEvents.ts"

/** What it may be told. */
export interface Dialect {
  /** Whether how to choose tokens: its newer models refuse to be told. */
  readonly sampling: boolean
  readonly jsonSchema: boolean
}

const MOST_TEMPERATURE = 1

/** The body of `POST /v1/messages`, as JSON text. */
export const messagesRequest = (intent: Intent, call: Call, dialect: Dialect): string => {
  const system = call.messages.filter(({ role }) => role === "system").map(({ content }) => reveal(content))
  const { stop } = call.sampling
  return JSON.stringify({
    model: call.model,
    // Here what the system says is no message.
    ...(system.length > 0 && { system: system.join("\n\n") }),
    messages: call.messages
      .filter(({ role }) => role !== "system")
      .map(({ role, content }) => ({ role, content: reveal(content) })),
    stream: true,
    max_tokens: intent.permit.reservation.outputTokens,
    ...(dialect.sampling && samplingOf(call.sampling)),
    ...(stop.length > 0 && { stop_sequences: stop.map(reveal) }),
    ...(dialect.jsonSchema && call.format && formatOf(call.format))
  })
}

/** It takes one of the two. Its scale ends at 1, and there is no seed. */
const samplingOf = ({ temperature, topP }: Sampling) =>
  topP === null ? { temperature: Math.min(temperature, MOST_TEMPERATURE) } : { top_p: topP }

/** Any object at all cannot be asked for. */
const formatOf = (format: Format) =>
  format._tag === "JsonObject"
    ? {}
    : { output_config: { format: { type: "json_schema", schema: loosened(schemaIn(format.schema)) } } }

const Tokens = Schema.optionalKey(Schema.NullOr(Count))
const Usage = Schema.Struct({
  input_tokens: Tokens,
  cache_creation_input_tokens: Tokens,
  cache_read_input_tokens: Tokens,
  output_tokens: Tokens
})

const Event = Schema.Union([
  Schema.Struct({
    type: Schema.Literal("message_start"),
    message: Schema.Struct({ usage: Schema.optionalKey(Usage) })
  }),
  Schema.Struct({
    type: Schema.Literal("content_block_start"),
    content_block: Schema.Union([
      Schema.Struct({ type: Schema.Literal("text"), text: Schema.optionalKey(Schema.String) }),
      Schema.Struct({ type: Schema.Literals(["thinking", "redacted_thinking"]) })
    ])
  }),
  Schema.Struct({
    type: Schema.Literal("content_block_delta"),
    delta: Schema.Union([
      Schema.Struct({ type: Schema.Literal("text_delta"), text: Schema.String }),
      Schema.Struct({ type: Schema.Literal("thinking_delta"), thinking: Schema.String }),
      Schema.Struct({ type: Schema.Literals(["signature_delta", "citations_delta"]) })
    ])
  }),
  Schema.Struct({
    type: Schema.Literal("message_delta"),
    delta: Schema.Struct({ stop_reason: Schema.optionalKey(Schema.NullOr(Schema.String)) }),
    usage: Schema.optionalKey(Schema.NullOr(Usage))
  }),
  Schema.Struct({ type: Schema.Literals(["content_block_stop", "message_stop", "ping", "error"]) })
])
type Event = typeof Event.Type
const isEvent = Schema.is(Event)

/** Kinds of events that are not known yet are to be passed over: so it is agreed there. */
const KNOWN =
  /^(?:message_start|message_delta|message_stop|content_block_start|content_block_delta|content_block_stop|ping|error)$/u
const isTyped = Schema.is(Schema.Struct({ type: Schema.String }))
const isNew = (event: unknown): boolean => isTyped(event) && !KNOWN.test(event.type)

/**
 * Reads the body of an answer. It is complete when `message_stop` comes after a reason to stop. Where it does not, and
 * after an error in its midst, how much was made of the prompt is unknown: `PROVIDER_OUTCOME_UNKNOWN`. What is not the
 * protocol is `PROVIDER_BAD_RESPONSE`.
 */
export const answer = (
  bytes: Stream.Stream<Uint8Array, ProviderFailure>
): Stream.Stream<Delta, ProviderFailure> => spoken(events(bytes), () => new Answer())

/** An answer while its events arrive. */
class Answer {
  #finish: Finish | null = null
  #usage: typeof Usage.Type = {}

  push(data: string): ReadonlyArray<Read> {
    const event = Option.getOrUndefined(jsonIn(data))
    if (isEvent(event)) return this.#read(event)
    return isNew(event) ? [] : [failed("PROVIDER_BAD_RESPONSE")]
  }

  #read(event: Event): ReadonlyArray<Read> {
    switch (event.type) {
      case "message_start":
        this.#count(event.message.usage)
        return []
      case "content_block_start":
        return event.content_block.type === "text" ? said("Text", event.content_block.text ?? "") : []
      case "content_block_delta":
        switch (event.delta.type) {
          case "text_delta":
            return said("Text", event.delta.text)
          case "thinking_delta":
            return said("Thinking", event.delta.thinking)
          default:
            return []
        }
      case "message_delta":
        this.#count(event.usage)
        return event.delta.stop_reason ? this.#stopped(event.delta.stop_reason) : []
      case "message_stop":
        return this.#end()
      case "error":
        return [failed("PROVIDER_OUTCOME_UNKNOWN")]
      default:
        return []
    }
  }

  /** Each count is the whole so far; what is not said again stands. */
  #count(usage: typeof Usage.Type | null | undefined): void {
    const told = Object.entries(usage ?? {}).filter(([, count]) => count !== null)
    this.#usage = { ...this.#usage, ...Object.fromEntries(told) }
  }

  #stopped(reason: string): ReadonlyArray<Read> {
    switch (reason) {
      case "end_turn":
      case "stop_sequence":
        this.#finish = "stop"
        return []
      case "max_tokens":
      case "model_context_window_exceeded":
        this.#finish = "length"
        return []
      case "refusal":
        return [failed("PROVIDER_CONTENT_FILTERED")]
      default:
        // No tools were offered: there is nothing to use, and nothing to pause for.
        return [failed("PROVIDER_BAD_RESPONSE")]
    }
  }

  #end(): ReadonlyArray<Read> {
    if (this.#finish === null) return []
    const {
      input_tokens: input = null,
      cache_creation_input_tokens: written,
      cache_read_input_tokens: read,
      output_tokens: output = null
    } = this.#usage
    return [
      Result.succeed({
        _tag: "End",
        finish: this.#finish,
        // What was read from a cache, or written to it, is not in the count beside it.
        inputTokens: input === null ? null : input + (written ?? 0) + (read ?? 0),
        outputTokens: output
      })
    ]
  }
}

const said = (tag: "Text" | "Thinking", words: string): ReadonlyArray<Read> =>
  words === "" ? [] : [Result.succeed({ _tag: tag, content: Content.of(words) })]

const Listed = Schema.fromJsonString(
  Schema.Struct({ data: Schema.Array(Schema.Struct({ id: Schema.String })) })
)

/** The models in an answer of `GET /v1/models`, without names that no route could hold; null when it is no such answer. */
export const modelNames = (body: string): ReadonlyArray<ModelName> | null =>
  Option.match(Schema.decodeUnknownOption(Listed)(body), {
    onNone: () => null,
    onSome: ({ data }) => data.map(({ id }) => id).filter(Schema.is(ModelName))
  })
