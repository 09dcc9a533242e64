import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import {
  checkFile,
  checkTree,
  diagram,
  lintOverrides,
  rings,
  type Violation
} from "../scripts/architecture.ts"

const root = join(import.meta.dirname, "..")
const text = (path: string) => readFileSync(join(root, path), "utf8")

describe("architecture", () => {
  it("the source tree keeps to its rings", () => {
    assert.deepStrictEqual(checkTree(join(root, "src")), [])
  })

  it("reads every import of the tree", () => {
    // A checker that matched nothing would be content with everything.
    const code = `${text("src/domain/Event.ts")}\n`
    const shown = [...code.matchAll(/from "/g)].length
    const faults = checkFile("nowhere/Event.ts", code)
    assert.deepStrictEqual(faults, [{ file: "nowhere/Event.ts", fault: "unknown_ring", what: "nowhere" }])
    assert.isAbove(shown, 5)
    const moved = checkFile("adapters/Event.ts", code.replaceAll('"./', '"../core/'))
    assert.strictEqual(moved.filter(({ fault }) => fault === "ring").length, shown - 1)
  })

  const cases: ReadonlyArray<
    readonly [name: string, file: string, source: string, fault: Violation["fault"], what: string]
  > = [
    ["an outer ring", "domain/A.ts", 'import { B } from "../ports/B.ts"', "ring", "ports/B.ts"],
    ["a type of an outer ring", "ports/A.ts", 'import type { B } from "../core/B.ts"', "ring", "core/B.ts"],
    ["a re-export", "ports/A.ts", 'export * from "../core/B.ts"', "ring", "core/B.ts"],
    [
      "an import over several lines",
      "core/A.ts",
      'import {\n  a,\n  b\n} from "../adapters/B.ts"',
      "ring",
      "adapters/B.ts"
    ],
    ["an import for its effect", "adapters/A.ts", 'import "../core/B.ts"', "ring", "core/B.ts"],
    ["a late import", "core/A.ts", 'const a = () => import("../adapters/B.ts")', "ring", "adapters/B.ts"],
    ["a computed import", "core/A.ts", "const a = (b: string) => import(b)", "computed_import", "import()"],
    ["an import from outside", "core/A.ts", 'import { a } from "../../test/a.ts"', "ring", "../test/a.ts"],
    ["the root from within", "core/A.ts", 'import { App } from "../App.ts"', "ring", "App.ts"],
    ["node in the domain", "domain/A.ts", 'import { hash } from "node:crypto"', "package", "node:crypto"],
    ["node in the core", "core/A.ts", 'import { hash } from "node:crypto"', "package", "node:crypto"],
    ["http in the domain", "domain/A.ts", 'import { Headers } from "effect/http"', "package", "effect/http"],
    [
      "the command line in the core",
      "core/A.ts",
      'import { Flag } from "effect/cli"',
      "package",
      "effect/cli"
    ],
    [
      "a service where results are described",
      "api/A.ts",
      'import { Runs } from "../core/run/Runs.ts"',
      "ring",
      "core/run/Runs.ts"
    ],
    ["another package", "adapters/A.ts", 'import axios from "axios"', "package", "axios"],
    [
      "a service in the domain",
      "domain/A.ts",
      'import { Effect, Schema } from "effect"',
      "effect_name",
      "Effect"
    ],
    ["all of effect in the domain", "domain/A.ts", 'import * as E from "effect"', "effect_name", "*"],
    [
      "raw text in the core",
      "core/run/Runs.ts",
      'import { reveal } from "../domain/Content.ts"',
      "restricted",
      "reveal"
    ],
    [
      "raw text under another name",
      "cli/run.ts",
      'import { reveal as r } from "../domain/Content.ts"',
      "restricted",
      "reveal"
    ],
    [
      "raw text by the whole module",
      "cli/run.ts",
      'import * as C from "../domain/Content.ts"',
      "restricted",
      "* as Content"
    ],
    [
      "raw text to the public",
      "index.ts",
      'export * from "./domain/Content.ts"',
      "restricted",
      "* as Content"
    ],
    ["a module that is not named", "adapters/A.ts", "await import(url)", "computed_import", "import()"],
    [
      "raw text in the wrong adapter",
      "adapters/config/A.ts",
      'import { reveal } from "../../domain/Content.ts"',
      "restricted",
      "reveal"
    ],
    [
      "permits in an adapter",
      "adapters/A.ts",
      'import { certify } from "../domain/Bounds.ts"',
      "restricted",
      "certify"
    ],
    [
      "intents in an adapter",
      "adapters/A.ts",
      'import { intend } from "../ports/Journal.ts"',
      "restricted",
      "intend"
    ],
    ["what runs, in the page", "web/A.ts", 'import { client } from "../client.ts"', "ring", "client.ts"],
    [
      "what runs among types, in the page",
      "web/a/A.tsx",
      'import { client, type Api } from "../../client.ts"',
      "ring",
      "client.ts"
    ],
    [
      "the domain in the page",
      "web/A.ts",
      'import type { Code } from "../domain/Codes.ts"',
      "ring",
      "domain/Codes.ts"
    ],
    [
      "the library in the page",
      "web/A.ts",
      'import { HttpApi } from "effect/http-api"',
      "package",
      "effect/http-api"
    ],
    ["a barrel", "core/index.ts", "export const a = 1", "name", "core/index.ts"],
    ["a drawer", "core/utils.ts", "export const a = 1", "name", "core/utils.ts"],
    ["a suffix", "adapters/RunsLive.ts", "export const a = 1", "name", "adapters/RunsLive.ts"]
  ]
  for (const [name, file, source, fault, what] of cases) {
    it(`catches ${name}`, () => {
      assert.deepStrictEqual(checkFile(file, source), [{ file, fault, what }])
    })
  }

  it("lets through what is allowed", () => {
    const allowed: ReadonlyArray<readonly [string, string]> = [
      ["domain/A.ts", 'import { type Option, Schema } from "effect"\nimport { B } from "./B.ts"'],
      ["core/A.ts", 'import { Effect } from "effect"\nimport { B } from "../domain/B.ts"'],
      ["core/A.ts", '// import { B } from "../adapters/B.ts"\n/* reveal */'],
      ["core/run/Release.ts", 'import { reveal } from "../domain/Content.ts"'],
      ["adapters/vault/Aes.ts", 'import { reveal } from "../../domain/Content.ts"'],
      ["adapters/capability/Registry.ts", 'import { reveal } from "../../domain/Content.ts"'],
      ["adapters/capability/worker.ts", "import(module)"],
      ["adapters/A.ts", 'import { hash } from "node:crypto"\nimport { parse } from "yaml"'],
      ["api/A.ts", 'import type { RunResult } from "../core/run/Runs.ts"'],
      [
        "web/A.tsx",
        'import { render } from "preact"\nimport type { Api } from "../client.ts"\nimport type { HttpApi } from "effect/http-api"'
      ],
      ["main.ts", 'import { App } from "./App.ts"\nimport { run } from "./cli/run.ts"']
    ]
    for (const [file, source] of allowed) assert.deepStrictEqual(checkFile(file, source), [], source)
  })

  it("no ring is seen by one it sees", () => {
    for (const [name, ring] of Object.entries(rings)) {
      for (const other of ring.sees) assert.isFalse(rings[other]?.sees.includes(name), other)
    }
    assert.isFalse(rings["core"]?.sees.includes("adapters"))
  })

  it("the diagram of the documentation is the one in force", () => {
    assert.include(text("docs/architecture.md"), `\`\`\`text\n${diagram()}\n\`\`\``)
  })

  it("the linter tells the same", () => {
    const { overrides } = JSON.parse(text(".oxlintrc.json")) as { overrides: ReadonlyArray<object> }
    assert.deepStrictEqual(overrides.slice(0, lintOverrides().length), lintOverrides())
  })
})
