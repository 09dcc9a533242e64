/** Owns which providers this installation has an adapter for; the routing law decides which of them are used. */
import { Effect, Layer } from "effect"
import { Configuration } from "../../ports/Configuration.ts"
import { Providers } from "../../ports/Provider.ts"
import type { ProviderEntry } from "../../domain/config/Settings.ts"
import { whereabouts } from "../../domain/config/Whereabouts.ts"
import * as Anthropic from "./Anthropic.ts"
import { keyOf } from "./ApiKey.ts"
import * as Null from "./Null.ts"
import * as Ollama from "./Ollama.ts"
import * as OpenAi from "./OpenAi.ts"

const DEFAULT_WINDOW = 8192
const USUAL_WINDOW = { openai: 128_000, anthropic: 200_000 }

/**
 * The stand-in, always, and the others as configured. Nothing is connected or loaded before the first call, and no key
 * is looked for of a provider that is off.
 */
export const layer: Layer.Layer<Providers, never, Configuration> = Layer.effect(
  Providers,
  Effect.gen(function* () {
    const { settings } = yield* Configuration
    const entryOf = (wanted: string): Partial<ProviderEntry> =>
      Object.entries(settings.providers.providers).find(([name]) => name === wanted)?.[1] ?? {}
    return Providers.from(
      Null.make,
      yield* ollama(entryOf("ollama")),
      yield* openAi(entryOf("openai")),
      yield* anthropic(entryOf("anthropic"))
    )
  })
)

const ollama = (entry: Partial<ProviderEntry>) =>
  Ollama.make({
    baseUrl: entry.base_url ?? Ollama.defaultBaseUrl,
    window: entry.num_ctx ?? DEFAULT_WINDOW,
    keepAliveSeconds: entry.keep_alive_seconds
  })

/** The service itself wants its newer name for the limit, and its present models choose tokens in their own way. */
const openAi = Effect.fnUntraced(function* (entry: Partial<ProviderEntry>) {
  const where = whereabouts("openai", entry)
  return yield* OpenAi.make({
    baseUrl: where.baseUrl,
    local: where.local,
    window: entry.num_ctx ?? (where.usual ? USUAL_WINDOW.openai : DEFAULT_WINDOW),
    key: yield* keyOf(where, entry.enabled ?? false),
    dialect: {
      outputLimitKey: entry.output_limit_key ?? (where.usual ? "max_completion_tokens" : "max_tokens"),
      sampling: entry.sampling ?? !where.usual,
      jsonSchema: entry.json_schema === false ? "none" : where.local ? "whole" : "unbounded"
    }
  })
})

const anthropic = Effect.fnUntraced(function* (entry: Partial<ProviderEntry>) {
  const where = whereabouts("anthropic", entry)
  return yield* Anthropic.make({
    baseUrl: where.baseUrl,
    local: where.local,
    window: entry.num_ctx ?? (where.usual ? USUAL_WINDOW.anthropic : DEFAULT_WINDOW),
    key: yield* keyOf(where, entry.enabled ?? false),
    dialect: { sampling: entry.sampling ?? !where.usual, jsonSchema: entry.json_schema ?? true }
  })
})
