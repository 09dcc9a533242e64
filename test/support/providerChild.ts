/** Owns a program of its own for tests: it uses the providers and tells when the HTTP client was loaded. */
import { registerHooks } from "node:module"

let loaded = false
registerHooks({
  load(url, context, next) {
    loaded ||= url.includes("/undici/")
    return next(url, context)
  }
})

const { Effect, Layer, Stream } = await import("effect")
const Registry = await import("../../src/adapters/provider/Registry.ts")
const { ProviderName } = await import("../../src/domain/Ids.ts")
const { Providers } = await import("../../src/ports/Provider.ts")
const { intentFor } = await import("./intent.ts")
const { call } = await import("./ollamaTalk.ts")
const { configured } = await import("./ollamaSettings.ts")

const program = Effect.gen(function* () {
  const providers = yield* Providers
  const intent = yield* intentFor({ outputTokens: 10, wallMillis: 1000 })
  const standIn = providers.get(ProviderName.make("null"))!
  yield* Stream.runDrain(standIn.generate(intent, call()))
  const before = loaded
  // Port 1 is nobody's: the attempt is refused, and that is enough to have needed the client.
  yield* Effect.exit(providers.get(ProviderName.make("ollama"))!.health)
  return { before, after: loaded }
})

const result = await Effect.runPromise(
  Effect.provide(
    program,
    Registry.layer.pipe(Layer.provide(configured({ enabled: true, base_url: "http://127.0.0.1:1" })))
  )
)
process.stdout.write(JSON.stringify(result))
