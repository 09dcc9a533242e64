/** Checks which providers there are, what the configuration gives them, and that nothing is loaded too early. */
import { execFile } from "node:child_process"
import * as path from "node:path"
import { promisify } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as Registry from "../../../src/adapters/provider/Registry.ts"
import { ProviderName } from "../../../src/domain/Ids.ts"
import { Providers } from "../../../src/ports/Provider.ts"
import { honest } from "../../support/ollamaTalk.ts"
import { configured } from "../../support/ollamaSettings.ts"
import { collect } from "./contract.ts"

const registry = (...entry: Parameters<typeof configured>) =>
  Registry.layer.pipe(Layer.provide(configured(...entry)))

const named = (name: string) => Effect.map(Providers, (providers) => providers.get(ProviderName.make(name)))

describe("the providers of an installation", () => {
  it.effect("are the stand-in and Ollama, and no other", () =>
    Effect.gen(function* () {
      const { supported, get } = yield* Providers
      assert.deepStrictEqual<ReadonlySet<string>>(supported, new Set(["null", "ollama"]))
      for (const name of supported) assert.strictEqual(get(name)?.name, name)
      assert.isUndefined(yield* named("openai"))
      assert.isUndefined(yield* named("constructor"))
      assert.strictEqual((yield* named("ollama"))?.window, 8192)
    }).pipe(Effect.provide(registry(null)))
  )

  it.effect("take address, window and keep-alive from the configuration", () =>
    Effect.gen(function* () {
      const { baseUrl, requests } = yield* honest
      const entry = { enabled: true, base_url: baseUrl, num_ctx: 4096, keep_alive_seconds: 60 }
      const ollama = yield* Effect.provide(named("ollama"), registry(entry))
      assert.strictEqual(ollama?.window, 4096)
      const deltas = yield* Effect.flatMap(named("ollama"), (provider) => collect(provider!, 5)).pipe(
        Effect.provide(registry(entry))
      )
      assert.strictEqual(deltas.at(-1)?._tag, "End")
      assert.include(requests[0]?.body, `"keep_alive":60`)
    }).pipe(Effect.scoped)
  )

  it("load the HTTP client with the first call to a model's host, not before", async () => {
    const program = path.join(import.meta.dirname, "../../support/providerChild.ts")
    const { stdout } = await promisify(execFile)(process.execPath, [program], { timeout: 15_000 })
    assert.deepStrictEqual<unknown>(JSON.parse(stdout), { before: false, after: true })
  })
})
