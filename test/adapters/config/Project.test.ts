/** Owns that a project's first configuration fits what was found, is valid, and replaces nothing. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { layer } from "../../../src/adapters/config/ProjectFolder.ts"
import { ModelName } from "../../../src/domain/Ids.ts"
import { drift } from "../../../src/domain/run/Route.ts"
import { BaseUrl, type FileName } from "../../../src/domain/config/Settings.ts"
import { Project } from "../../../src/ports/Project.ts"
import { folders, row } from "../../support/configFolders.ts"

type Made = Effect.Success<typeof folders>
const begin = (
  made: Made,
  models: ReadonlyArray<string>,
  baseUrl: string | null = null,
  existing: "keep" | "put-aside" = "keep"
) =>
  Effect.gen(function* () {
    const project = yield* Project
    const found = {
      models: models.map((model) => ModelName.make(model)),
      baseUrl: baseUrl === null ? null : BaseUrl.make(baseUrl)
    }
    const begun = yield* project.begin(found, existing)
    yield* project.trust
    return begun
  }).pipe(Effect.provide(layer(made)))

const WRITTEN: ReadonlyArray<FileName> = [
  "providers.yaml",
  "routing_table.yaml",
  "runtime.yaml",
  "persona.yaml",
  "user_profile.yaml",
  "memory_packs.yaml"
]

describe("a project's first configuration", () => {
  const found: ReadonlyArray<readonly [string, ReadonlyArray<string>, string, string]> = [
    ["no model", [], "null:stand-in", "null:stand-in"],
    ["one model", ["qwen3:8b"], "local:qwen3:8b", "local:qwen3:8b"],
    ["two models", ["qwen3:8b", "mistral:latest"], "local:qwen3:8b", "local:mistral:latest"],
    ["more models", ["a", "b", "c"], "local:a", "local:b"]
  ]
  for (const [what, models, executor, challenger] of found) {
    it.effect(`fits ${what}`, () =>
      Effect.gen(function* () {
        const made = yield* folders
        assert.deepStrictEqual(yield* begin(made, models), { written: WRITTEN, kept: [], aside: [] })
        const configuration = yield* made.load()
        const { routing, runtime } = configuration.settings
        assert.deepStrictEqual(configuration.untrusted, [])
        assert.strictEqual(
          row(configuration, "routing_table.modes.executor.primary"),
          `${executor} (project)`
        )
        assert.strictEqual(
          row(configuration, "routing_table.modes.challenger.primary"),
          `${challenger} (project)`
        )
        assert.isTrue(
          Object.values(routing.modes).every((mode) =>
            mode.primary.startsWith(models[0] ? "local:" : "null:")
          )
        )
        assert.strictEqual(runtime.constellation.allow_same_model, executor === challenger)
        assert.deepStrictEqual(drift(routing, runtime.constellation.allow_same_model), [])
        assert.strictEqual(row(configuration, "providers.ollama.enabled"), `${models.length > 0} (project)`)
      }).pipe(Effect.scoped)
    )
  }

  it.effect("keeps the address that answered", () =>
    Effect.gen(function* () {
      const made = yield* folders
      yield* begin(made, ["a"], "http://192.0.2.1:11434")
      assert.strictEqual(
        row(yield* made.load(), "providers.ollama.base_url"),
        "http://192.0.2.1:11434 (project)"
      )
    }).pipe(Effect.scoped)
  )

  it.effect("overwrites nothing and says what it kept", () =>
    Effect.gen(function* () {
      const made = yield* folders
      made.write(made.projectConfig, { "runtime.yaml": "temperature: 1\n" })
      const { written, kept } = yield* begin(made, ["a", "b"])
      assert.deepStrictEqual(kept, ["runtime.yaml"])
      assert.deepStrictEqual([...written, ...kept].toSorted(), WRITTEN.toSorted())
      assert.strictEqual(readFileSync(join(made.projectConfig, "runtime.yaml"), "utf8"), "temperature: 1\n")
      assert.deepStrictEqual(yield* begin(made, []), { written: [], kept: WRITTEN, aside: [] })
      assert.deepStrictEqual(readdirSync(made.projectConfig).toSorted(), WRITTEN.toSorted())
    }).pipe(Effect.scoped)
  )

  it.effect("puts what exists aside when that is wanted, and begins anew", () =>
    Effect.gen(function* () {
      const made = yield* folders
      yield* begin(made, [])
      assert.strictEqual(row(yield* made.load(), "providers.ollama.enabled"), "false (project)")
      const old = WRITTEN.map((name) => `${name}.old`)
      const anew = yield* begin(made, ["a"], null, "put-aside")
      assert.deepStrictEqual(anew, { written: WRITTEN, kept: [], aside: old })
      const configuration = yield* made.load()
      assert.deepStrictEqual(configuration.untrusted, [])
      assert.strictEqual(row(configuration, "providers.ollama.enabled"), "true (project)")
      const aside = readdirSync(made.projectConfig).filter((name) => name.endsWith(".old"))
      assert.deepStrictEqual(aside.toSorted(), old.toSorted())
      const third = yield* begin(made, ["b"], null, "put-aside")
      assert.deepStrictEqual(
        third.aside,
        old.map((name) => `${name}.2`)
      )
      assert.lengthOf(readdirSync(made.projectConfig), WRITTEN.length * 3)
    }).pipe(Effect.scoped)
  )

  it.effect("keeps the record and its keys out of the project's history", () =>
    Effect.gen(function* () {
      const made = yield* folders
      yield* begin(made, [])
      const ignored = readFileSync(join(made.projectConfig, "..", ".gitignore"), "utf8")
      assert.deepStrictEqual(ignored.trim().split("\n").slice(1), [
        "journal.sqlite*",
        ".journal.sqlite*",
        "master.key",
        ".master.key*",
        "signing.key",
        ".signing.key*",
        "signing.pub",
        ".signing.pub*",
        "logs/"
      ])
    }).pipe(Effect.scoped)
  )

  it.effect.prop(
    "is valid for any models",
    { models: Schema.Array(ModelName) },
    ({ models }) =>
      Effect.gen(function* () {
        const made = yield* folders
        yield* begin(made, models)
        const { routing } = (yield* made.load()).settings
        assert.strictEqual(Object.keys(routing.modes).length, 9)
      }).pipe(Effect.scoped),
    { arbitrary: { runs: 25 } }
  )

  it.effect("says whether what it says of providers counts", () =>
    Effect.gen(function* () {
      const made = yield* folders
      const trusted = (named = false) =>
        Effect.flatMap(Project, (project) => project.trusted).pipe(Effect.provide(layer({ ...made, named })))
      assert.strictEqual(yield* trusted(), "absent")
      made.write(made.projectConfig, { "runtime.yaml": "temperature: 1\n" })
      assert.strictEqual(yield* trusted(), "free")
      made.write(made.projectConfig, { "providers.yaml": "providers: { ollama: { enabled: true } }\n" })
      assert.deepStrictEqual([yield* trusted(), yield* trusted(true)], ["untrusted", "named"])
      yield* begin(made, [])
      assert.strictEqual(yield* trusted(), "trusted")
      made.write(made.projectConfig, { "providers.yaml": "providers: [" })
      assert.strictEqual(yield* trusted(), "unreadable")
    }).pipe(Effect.scoped)
  )

  it.effect("is not written through a link that came with the project", () =>
    Effect.gen(function* () {
      const made = yield* folders
      const outside = join(made.root, "outside")
      const above = dirname(made.projectConfig)
      mkdirSync(outside)
      mkdirSync(dirname(above))
      symlinkSync(outside, above)
      assert.strictEqual((yield* Effect.flip(begin(made, []))).code, "CONFIG_UNWRITABLE")
      rmSync(above)
      mkdirSync(above)
      symlinkSync(outside, made.projectConfig)
      assert.strictEqual((yield* Effect.flip(begin(made, []))).code, "CONFIG_UNWRITABLE")
      assert.deepStrictEqual(readdirSync(outside), [])
    }).pipe(Effect.scoped)
  )

  it.effect("fails plainly where nothing can be written", () =>
    Effect.gen(function* () {
      const made = yield* folders
      writeFileSync(join(made.root, "project"), "")
      assert.strictEqual((yield* Effect.flip(begin(made, []))).code, "CONFIG_UNWRITABLE")
    }).pipe(Effect.scoped)
  )
})
