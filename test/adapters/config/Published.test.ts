/** Owns that what is published of the configuration is what the program has: schemas, defaults and documentation. */
import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { stale } from "../../../scripts/config-schema.ts"
import { fileNames } from "../../../src/adapters/config/Files.ts"
import { keysOf } from "../../../src/domain/config/SettingsKeys.ts"

const root = join(import.meta.dirname, "../../..")
const read = (path: string) => readFileSync(join(root, path), "utf8")

describe("published configuration", () => {
  it("has JSON Schemas and carried defaults that are those of the program", () => {
    assert.deepStrictEqual(stale(), [])
  })

  for (const file of fileNames) {
    it(`${file} names its schema, which asks for no key a layer may leave out`, () => {
      const schema = `schema/${file.replace(".yaml", ".json")}`
      assert.isTrue(read(join("config", file)).startsWith(`# yaml-language-server: $schema=./${schema}\n`))
      const published: unknown = JSON.parse(read(join("config", schema)))
      assert.notProperty(published, "required")
      assert.propertyVal(published, "additionalProperties", false)
    })

    it(`${file} has every key in its section of the documentation`, () => {
      const [, section = ""] = read("docs/configuration.md").split(`\n### ${file}\n`)
      const documented = new Set(section.split("\n### ")[0]?.match(/`[^`]+`/g))
      const keys = keysOf(file).map(({ path }) => `\`${path.join(".").replaceAll(".[]", "[]")}\``)
      assert.isAbove(keys.length, 0)
      assert.deepStrictEqual(
        keys.filter((key) => !documented.has(key)),
        []
      )
    })
  }
})
