/** Checks which providers there are, what the configuration gives them, and that nothing is loaded too early. */
import { execFile } from "node:child_process"
import * as path from "node:path"
import { promisify } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Layer } from "effect"
import * as Registry from "../../../src/adapters/provider/Registry.ts"
import { ProviderName } from "../../../src/domain/Ids.ts"
import { Providers } from "../../../src/ports/Provider.ts"
import { ollama } from "../../support/ollamaTalk.ts"
import { configured } from "../../support/ollamaSettings.ts"
import { openAi } from "../../support/openAiTalk.ts"
import { honest } from "../../support/tongue.ts"
import { collect } from "./contract.ts"

const registry = (...entry: Parameters<typeof configured>) =>
  Registry.layer.pipe(Layer.provide(configured(...entry)))

const named = (name: string) => Effect.map(Providers, (providers) => providers.get(ProviderName.make(name)))

describe("the providers of an installation", () => {
  it.effect(
    "are the stand-in, Ollama and the two services, which are clouds until an address says otherwise",
    () =>
      Effect.gen(function* () {
        const { supported, get } = yield* Providers
        assert.deepStrictEqual<ReadonlySet<string>>(
          supported,
          new Set(["null", "ollama", "openai", "anthropic"])
        )
        for (const name of supported) assert.strictEqual(get(name)?.name, name)
        assert.isUndefined(yield* named("google"))
        assert.isUndefined(yield* named("constructor"))
        const facts = [...supported].map((name) => [name, get(name)?.local, get(name)?.window])
        assert.deepStrictEqual<unknown>(facts, [
          ["null", true, 8192],
          ["ollama", true, 8192],
          ["openai", false, 128_000],
          ["anthropic", false, 200_000]
        ])
      }).pipe(Effect.provide(registry(null)))
  )

  it.effect("have a window, a place and a dialect as configured", () =>
    Effect.gen(function* () {
      const { get } = yield* Providers
      const facts = ["openai", "anthropic"].map((name) => {
        const provider = get(ProviderName.make(name))
        return [provider?.local, provider?.window]
      })
      assert.deepStrictEqual<unknown>(facts, [
        [true, 8192],
        [false, 4096]
      ])
    }).pipe(
      Effect.provide(
        registry(null, {
          openai: { enabled: true, base_url: "http://127.0.0.1:8080" },
          anthropic: { enabled: true, base_url: "http://127.0.0.1:8080", local: false, num_ctx: 4096 }
        })
      )
    )
  )

  /** The key that a server is sent, under this configuration and these variables. */
  const keySent = (entry: object, variables: Readonly<Record<string, string>>) =>
    Effect.gen(function* () {
      const { baseUrl, requests } = yield* honest(openAi)
      const configuration = registry(null, { openai: { enabled: true, base_url: baseUrl, ...entry } })
      const { code } = yield* Effect.flatMap(named("openai"), (provider) => provider!.health).pipe(
        Effect.as({ code: null }),
        Effect.catchTag("RuntimeFailure", ({ code: found }) => Effect.succeed({ code: found })),
        Effect.provide(
          configuration.pipe(Layer.provide(ConfigProvider.layer(ConfigProvider.fromUnknown(variables))))
        )
      )
      return code ?? /authorization: bearer (\S+)/.exec(requests[0]?.head ?? "")?.[1] ?? "none"
    }).pipe(Effect.scoped)

  it.effect.each([
    [
      "of the variable that is named",
      { env_key_name: "MINE" },
      { MINE: "one", OPENAI_API_KEY: "two" },
      "one"
    ],
    [
      "of nobody else's account: not the service's own at another address",
      {},
      { OPENAI_API_KEY: "two" },
      "none"
    ],
    ["needed elsewhere", { local: false }, { OPENAI_API_KEY: "two" }, "PROVIDER_KEY_MISSING"],
    [
      "needed elsewhere, and there",
      { local: false, env_key_name: "MINE" },
      { MINE: "" },
      "PROVIDER_KEY_MISSING"
    ],
    [
      "needed elsewhere, and one that a header can carry",
      { local: false, env_key_name: "MINE" },
      { MINE: "a\r\nb: c" },
      "PROVIDER_KEY_MISSING"
    ],
    ["not needed here", { env_key_name: "MINE" }, {}, "none"]
  ] as const)("send a key %s", ([, entry, variables, key]) =>
    Effect.gen(function* () {
      assert.strictEqual(yield* keySent(entry, variables), key)
    })
  )

  it.effect("take address, window and keep-alive from the configuration", () =>
    Effect.gen(function* () {
      const { baseUrl, requests } = yield* honest(ollama)
      const entry = { enabled: true, base_url: baseUrl, num_ctx: 4096, keep_alive_seconds: 60 }
      const provider = yield* Effect.provide(named("ollama"), registry(entry))
      assert.strictEqual(provider?.window, 4096)
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
