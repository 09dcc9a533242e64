/** Owns the endpoints that clients of OpenAI know: what they may ask for here, and what they are told. */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from "effect/http-api"
import { Code } from "../domain/Failure.ts"
import { Count, Mode, ModelName, ProviderName, RunId, Target } from "../domain/Ids.ts"
import { MAX_STOPS } from "../domain/run/Generation.ts"
import { MayRun, MaySee } from "./Access.ts"
import { gated } from "./Gated.ts"
import { does, Once } from "./Once.ts"
import { openAiErrors } from "./OpenAiError.ts"
import { MemoryContext, Meta } from "./results/RunResults.ts"
import { called, inputs } from "./Runs.ts"

/** What a name of a model begins with: the rest is a mode. */
export const PREFIX = "io3/"

/** Left out, or null: the same. */
const maybe = <S extends Schema.Top>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))
const between = (minimum: number, maximum: number) =>
  Schema.Finite.pipe(Schema.check(Schema.isBetween({ minimum, maximum })))
const natural = Schema.Int.pipe(
  Schema.check(Schema.isBetween({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }))
)
const positive = Schema.Int.pipe(
  Schema.check(Schema.isBetween({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }))
)
const some = Schema.String.pipe(Schema.check(Schema.isMinLength(1)))

/** Fields of theirs that nothing is done with. Each may be null, or what it is without being said. */
const unsupported = {
  audio: maybe(Schema.Never),
  frequency_penalty: maybe(Schema.Literal(0)),
  function_call: maybe(Schema.Never),
  functions: maybe(Schema.Never),
  logit_bias: maybe(Schema.Never),
  logprobs: maybe(Schema.Literal(false)),
  metadata: maybe(Schema.Never),
  modalities: maybe(Schema.Never),
  moderation: maybe(Schema.Never),
  n: maybe(Schema.Literal(1)),
  parallel_tool_calls: maybe(Schema.Never),
  prediction: maybe(Schema.Never),
  presence_penalty: maybe(Schema.Literal(0)),
  prompt_cache_key: maybe(Schema.Never),
  prompt_cache_options: maybe(Schema.Never),
  prompt_cache_retention: maybe(Schema.Never),
  reasoning_effort: maybe(Schema.Never),
  safety_identifier: maybe(Schema.Never),
  service_tier: maybe(Schema.Never),
  store: maybe(Schema.Literal(false)),
  tool_choice: maybe(Schema.Never),
  tools: maybe(Schema.Never),
  top_logprobs: maybe(Schema.Never),
  user: maybe(Schema.Never),
  verbosity: maybe(Schema.Never),
  web_search_options: maybe(Schema.Never)
}
const unsupportedInMessage = {
  annotations: maybe(Schema.Never),
  audio: maybe(Schema.Never),
  function_call: maybe(Schema.Never),
  name: maybe(Schema.Never),
  refusal: maybe(Schema.Never),
  tool_call_id: maybe(Schema.Never),
  tool_calls: maybe(Schema.Never)
}

/** Text: whole, or in parts that are read as one. */
const ChatContent = Schema.Union([
  Schema.String,
  Schema.Array(Schema.Struct({ type: Schema.Literal("text"), text: Schema.String }))
])

const InMessage = Schema.Struct({
  role: Schema.Literals(["system", "developer", "user", "assistant"]),
  content: ChatContent,
  ...unsupportedInMessage
})

const JsonSchema = Schema.Struct({
  /** Theirs to tell formats apart: nothing is done with it. */
  name: Schema.String.pipe(Schema.check(Schema.isPattern(/^[A-Za-z0-9_-]{1,64}$/u))),
  description: maybe(Schema.Never),
  schema: maybe(Schema.Record(Schema.String, Schema.Json)),
  strict: maybe(Schema.Boolean)
})

const StreamOptions = Schema.Struct({
  include_usage: maybe(Schema.Boolean),
  include_obfuscation: maybe(Schema.Literal(false))
})

const { file: _file, ...extension } = inputs

export const ChatBody = Schema.Struct({
  /** `io3/` and a mode. */
  model: Schema.String,
  messages: Schema.Array(InMessage),
  stream: maybe(Schema.Boolean),
  stream_options: maybe(StreamOptions),
  /** Either of them: the answer's tokens at most, and never more than configured. */
  max_tokens: maybe(positive),
  max_completion_tokens: maybe(positive),
  temperature: maybe(between(0, 2)),
  top_p: maybe(between(0, 1)),
  seed: maybe(natural),
  stop: maybe(
    Schema.Union([
      some,
      Schema.Array(some).pipe(Schema.check(Schema.isMinLength(1), Schema.isMaxLength(MAX_STOPS)))
    ])
  ),
  response_format: maybe(
    Schema.Union([
      Schema.Struct({ type: Schema.Literal("text") }),
      Schema.Struct({ type: Schema.Literal("json_object") }),
      Schema.Struct({ type: Schema.Literal("json_schema"), json_schema: JsonSchema })
    ])
  ),
  /** What may go into a run besides. */
  io3: Schema.optionalKey(Schema.Struct(extension)),
  ...unsupported
})
export type ChatBody = typeof ChatBody.Type

const namesOf = (...structs: ReadonlyArray<object>): ReadonlyArray<string> => structs.flatMap(Object.keys)

/** Every name that a request may hold: others are not said again. */
export const chatNames: ReadonlySet<string> = new Set(
  namesOf(
    ChatBody.fields,
    InMessage.fields,
    StreamOptions.fields,
    JsonSchema.fields,
    { type: null, text: null, json_schema: null },
    extension
  )
)

/** Those of them that are refused because of what they would mean, and not because of how it is said. */
export const unsupportedNames: ReadonlySet<string> = new Set([
  ...namesOf(unsupported, unsupportedInMessage),
  "description",
  "include_obfuscation",
  "role",
  "type"
])

/** What governed an answer: identifiers and numbers. */
export const Governance = Schema.Struct({
  run_id: RunId,
  mode: Mode,
  /** The place of the routing table that the draft was sent to. */
  route: Target,
  provider: ProviderName,
  model: ModelName,
  /** `none`, not audited; `rejected` and `unavailable` let nothing out. */
  verdict: Schema.Literals(["none", "pass", "revised", "unaudited", "rejected", "unavailable"]),
  /** Whether the auditor is another model; null without a verdict. */
  independent: Schema.NullOr(Schema.Boolean),
  fallback_used: Schema.Boolean,
  calls: Schema.Struct({ used: Count, certified: Count }),
  /** Of the client's earlier messages; null where it gave none. */
  history: Schema.NullOr(Schema.Struct({ messages: Count, dropped: Count })),
  memory_context: Schema.NullOr(MemoryContext),
  capability: Meta.fields.capability,
  /** Why nothing was let out; null for an answer. */
  refusal: Schema.NullOr(Schema.Struct({ code: Code, summary: Schema.String }))
})
export type Governance = typeof Governance.Type

/** Over all calls of the run, as the providers counted. */
export const Usage = Schema.Struct({
  prompt_tokens: Count,
  completion_tokens: Count,
  total_tokens: Count
})

const FinishReason = Schema.Literals(["stop", "length", "content_filter"])
const about = { id: Schema.String, created: Count, model: Schema.String }

export const Completion = gated(
  Schema.Struct({
    ...about,
    object: Schema.Literal("chat.completion"),
    choices: Schema.Array(
      Schema.Struct({
        index: Schema.Literal(0),
        message: Schema.Struct({
          role: Schema.Literal("assistant"),
          content: Schema.String,
          refusal: Schema.NullOr(Schema.String)
        }),
        logprobs: Schema.Null,
        finish_reason: FinishReason
      })
    ),
    /** Left out where a provider did not count. */
    usage: Schema.optionalKey(Usage),
    io3: Governance
  })
)
export type Completion = typeof Completion.Type

export const Chunk = gated(
  Schema.Struct({
    ...about,
    object: Schema.Literal("chat.completion.chunk"),
    choices: Schema.Array(
      Schema.Struct({
        index: Schema.Literal(0),
        delta: Schema.Struct({
          role: Schema.optionalKey(Schema.Literal("assistant")),
          content: Schema.optionalKey(Schema.String)
        }),
        logprobs: Schema.Null,
        finish_reason: Schema.NullOr(FinishReason)
      })
    ),
    /** Only where it was asked for: null but in the last. */
    usage: Schema.optionalKey(Schema.NullOr(Usage)),
    /** In the last alone. */
    io3: Schema.optionalKey(Governance)
  })
)
export type Chunk = typeof Chunk.Type

export const Model = Schema.Struct({
  id: Schema.String,
  object: Schema.Literal("model"),
  /** Modes have no day. */
  created: Schema.Literal(0),
  owned_by: Schema.Literal("io-iii"),
  io3: Schema.Struct({ mode: Mode, route: Target, provider: ProviderName, model: ModelName })
})
export type Model = typeof Model.Type

export class OpenAi extends HttpApiGroup.make("openai").add(
  HttpApiEndpoint.post("chat", "/v1/chat/completions", {
    payload: ChatBody,
    success: [Completion, HttpApiSchema.StreamSse({ data: Chunk })],
    error: openAiErrors(...called, 401, 415)
  })
    .annotateMerge(does("chat"))
    .middleware(Once)
    .middleware(MayRun),
  HttpApiEndpoint.get("models", "/v1/models", {
    success: Schema.Struct({ object: Schema.Literal("list"), data: Schema.Array(Model) }),
    error: openAiErrors(400, 401, 403, 421, 429, 500)
  }).middleware(MaySee),
  HttpApiEndpoint.get("model", "/v1/models/:model", {
    params: { model: Schema.String },
    success: Model,
    error: openAiErrors(400, 401, 403, 404, 421, 429, 500)
  }).middleware(MaySee)
) {}
