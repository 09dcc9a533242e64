/** Executes docs/capabilities.md: every built-in example, and the capability of one's own. */
import { afterAll, assert, beforeAll, describe, it, layer } from "@effect/vitest"
import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { capabilities } from "../../src/App.ts"
import { Content, reveal } from "../../src/domain/Content.ts"
import { CapabilityId } from "../../src/domain/Ids.ts"
import { Capabilities } from "../../src/ports/Capability.ts"

const root = join(import.meta.dirname, "..", "..")
const page = readFileSync(join(root, "docs", "capabilities.md"), "utf8")

const shown = [...page.matchAll(/^### (\S+)\n[^#]*?^```json\n([\s\S]*?)^```\n\n```json\n([\s\S]*?)^```$/gm)]

layer(capabilities())("the page shows the built-in", (it) => {
  it.effect("capabilities, each with what it answers", () =>
    Effect.gen(function* () {
      const { list, invoke } = yield* Capabilities
      assert.deepStrictEqual(
        list.map(({ facts }) => String(facts.id)),
        shown.map(([, id]) => id)
      )
      for (const [, id = "", payload = "", output = ""] of shown) {
        const invoked = yield* invoke(CapabilityId.make(id), Content.of(payload))
        assert.deepStrictEqual(JSON.parse(reveal(invoked.output)), JSON.parse(output), id)
      }
    })
  )
})

describe("a capability of one's own", () => {
  const directory = mkdtempSync(join(import.meta.dirname, ".examples-"))
  const home = mkdtempSync(join(tmpdir(), "io3-docs-"))
  const files = [...page.matchAll(/^`(\w+\.ts)`\n\n```ts\n([\s\S]*?)^```$/gm)]
  const [, output = ""] = /^```text\n([\s\S]*?)^```$/m.exec(page) ?? []
  beforeAll(() => {
    for (const [, file = "", source = ""] of files) {
      // The sources in place of the release: a test of its own installs that one and imports it.
      writeFileSync(join(directory, file), source.replaceAll('"io-iii"', '"../../../src/index.ts"'))
    }
    const options = { extends: "../../../tsconfig.json", include: ["*.ts"] }
    writeFileSync(join(directory, "tsconfig.json"), JSON.stringify(options))
  })
  afterAll(() => {
    for (const folder of [directory, home]) rmSync(folder, { recursive: true })
  })

  it("is two files that compile", () => {
    assert.deepStrictEqual(
      files.map(([, file]) => file),
      ["wordCount.ts", "program.ts"]
    )
    const tsc = join(root, "node_modules", "typescript", "bin", "tsc")
    const { status, stdout } = spawnSync(process.execPath, [tsc, "-p", directory, "--pretty", "false"], {
      cwd: directory,
      encoding: "utf8",
      timeout: 60_000
    })
    assert.deepStrictEqual({ status, stdout }, { status: 0, stdout: "" })
  })

  it("prints what the page says", () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(directory, "program.ts")], {
      cwd: home,
      env: { HOME: home, TMPDIR: home },
      encoding: "utf8",
      timeout: 60_000
    })
    assert.deepStrictEqual({ status, stdout, stderr }, { status: 0, stdout: output, stderr: "" })
  })
})
