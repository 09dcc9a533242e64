/** Owns what an Ollama says of itself and its models: version, names, windows, templates. It never calls a model. */
import { Effect, Layer, Option, Schema, Stream } from "effect"
import { Count, ModelName, ProviderName } from "../../domain/Ids.ts"
import type { HostFacts, ModelFacts } from "../../domain/integrity/Models.ts"
import { isSameModel } from "../../domain/run/Route.ts"
import type { BaseUrl } from "../../domain/config/Settings.ts"
import { ModelHost } from "../../ports/ModelHost.ts"
import { ProviderFailure } from "../../ports/Provider.ts"
import { defaultBaseUrl } from "./Ollama.ts"
import type { Upstream } from "./Upstream.ts"

const QUESTION_MILLIS = 2000
const MAX_BYTES = 8 * 1024 * 1024
const ABREAST = 4
const MOST_MODELS = 32

const Version = Schema.fromJsonString(Schema.Struct({ version: Schema.String }))

const Described = Schema.Struct({
  /** Older servers do not say. */
  capabilities: Schema.optionalKey(Schema.Array(Schema.String)),
  remote_host: Schema.optionalKey(Schema.String),
  remote_model: Schema.optionalKey(Schema.String)
})

const Tags = Schema.fromJsonString(
  Schema.Struct({ models: Schema.Array(Schema.Struct({ name: Schema.String, ...Described.fields })) })
)

const Shown = Schema.fromJsonString(
  Schema.Struct({
    ...Described.fields,
    template: Schema.optionalKey(Schema.String),
    model_info: Schema.optionalKey(Schema.NullOr(Schema.Record(Schema.String, Schema.Unknown)))
  })
)

/** The host of the provider `ollama`. */
export const layer: Layer.Layer<ModelHost> = Layer.succeed(ModelHost, {
  known: [ProviderName.make("ollama")],
  ask: (address, models) =>
    Effect.gen(function* () {
      const { make } = yield* Effect.promise(() => import("./Upstream.ts"))
      const upstream = yield* make
      const base = address ?? defaultBaseUrl
      const { version } = yield* ask(upstream, base, "/api/version", Version)
      const tags = yield* ask(upstream, base, "/api/tags", Tags)
      const listed = tags.models.flatMap(({ name, ...described }) =>
        Option.toArray(Option.map(asModel(name), (model) => factsOf(model, described)))
      )
      const wanted = (model: ModelName) => models.some((one) => isSameModel(one, model))
      const shown = listed.filter(({ name }) => wanted(name)).slice(0, MOST_MODELS)
      const detailed = yield* Effect.forEach(
        shown,
        (model) =>
          ask(upstream, base, "/api/show", Shown, JSON.stringify({ model: model.name })).pipe(
            Effect.map((described) => factsOf(model.name, described, model)),
            Effect.orElseSucceed(() => model)
          ),
        { concurrency: ABREAST }
      )
      const rest = listed.filter((model) => !shown.includes(model))
      return { state: "answers", version: numbersOf(version), models: [...detailed, ...rest] } as const
    }).pipe(
      Effect.catchTag("ProviderFailure", (reason) => Effect.succeed<HostFacts>({ state: meaning(reason) })),
      Effect.scoped
    )
})

const asModel = Schema.decodeUnknownOption(ModelName)

const numbersOf = (version: string): readonly [number, number] | null => {
  const [, major, minor] = /^v?(\d{1,6})\.(\d{1,6})/u.exec(version) ?? []
  // What somebody built without a release has the version 0.0.0.
  return major === undefined || version.startsWith("0.0.0") ? null : [Number(major), Number(minor)]
}

/** What a model's host says of it, on top of what it said before. */
const factsOf = (
  name: ModelName,
  described: typeof Described.Type & Partial<Omit<typeof Shown.Type, keyof typeof Described.Type>>,
  before?: ModelFacts
): ModelFacts => {
  const info = described.model_info ?? {}
  const window = Object.entries(info).find(([key]) => key.endsWith(".context_length"))?.[1]
  return {
    name,
    chats: described.capabilities?.includes("completion") ?? before?.chats ?? null,
    window: Schema.is(Count)(window) ? window : (before?.window ?? null),
    remote: Boolean(described.remote_host) || Boolean(described.remote_model) || (before?.remote ?? false),
    template:
      described.template === undefined
        ? (before?.template ?? null)
        : hasRoles(described.template) || "tokenizer.chat_template" in info
  }
}

/** A template that passes the bare prompt on is what Ollama gives a model that came without one. */
const hasRoles = (template: string): boolean => !/^\s*(?:\{\{-?\s*\.Prompt\s*-?\}\}\s*)?$/u.test(template)

const meaning = ({ code, fallback }: ProviderFailure): Exclude<HostFacts["state"], "answers"> => {
  if (code === "PROVIDER_TIMEOUT") return "silent"
  if (code !== "PROVIDER_UNAVAILABLE") return "not_ollama"
  return fallback === "connection_refused" ? "refused" : "unreachable"
}

const notOllama = new ProviderFailure({ code: "PROVIDER_BAD_RESPONSE", fallback: null })

/** One question, and its answer in the shape it should have. */
const ask = <A>(
  upstream: Upstream,
  base: BaseUrl,
  path: string,
  schema: Schema.Decoder<A>,
  body: string | null = null
): Effect.Effect<A, ProviderFailure> =>
  upstream
    .send({
      method: body === null ? "GET" : "POST",
      url: base.replace(/\/+$/, "") + path,
      body,
      firstByteMillis: QUESTION_MILLIS,
      idleMillis: QUESTION_MILLIS,
      wallMillis: 2 * QUESTION_MILLIS,
      maxBytes: MAX_BYTES
    })
    .pipe(
      Effect.filterOrFail(
        ({ status }) => status === 200,
        () => notOllama
      ),
      Effect.flatMap(({ bytes }) => Stream.mkString(Stream.decodeText(bytes))),
      Effect.flatMap((text) => Effect.mapError(Schema.decodeUnknownEffect(schema)(text), () => notOllama))
    )
