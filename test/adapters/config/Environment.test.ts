/** Owns which variables are configuration and in which forms an Ollama address may be written. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Schema } from "effect"
import { baseUrl } from "../../../src/adapters/config/OllamaHost.ts"
import { BaseUrl } from "../../../src/domain/config/Settings.ts"
import { complaints, loaded, row } from "../../support/configFolders.ts"

describe("environment", () => {
  it.effect("sets each plain value of the runtime, as the kind it is", () =>
    Effect.gen(function* () {
      const configuration = yield* loaded({
        user: { "runtime.yaml": "temperature: 1\n" },
        environment: {
          IO3_AUDIT_ON_UNAVAILABLE: "release",
          IO3_TIMEOUTS_IDLE_SECONDS: "7",
          IO3_TEMPERATURE: "0.5",
          IO3_CONSTELLATION_ALLOW_SAME_MODEL: "true",
          IO3_WEBHOOKS_SESSION_COMPLETE_URL: "http://192.0.2.1",
          IO3_SESSION_MAX_TURNS: "",
          IO3_DATA: "/somewhere",
          PATH: "/bin"
        }
      })
      const { runtime } = configuration.settings
      assert.deepStrictEqual(runtime.audit, { default_modes: [], on_unavailable: "release" })
      assert.strictEqual(runtime.timeouts.idle_seconds, 7)
      assert.strictEqual(runtime.temperature, 0.5)
      assert.isTrue(runtime.constellation.allow_same_model)
      assert.isUndefined(runtime.session_max_turns)
      assert.strictEqual(
        row(configuration, "webhooks.session_complete.url"),
        "http://192.0.2.1 (environment)"
      )
    })
  )

  it.effect("refuses what is no value of the key, and variables of ours that set nothing", () =>
    Effect.gen(function* () {
      const variables = {
        IO3_TEMPERATURE: "warm",
        IO3_MAX_OUTPUT_TOKENS: "1e3",
        IO3_CONSTELLATION_ALLOW_SAME_MODEL: "yes",
        IO3_AUDIT_DEFAULT_MODES: "executor",
        IO3_SCHEMA: "x",
        "IO3_A B": "x",
        OLLAMA_HOST: "not a host"
      }
      assert.sameMembers(
        [...(yield* complaints({ environment: variables }))],
        [
          "environment:0:0 wrong_value IO3_TEMPERATURE",
          "environment:0:0 wrong_value IO3_MAX_OUTPUT_TOKENS",
          "environment:0:0 wrong_value IO3_CONSTELLATION_ALLOW_SAME_MODEL",
          "environment:0:0 unknown_key IO3_AUDIT_DEFAULT_MODES",
          "environment:0:0 unknown_key IO3_SCHEMA",
          "environment:0:0 unknown_key -",
          "environment:0:0 wrong_value OLLAMA_HOST"
        ]
      )
    })
  )

  it.effect("puts OLLAMA_HOST over a file's address and our own variable over OLLAMA_HOST", () =>
    Effect.gen(function* () {
      const user = { "providers.yaml": "providers: { ollama: { base_url: http://192.0.2.1 } }\n" }
      const address = (environment: Record<string, string>) =>
        Effect.map(loaded({ user, environment }), (found) => row(found, "providers.ollama.base_url"))
      assert.strictEqual(yield* address({}), "http://192.0.2.1 (user)")
      const both = { OLLAMA_HOST: "0.0.0.0", IO3_PROVIDERS_OLLAMA_BASE_URL: "http://192.0.2.2" }
      assert.strictEqual(yield* address({ OLLAMA_HOST: "0.0.0.0" }), "http://127.0.0.1:11434 (environment)")
      assert.strictEqual(yield* address(both), "http://192.0.2.2 (environment)")
    })
  )
})

describe("OLLAMA_HOST", () => {
  const forms: ReadonlyArray<readonly [string, string | null]> = [
    ["127.0.0.1", "http://127.0.0.1:11434"],
    ["example.org", "http://example.org:11434"],
    ["example.org:1234", "http://example.org:1234"],
    [":1234", "http://127.0.0.1:1234"],
    ["0.0.0.0", "http://127.0.0.1:11434"],
    ["0.0.0.0:1234", "http://127.0.0.1:1234"],
    ["http://0.0.0.0:1234/", "http://127.0.0.1:1234"],
    ["http://example.org", "http://example.org:80"],
    ["https://example.org", "https://example.org:443"],
    ["https://example.org:8443/ollama/", "https://example.org:8443/ollama"],
    ["[::1]:1234", "http://[::1]:1234"],
    ["::1", "http://[::1]:11434"],
    ["[::]", "http://[::1]:11434"],
    [' "example.org" ', "http://example.org:11434"],
    ["", "http://127.0.0.1:11434"],
    ["example.org:99999", null],
    ["ftp://example.org", null],
    ["http://me:pw@example.org", null],
    ["a b", null],
    ["http://example.org/?q", null]
  ]
  for (const [variable, expected] of forms) {
    it(`reads ${JSON.stringify(variable)}`, () => {
      assert.strictEqual(Option.getOrNull(baseUrl(variable)), expected)
    })
  }

  it.effect.prop("reads nothing that is no address", { text: Schema.String }, ({ text }) =>
    Effect.sync(() => {
      const address = Option.getOrNull(baseUrl(text))
      assert.isTrue(address === null || Schema.is(BaseUrl)(address) || text.length > 180)
    })
  )
})
