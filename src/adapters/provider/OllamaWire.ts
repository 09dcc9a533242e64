/** Owns the shapes of Ollama's native API and what each of them means; it opens no connection. */
import { Option, Result, Schema, type Stream } from "effect"
import { Content, reveal } from "../../domain/Content.ts"
import type { Format } from "../../domain/run/Generation.ts"
import { Finish } from "../../domain/run/Receipt.ts"
import { Count, ModelName } from "../../domain/Ids.ts"
import type { Intent } from "../../ports/Journal.ts"
import { type Call, type Delta, ProviderFailure } from "../../ports/Provider.ts"
import { Lines } from "./Lines.ts"
import { jsonIn, type Read, type Reader, reading } from "./Reading.ts"
import { Thoughts } from "./Thoughts.ts"

const MAX_LINE_BYTES = 1024 * 1024
const NEWLINE = new Uint8Array([10])

/** The body of `POST /api/chat`, as JSON text. */
export const chatRequest = (intent: Intent, call: Call, keepAliveSeconds: number | undefined): string =>
  JSON.stringify({
    model: call.model,
    messages: call.messages.map(({ role, content }) => ({ role, content: reveal(content) })),
    stream: true,
    // Left out, an over-long prompt is cut silently and an over-long answer pushes the prompt out of the window.
    truncate: false,
    shift: false,
    options: {
      num_ctx: call.window,
      // Left out or 0, an answer has no end.
      num_predict: intent.permit.reservation.outputTokens,
      temperature: call.sampling.temperature,
      ...(call.sampling.topP !== null && { top_p: call.sampling.topP }),
      ...(call.sampling.seed !== null && { seed: call.sampling.seed }),
      ...(call.sampling.stop.length > 0 && { stop: call.sampling.stop.map(reveal) })
    },
    ...(keepAliveSeconds === undefined ? {} : { keep_alive: keepAliveSeconds }),
    ...(call.format && { format: formatOf(call.format) })
  })

const formatOf = (format: Format): unknown =>
  format._tag === "JsonObject" ? "json" : JSON.parse(reveal(format.schema))

const Message = Schema.Struct({ content: Schema.String, thinking: Schema.optionalKey(Schema.String) })

/** One line of an answer. Counts of 0 are left out on the wire, so a missing count says nothing. */
const Line = Schema.Union([
  Schema.Struct({ error: Schema.String }),
  Schema.Struct({ done: Schema.Literal(false), message: Message }),
  Schema.Struct({
    done: Schema.Literal(true),
    message: Message,
    /** `load` and `unload` answer requests that are never sent; absent, the server lost the runner. */
    done_reason: Finish,
    prompt_eval_count: Schema.optionalKey(Count),
    eval_count: Schema.optionalKey(Count)
  })
])
type Line = typeof Line.Type

/**
 * Reads the body of an answer. It is complete when a line says `done`: a killed runner, a stopped server and an answer
 * that was broken off all look like a success that ends early. Then, and after an error line, how much was made of the
 * prompt is unknown: `PROVIDER_OUTCOME_UNKNOWN`. What is not the protocol is `PROVIDER_BAD_RESPONSE`.
 */
export const answer = (
  bytes: Stream.Stream<Uint8Array, ProviderFailure>
): Stream.Stream<Delta, ProviderFailure> => reading(bytes, () => new Answer(), outcomeUnknown)

const outcomeUnknown = new ProviderFailure({ code: "PROVIDER_OUTCOME_UNKNOWN", fallback: null })
const badResponse = new ProviderFailure({ code: "PROVIDER_BAD_RESPONSE", fallback: null })

const isLine = Schema.is(Line)

const strict = new TextDecoder("utf-8", { fatal: true })
const utf8 = Option.liftThrowable((bytes: Uint8Array) => strict.decode(bytes))

/** An answer while its lines arrive. */
class Answer implements Reader {
  readonly #lines = new Lines(MAX_LINE_BYTES)
  readonly #thoughts = new Thoughts()

  push(piece: Uint8Array): ReadonlyArray<Read> {
    return this.#lines.push(piece).flatMap((line) => this.#read(line))
  }

  /** What comes after the last newline is a line too, if the body ended as it should. */
  last(): ReadonlyArray<Read> {
    return this.push(NEWLINE)
  }

  #read(bytes: Uint8Array): ReadonlyArray<Read> {
    const text = bytes.length > MAX_LINE_BYTES ? Option.none() : utf8(bytes)
    const line = Option.getOrUndefined(Option.flatMap(text, jsonIn))
    if (!isLine(line)) return [Result.fail(badResponse)]
    if ("error" in line) return [Result.fail(outcomeUnknown)]
    return deltas(this.#thoughts, line).map((delta) => Result.succeed(delta))
  }
}

const deltas = (
  thoughts: Thoughts,
  line: Exclude<Line, { readonly error: string }>
): ReadonlyArray<Delta> => [
  ...(line.message.thinking
    ? [{ _tag: "Thinking" as const, content: Content.of(line.message.thinking) }]
    : []),
  ...thoughts.push(line.message.content),
  ...(line.done
    ? [
        ...thoughts.end(),
        {
          _tag: "End" as const,
          finish: line.done_reason,
          inputTokens: line.prompt_eval_count ?? null,
          outputTokens: line.eval_count ?? null
        }
      ]
    : [])
]

/**
 * What a status other than 200 means, with what could be read of its body. Texts are looked for in the raw body:
 * errors come as JSON, as JSON inside a JSON string, as plain text or not at all, depending on version and route.
 */
export const refusal = (status: number, body: string): ProviderFailure => {
  if (status >= 500) return new ProviderFailure({ code: "PROVIDER_UNAVAILABLE", fallback: "server_error" })
  if (status === 404 && body.includes("model") && body.includes("not found")) {
    return new ProviderFailure({ code: "PROVIDER_MODEL_NOT_FOUND", fallback: "model_not_found" })
  }
  if (status === 400 && contextFull.test(body)) {
    return new ProviderFailure({ code: "CONTEXT_LIMIT_EXCEEDED", fallback: "context_overflow" })
  }
  return status >= 400 ? new ProviderFailure({ code: "PROVIDER_REJECTED", fallback: null }) : badResponse
}
const contextFull =
  /exceed_context_size_error|exceeds the available context size|exceeds the context length|longer than the context length/

const Tags = Schema.fromJsonString(
  Schema.Struct({
    models: Schema.Array(
      Schema.Struct({
        name: Schema.String,
        /** Older servers do not say. */
        capabilities: Schema.optionalKey(Schema.Array(Schema.String))
      })
    )
  })
)

/**
 * The chat models in an answer of `GET /api/tags`, without names that no route could hold; null when it is no such
 * answer.
 */
export const modelNames = (body: string): ReadonlyArray<ModelName> | null =>
  Option.match(Schema.decodeUnknownOption(Tags)(body), {
    onNone: () => null,
    onSome: ({ models }) =>
      models
        .filter(({ capabilities }) => capabilities?.includes("completion") ?? true)
        .map(({ name }) => name)
        .filter(Schema.is(ModelName))
  })
