/** Owns what a chat completion asks the core for. */
import { Effect, Result, Schema } from "effect"
import { type ChatBody, PREFIX } from "../api/OpenAi.ts"
import type { ProblemPlace } from "../api/Problem.ts"
import type { RunRequest } from "../core/run/Request.ts"
import { Content } from "../domain/Content.ts"
import { type Code, failure, type RuntimeFailure } from "../domain/Failure.ts"
import { Mode } from "../domain/Ids.ts"
import { CAPABILITY } from "../domain/run/Route.ts"
import { chatOf } from "../domain/run/Chat.ts"
import { type Format, type Generation, micros } from "../domain/run/Generation.ts"
import { type Asker, requests } from "./Requests.ts"

/** Why it is refused, and where in the request that is. */
export interface Refusal {
  readonly reason: RuntimeFailure
  readonly places?: ReadonlyArray<ProblemPlace>
}

const refusal = (code: Code, pointer: string): Effect.Effect<never, Refusal> =>
  Effect.fail({ reason: failure(code, "setup"), places: [{ pointer, fault: "wrong_value" }] })

/** The mode that a model of ours stands for. */
export const modeOf = (model: string): Effect.Effect<Mode, Refusal> => {
  const mode = model.startsWith(PREFIX) ? model.slice(PREFIX.length) : ""
  // A run without a model is none of a chat.
  return Schema.is(Mode)(mode) && mode !== CAPABILITY
    ? Effect.succeed(mode)
    : refusal("ROUTE_MODE_UNKNOWN", "/model")
}

/** The parts of a text are read as one. */
const textOf = (content: ChatBody["messages"][number]["content"]): Content =>
  Content.of(typeof content === "string" ? content : content.map(({ text }) => text).join(""))

const encode = Schema.encodeSync(Schema.fromJsonString(Schema.Json))

const formatOf = (wanted: ChatBody["response_format"]): Format | null => {
  if (wanted?.type === "json_object") return { _tag: "JsonObject" }
  if (wanted?.type !== "json_schema") return null
  const { schema } = wanted.json_schema
  return schema ? { _tag: "JsonSchema", schema: Content.of(encode(schema)) } : { _tag: "JsonObject" }
}

/** Null where nothing is wanted of it. */
const generationOf = (body: ChatBody): Generation | null => {
  const { temperature, top_p, seed = null, stop, max_tokens, max_completion_tokens } = body
  const stops = stop ? (typeof stop === "string" ? [stop] : stop) : []
  const generation: Generation = {
    maxOutputTokens: max_completion_tokens ?? max_tokens ?? null,
    temperatureMicros: typeof temperature === "number" ? micros(temperature) : null,
    topPMicros: typeof top_p === "number" ? micros(top_p) : null,
    seed,
    stop: stops.map((text) => Content.of(text)),
    format: formatOf(body.response_format)
  }
  const { stop: all, ...rest } = generation
  return all.length === 0 && Object.values(rest).every((value) => value === null) ? null : generation
}

/** `ROUTE_MODE_UNKNOWN`, `PROMPT_REQUIRED`, `REQUEST_INVALID`. */
export const chatRuns = Effect.map(requests, (requestOf) =>
  Effect.fnUntraced(function* (by: Asker, body: ChatBody): Effect.fn.Return<RunRequest, Refusal> {
    const mode = yield* modeOf(body.model)
    if (body.stream_options && body.stream !== true)
      return yield* refusal("REQUEST_INVALID", "/stream_options")
    if (typeof body.max_tokens === "number" && typeof body.max_completion_tokens === "number")
      return yield* refusal("REQUEST_INVALID", "/max_tokens")
    const chat = chatOf(body.messages.map(({ role, content }) => ({ role, content: textOf(content) })))
    if (Result.isFailure(chat)) {
      return chat.failure === "no_question"
        ? yield* refusal("PROMPT_REQUIRED", "/messages")
        : yield* refusal("REQUEST_INVALID", `/messages/${body.messages.length - 1}`)
    }
    const { prompt, instructions, history } = chat.success
    const asked = yield* Effect.mapError(requestOf(by, { ...body.io3, prompt }), (reason) => ({ reason }))
    const isTold = instructions !== null || history.length > 0
    return {
      ...asked,
      mode,
      client: isTold ? { instructions, history } : null,
      generation: generationOf(body)
    }
  })
)
