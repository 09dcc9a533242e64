import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const root = join(import.meta.dirname, "..", "..")

/** A program of the page and what the page says it prints. */
const examples = [
  ...readFileSync(join(root, "docs", "programmatic.md"), "utf8").matchAll(
    /^## (.+)\n[^#]*?^```ts\n([\s\S]*?)^```\n\n```text\n([\s\S]*?)^```$/gm
  )
].map(([, title = "", source = "", output = ""], index) => ({
  title,
  file: `example${index + 1}.ts`,
  // The sources in place of the release: a test of its own installs that one and imports it.
  source: source
    .replaceAll('"io-iii"', '"../../../src/index.ts"')
    .replaceAll('"io-iii/testing"', '"../../../src/testing.ts"'),
  output
}))

describe("programmatic use", () => {
  // Beside this file, so that the imports of the examples resolve; hidden, so that no other check walks in.
  const directory = mkdtempSync(join(import.meta.dirname, ".examples-"))
  const home = mkdtempSync(join(tmpdir(), "io3-docs-"))
  beforeAll(() => {
    for (const { file, source } of examples) writeFileSync(join(directory, file), source)
    const options = { extends: "../../../tsconfig.json", include: ["*.ts"] }
    writeFileSync(join(directory, "tsconfig.json"), JSON.stringify(options))
  })
  afterAll(() => {
    for (const folder of [directory, home]) rmSync(folder, { recursive: true })
  })

  it("has an example of each kind", () => {
    assert.deepStrictEqual(
      examples.map(({ title }) => title),
      [
        "A program of your own",
        "A provider of your own",
        "Tests of a program",
        "A conversation with a steward that is a program",
        "What is remembered, and what a program does",
        "A runbook"
      ]
    )
  })

  it("compiles", { timeout: 60_000 }, () => {
    const tsc = join(root, "node_modules", "typescript", "bin", "tsc")
    const { status, stdout } = spawnSync(process.execPath, [tsc, "-p", directory, "--pretty", "false"], {
      cwd: directory,
      encoding: "utf8",
      timeout: 60_000
    })
    assert.deepStrictEqual({ status, stdout }, { status: 0, stdout: "" })
  })

  for (const { title, file, output } of examples) {
    it(`prints what the page says: ${title}`, { timeout: 30_000 }, () => {
      // Nobody's own configuration, and temporary folders that are gone with the test.
      const environment = { HOME: home, TMPDIR: home }
      const { status, stdout, stderr } = spawnSync(process.execPath, [join(directory, file)], {
        cwd: home,
        env: environment,
        encoding: "utf8",
        timeout: 30_000
      })
      assert.deepStrictEqual({ status, stdout, stderr }, { status: 0, stdout: output, stderr: "" })
    })
  }
})
