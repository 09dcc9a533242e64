/** Asks the portability checks of real folders: each fails by itself, for its own reason, and asking leaves nothing behind. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { mkdirSync, readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { examination } from "../../../src/App.ts"
import { Portability } from "../../../src/core/integrity/Portability.ts"
import { PortabilityName } from "../../../src/domain/integrity/Portability.ts"
import { configure, slowly } from "../../support/io3.ts"
import { optionsOf, type Standing, standing } from "../../support/installation.ts"

const check = (where: Standing) =>
  Portability.use((portability) => portability.check).pipe(
    Effect.provide(Layer.fresh(examination(optionsOf(where))))
  )

/** What is planted, and the checks that then do not pass. */
const cases: ReadonlyArray<
  readonly [
    what: string,
    plant: (where: Standing) => Effect.Effect<void> | void,
    failed: ReadonlyArray<PortabilityName>
  ]
> = [
  [
    "a providers.yaml that is no YAML",
    ({ userConfig }) => configure(userConfig, { "providers.yaml": "providers: [" }),
    ["config_file_present:providers.yaml", "provider_base_url_declared", "constellation_integrity"]
  ],
  [
    "a routing_table.yaml that is a list",
    ({ userConfig }) => configure(userConfig, { "routing_table.yaml": "- a\n" }),
    ["config_file_present:routing_table.yaml", "model_name_declared", "constellation_integrity"]
  ],
  [
    "a memory_packs.yaml that is a folder",
    ({ userConfig }) => void mkdirSync(join(userConfig, "memory_packs.yaml"), { recursive: true }),
    ["config_file_present:memory_packs.yaml", "constellation_integrity"]
  ],
  [
    "a persona.yaml that is no text",
    ({ userConfig }) => configure(userConfig, { "persona.yaml": "identity:\0" }),
    ["config_file_present:persona.yaml", "persona_name_declared", "constellation_integrity"]
  ],
  [
    "an address that is blank",
    ({ userConfig }) =>
      configure(userConfig, { "providers.yaml": 'providers: { ollama: { base_url: "" } }\n' }),
    ["provider_base_url_declared", "constellation_integrity"]
  ],
  [
    "modes whose targets name no model",
    ({ userConfig }) => {
      const names = [
        "executor",
        "explorer",
        "challenger",
        "synthesizer",
        "visionary",
        "fast",
        "draft",
        "data",
        "steward"
      ]
      const modes = names.map((name) => `    ${name}: { primary: "local:", secondary: "local:" }\n`).join("")
      return configure(userConfig, { "routing_table.yaml": `routing_table:\n  modes:\n${modes}` })
    },
    ["model_name_declared"]
  ],
  [
    "a persona without a name",
    ({ userConfig }) => configure(userConfig, { "persona.yaml": 'persona: { name: "" }\n' }),
    ["persona_name_declared", "constellation_integrity"]
  ],
  [
    "a file in the place of the data folder",
    ({ data }) => {
      mkdirSync(join(data, ".."), { recursive: true })
      writeFileSync(data, "")
    },
    ["storage_root_writable"]
  ],
  [
    "one model for executor and challenger",
    ({ userConfig }) =>
      configure(userConfig, {
        "routing_table.yaml":
          'routing_table:\n  modes:\n    challenger: { primary: "local:qwen3:8b", secondary: "local:qwen3:8b" }\n'
      }),
    ["constellation_integrity"]
  ],
  [
    "a key nobody knows in another file",
    ({ userConfig }) => configure(userConfig, { "runtime.yaml": "content_relese: true\n" }),
    ["constellation_integrity"]
  ]
]

describe("the portability checks", slowly, () => {
  it.live("are ten, in their order, and all pass where nothing is configured", () =>
    Effect.gen(function* () {
      const where = yield* standing
      const { passed, checks } = yield* check(where)
      assert.isTrue(passed)
      assert.deepStrictEqual(
        checks,
        [...PortabilityName.literals].map((name) => ({ name, passed: true, detail: "" as const }))
      )
      assert.strictEqual(checks.length, 10)
      assert.deepStrictEqual(readdirSync(where.root), ["work"], "asking makes nothing")
    })
  )

  for (const [what, plant, failed] of cases) {
    it.live(`find ${what}, and stop for nothing`, () =>
      Effect.gen(function* () {
        const where = yield* standing
        yield* plant(where) ?? Effect.void
        const before = readdirSync(where.root, { recursive: true }).toSorted()
        const { passed, checks } = yield* check(where)
        assert.isFalse(passed)
        assert.deepStrictEqual(
          checks.map(({ name }) => name),
          [...PortabilityName.literals]
        )
        assert.deepStrictEqual(
          checks.flatMap(({ name, passed: good, detail }) =>
            good ? [] : detail === "" ? [`${name} says nothing`] : [name]
          ),
          [...failed]
        )
        assert.deepStrictEqual(readdirSync(where.root, { recursive: true }).toSorted(), before)
      })
    )
  }
})
