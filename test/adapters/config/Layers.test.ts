/** Owns that the layers win over each other in one order, key by key, and that each value knows where it is from. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { drift } from "../../../src/domain/run/Route.ts"
import { rows } from "../../../src/ports/Configuration.ts"
import { origins } from "../../../src/domain/config/Origin.ts"
import { loaded, refused, row } from "../../support/configFolders.ts"

const PROFILE_NAME = "a name nobody else has"

describe("configuration layers", () => {
  it.effect("starts from the packaged defaults alone", () =>
    Effect.gen(function* () {
      const configuration = yield* loaded({})
      const { providers, routing, runtime } = configuration.settings
      assert.deepStrictEqual(
        Object.entries(providers.providers).flatMap(([name, entry]) => (entry.enabled ? [name] : [])),
        []
      )
      assert.deepStrictEqual(Object.keys(routing.modes).toSorted(), [
        "challenger",
        "data",
        "draft",
        "executor",
        "explorer",
        "fast",
        "steward",
        "synthesizer",
        "visionary"
      ])
      assert.deepStrictEqual(drift(routing, runtime.constellation.allow_same_model), [])
      assert.deepStrictEqual(runtime.audit, { default_modes: [], on_unavailable: "refuse" })
      assert.isUndefined(runtime.content_release)
      assert.isTrue(rows(configuration).every(({ origin }) => origin === "packaged"))
    })
  )

  it.effect.prop(
    "the highest layer that sets a value wins, and is named",
    { set: Schema.Record(Schema.Literals(["user", "project", "environment"]), Schema.Boolean) },
    ({ set }) =>
      Effect.gen(function* () {
        const text = (value: number) => ({ "runtime.yaml": `max_output_tokens: ${value}\n` })
        const configuration = yield* loaded({
          user: set.user ? text(1) : {},
          project: set.project ? text(2) : {},
          environment: set.environment ? { IO3_MAX_OUTPUT_TOKENS: "3" } : {}
        })
        const [winner, value] = set.environment
          ? (["environment", 3] as const)
          : set.project
            ? (["project", 2] as const)
            : set.user
              ? (["user", 1] as const)
              : (["packaged", 4096] as const)
        assert.strictEqual(row(configuration, "max_output_tokens"), `${value} (${winner})`)
        assert.strictEqual(configuration.settings.runtime.max_output_tokens, value)
        assert.strictEqual(row(configuration, "temperature"), "0.2 (packaged)")
        assert.isTrue(origins.includes(winner))
      })
  )

  it.effect("merges mappings key by key and replaces lists whole", () =>
    Effect.gen(function* () {
      const configuration = yield* loaded({
        user: {
          "routing_table.yaml": `routing_table: { modes: { executor: { primary: "local:a" } } }\n`,
          "memory_retrieval_policy.yaml": "route_allowlist: [data]\n"
        },
        project: {
          "routing_table.yaml": `routing_table: { modes: { executor: { secondary: "local:b" } } }\n`
        }
      })
      assert.strictEqual(row(configuration, "routing_table.modes.executor.primary"), "local:a (user)")
      assert.strictEqual(row(configuration, "routing_table.modes.executor.secondary"), "local:b (project)")
      assert.strictEqual(row(configuration, "route_allowlist"), "data (user)")
      assert.strictEqual(row(configuration, "sensitivity_allowlist.elevated"), "executor (packaged)")
    })
  )

  it.effect("lists no words of a person, nothing of what is not read, and of a webhook the host alone", () =>
    Effect.gen(function* () {
      const configuration = yield* loaded({
        user: {
          "user_profile.yaml": `user: { name: "${PROFILE_NAME}", expertise: ["${PROFILE_NAME}"] }\n`,
          "providers.yaml": `providers: { ollama: { notes: "${PROFILE_NAME}" } }\n`,
          "runtime.yaml": "webhook_url: https://hooks.example.org/secret\n"
        }
      })
      assert.strictEqual(row(configuration, "user.name"), "<content> (user)")
      assert.strictEqual(row(configuration, "user.expertise"), "<content> (user)")
      assert.strictEqual(row(configuration, "providers.ollama.notes"), "<ignored> (user)")
      assert.strictEqual(row(configuration, "webhook_url"), "https://hooks.example.org/… (user)")
      assert.notInclude(JSON.stringify(rows(configuration)), PROFILE_NAME)
      assert.isTrue(configuration.settings.profile.name?.use((text) => text === PROFILE_NAME))
    })
  )

  it.effect("turns every provider but the stand-in off when asked to stay offline", () =>
    Effect.gen(function* () {
      const configuration = yield* loaded({
        user: { "providers.yaml": "providers: { mine: { enabled: true }, 'null': { enabled: true } }\n" },
        flags: { offline: true }
      })
      const enabled = Object.entries(configuration.settings.providers.providers)
      assert.deepStrictEqual(
        enabled.flatMap(([name, entry]) => (entry.enabled ? [name] : [])),
        ["null"]
      )
      assert.strictEqual(row(configuration, "providers.mine.enabled"), "false (flag)")
      assert.strictEqual(row(configuration, "providers.ollama.num_ctx"), "8192 (packaged)")
    })
  )

  it.effect("takes a named folder in place of the project's, and wants it to exist", () =>
    Effect.gen(function* () {
      const found = yield* loaded({ named: true, project: { "runtime.yaml": "temperature: 1\n" } })
      assert.strictEqual(row(found, "temperature"), "1 (project)")
      assert.strictEqual((yield* refused({ named: true })).code, "CONFIG_UNREADABLE")
    })
  )
})
