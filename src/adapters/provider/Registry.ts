/** Owns which providers this installation has an adapter for; the routing law decides which of them are used. */
import { Effect, Layer } from "effect"
import { Configuration } from "../../ports/Configuration.ts"
import { Providers } from "../../ports/Provider.ts"
import * as Null from "./Null.ts"
import * as Ollama from "./Ollama.ts"

const DEFAULT_WINDOW = 8192

/** The stand-in, always, and Ollama as configured. Nothing is connected or loaded before the first call. */
export const layer: Layer.Layer<Providers, never, Configuration> = Layer.effect(
  Providers,
  Effect.gen(function* () {
    const { settings } = yield* Configuration
    const entry = Object.entries(settings.providers.providers).find(([name]) => name === "ollama")?.[1]
    const ollama = yield* Ollama.make({
      baseUrl: entry?.base_url ?? Ollama.defaultBaseUrl,
      window: entry?.num_ctx ?? DEFAULT_WINDOW,
      keepAliveSeconds: entry?.keep_alive_seconds
    })
    return Providers.from(Null.make, ollama)
  })
)
