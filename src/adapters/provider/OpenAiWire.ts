/** Owns the shapes of the OpenAI-compatible chat API and what each of them means; it opens no connection. */
import { Option, Result, Schema, Stream } from "effect"
import { Content, reveal } from "../../domain/Content.ts"
import type { Format, Sampling } from "../../domain/run/Generation.ts"
import { Count, ModelName } from "../../domain/Ids.ts"
import type { Finish } from "../../domain/run/Receipt.ts"
import type { Intent } from "../../ports/Journal.ts"
import { type Call, type Delta, ProviderFailure } from "../../ports/Provider.ts"
import { isStrict, loosened, schemaIn } from "./JsonFormat.ts"
import { failed, jsonIn, type Read, spoken } from "./Reading.ts"
import { events } from "./ServerSentEvents.ts"
import { Thoughts } from "./Thoughts.ts"

/** Where servers that call themselves compatible differ. */
export interface Dialect {
  readonly outputLimitKey: "max_tokens" | "max_completion_tokens"
  /** Whether it may be told how to choose tokens, and where to stop. */
  readonly sampling: boolean
  /** Whether it may be told a JSON Schema, and bounds in one. */
  readonly jsonSchema: "none" | "unbounded" | "whole"
}

/** The body of `POST /v1/chat/completions`, as JSON text. */
export const chatRequest = (intent: Intent, call: Call, dialect: Dialect): string =>
  JSON.stringify({
    model: call.model,
    messages: call.messages.map(({ role, content }) => ({ role, content: reveal(content) })),
    stream: true,
    stream_options: { include_usage: true },
    [dialect.outputLimitKey]: intent.permit.reservation.outputTokens,
    ...(dialect.sampling && samplingOf(call.sampling)),
    ...(call.format && formatOf(call.format, dialect.jsonSchema))
  })

const samplingOf = ({ temperature, topP, seed, stop }: Sampling) => ({
  temperature,
  ...(topP !== null && { top_p: topP }),
  ...(seed !== null && { seed }),
  ...(stop.length > 0 && { stop: stop.map(reveal) })
})

const formatOf = (format: Format, jsonSchema: Dialect["jsonSchema"]) => {
  if (format._tag === "JsonObject") return { response_format: { type: "json_object" } }
  if (jsonSchema === "none") return {}
  const schema = schemaIn(format.schema)
  return {
    response_format: {
      type: "json_schema",
      json_schema: {
        name: "answer",
        strict: isStrict(schema),
        schema: jsonSchema === "unbounded" ? loosened(schema) : schema
      }
    }
  }
}

const Words = Schema.optionalKey(Schema.NullOr(Schema.String))

/** One event of an answer. `[DONE]`, which ends it, is no JSON. */
const Piece = Schema.Union([
  Schema.Struct({ error: Schema.Unknown }),
  Schema.Struct({
    /** One answer is asked for; beside the last piece, or before the first, there is none. */
    choices: Schema.Array(
      Schema.Struct({
        delta: Schema.optionalKey(
          Schema.NullOr(
            Schema.Struct({ content: Words, refusal: Words, reasoning_content: Words, reasoning: Words })
          )
        ),
        finish_reason: Words
      })
    ).check(Schema.isMaxLength(1)),
    usage: Schema.optionalKey(
      Schema.NullOr(
        Schema.Struct({
          prompt_tokens: Schema.optionalKey(Count),
          completion_tokens: Schema.optionalKey(Count)
        })
      )
    )
  })
])
const isPiece = Schema.is(Piece)

/**
 * Reads the body of an answer. It is complete when `[DONE]` comes after a reason to finish: a server that lost its
 * runner ends like one that is done, but for these. Then, and after an error in its midst, how much was made of the
 * prompt is unknown: `PROVIDER_OUTCOME_UNKNOWN`. What is not the protocol is `PROVIDER_BAD_RESPONSE`.
 */
export const answer = (
  bytes: Stream.Stream<Uint8Array, ProviderFailure>
): Stream.Stream<Delta, ProviderFailure> => spoken(events(bytes), () => new Answer())

/** An answer while its pieces arrive. */
class Answer {
  readonly #thoughts = new Thoughts()
  #finish: Finish | null = null
  #inputTokens: number | null = null
  #outputTokens: number | null = null

  push(data: string): ReadonlyArray<Read> {
    if (data === "[DONE]") return this.#end()
    const piece = Option.getOrUndefined(jsonIn(data))
    if (!isPiece(piece)) return [failed("PROVIDER_BAD_RESPONSE")]
    if ("error" in piece) return [failed("PROVIDER_OUTCOME_UNKNOWN")]
    this.#inputTokens = piece.usage?.prompt_tokens ?? this.#inputTokens
    this.#outputTokens = piece.usage?.completion_tokens ?? this.#outputTokens
    return piece.choices.flatMap(({ delta, finish_reason }) => [
      ...[delta?.reasoning_content ?? delta?.reasoning].flatMap((words) =>
        words ? [Result.succeed({ _tag: "Thinking" as const, content: Content.of(words) })] : []
      ),
      ...this.#thoughts.push(delta?.content ?? "").map((said) => Result.succeed(said)),
      ...(delta?.refusal ? [failed("PROVIDER_CONTENT_FILTERED")] : []),
      ...(finish_reason ? this.#finished(finish_reason) : [])
    ])
  }

  #finished(reason: string): ReadonlyArray<Read> {
    switch (reason) {
      case "stop":
      case "length":
        this.#finish = reason
        return []
      case "content_filter":
        return [failed("PROVIDER_CONTENT_FILTERED")]
      default:
        // No tools were offered, so that none can be called.
        return [failed("PROVIDER_BAD_RESPONSE")]
    }
  }

  #end(): ReadonlyArray<Read> {
    if (this.#finish === null) return []
    return [
      ...this.#thoughts.end().map((said) => Result.succeed(said)),
      Result.succeed({
        _tag: "End",
        finish: this.#finish,
        inputTokens: this.#inputTokens,
        outputTokens: this.#outputTokens
      })
    ]
  }
}

const Listed = Schema.fromJsonString(
  Schema.Struct({ data: Schema.NullOr(Schema.Array(Schema.Struct({ id: Schema.String }))) })
)

/** The models in an answer of `GET /v1/models`, without names that no route could hold; null when it is no such answer. */
export const modelNames = (body: string): ReadonlyArray<ModelName> | null =>
  Option.match(Schema.decodeUnknownOption(Listed)(body), {
    onNone: () => null,
    onSome: ({ data }) => (data ?? []).map(({ id }) => id).filter(Schema.is(ModelName))
  })
